#!/usr/bin/env python3
"""The first scan of 20,000 and of --messages (100,000): time, bytes and state on disk grow in step, memory does not.

Both boxes are of small messages (genbox.SMALL), or the larger one would take 7.5 GB.
"""

import first_scan
import genbox
from relay import Relay
from world import World, main, progress

SMALLER, LARGER = 20_000, 100_000


def measure(program, table, messages=LARGER, **_):
    smaller, state = measure_box(program, table, SMALLER, "")
    larger, more = measure_box(program, table, messages, "peak ≤ 60 MB")
    grown = messages / SMALLER
    ratios = {name: getattr(larger, name) / getattr(smaller, name) / grown for name in ("seconds", "cpu", "down")}
    ratios["state"] = more / state
    table.row(f"  {messages:,} / {SMALLER:,}, for each message",
              "  ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items()), "1 is linear", **ratios)


def measure_box(program, table, messages, goal):
    """The median Trial, and octets of state on disk for each message."""
    progress(f"a box of {messages:,} small messages")
    with World(program, apart=True) as world:
        world.fill(messages, sizes=genbox.SMALL)
        with Relay(world.dovecot.imaps_port) as relay:
            first_scan.agent(world, relay)  # Dovecot learns which header fields are asked for
            progress(f"first scan, {first_scan.ROUNDS} rounds")
            trial, = first_scan.rounds(first_scan.ROUNDS, lambda: first_scan.agent(world, relay))
        table.row(f"first scan, {messages:,} small messages", str(trial), goal, **vars(trial))
        state = sum(path.stat().st_size for path in world.database.parent.glob("agent.db*")) / messages
        table.row("  state on disk", f"{state:.0f} B for each message; one in ten carries a pixel", "≤ 150 B",
                  state=state)
        return trial, state


if __name__ == "__main__":
    main(measure, __doc__)

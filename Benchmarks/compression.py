#!/usr/bin/env python3
"""What COMPRESS=DEFLATE saves of a first scan, and what it takes: bytes on the wire, as a relay counts them, and time.
Both runs are on loopback, where bytes cost next to nothing."""

import time

from relay import Relay
from world import World, main, median, progress


def scan(world, compress):
    """Seconds, and bytes to the client."""
    world.forget()
    with Relay(world.dovecot.imaps_port) as relay:
        world.route(relay.port, more=f"compress = {str(compress).lower()}")
        begin = time.monotonic()
        world.run_agent()
        world.await_tracked(len(world.box.tracked))
        took = time.monotonic() - begin
        world.agent.stop()
        return took, relay.counts()[0]


def offer(world, compresses):
    world.dovecot.compresses = compresses
    world.dovecot.stop()
    world.dovecot.start()


def measure(program, table, messages=20_000, **_):
    progress(f"a box of {messages:,} messages")
    with World(program, apart=True) as world:
        world.fill(messages)
        measure_large(world, table)


def measure_large(world, table):
    progress("first scan as it is and compressed, three rounds")
    offer(world, True)
    rounds = [(scan(world, False), scan(world, True)) for _ in range(3)]
    offer(world, False)
    plain, small = ([median([trial[i] for trial in trials]) for i in (0, 1)] for trials in zip(*rounds))
    table.row(f"first scan, {world.box.count:,} messages, on the wire", f"{plain[0]:.2f} s  {plain[1] / 1e6:.1f} MB")
    table.row("  with COMPRESS=DEFLATE", f"{small[0]:.2f} s  {small[1] / 1e6:.1f} MB",
              f"{small[1] / plain[1]:.2f}x the bytes, goal ≤ 0.40x")


if __name__ == "__main__":
    main(measure, __doc__)

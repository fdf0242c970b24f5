#!/usr/bin/env python3
"""The first scan of a Sent folder: time, bytes on the wire, commands and memory, beside others that look for the same.

the same commands   what the agent sends, recorded once and sent at once by a C program that throws the answers away
parts known         the same program with the commands of a client that knows beforehand where each HTML part is
the peers           see peers.py; those that take a minute and more, only with --slow and once

Everything goes over TLS and through a relay that counts bytes. All find Dovecot's caches warm, as in a mailbox in use;
how long its very first look at the box takes is Dovecot's affair, not ours. The agent's time is from the start of its
process until it has looked at every message and has the last `tracked` back from the server, as its database says; then
another client looks whether all are there.
"""

import time
from dataclasses import dataclass

import peers
from floor import Floor, parts_known_beforehand
from idle import cpu_seconds
from relay import OpenRelay, Relay
from world import AgentError, World, main, median, progress, resident_peak

SMALL = 2_000
ROUNDS = 3
FIGURES = ("seconds", "cpu", "down", "up", "peak")


@dataclass
class Trial:
    seconds: float
    cpu: float  # seconds of the client alone
    down: int
    up: int
    peak: float  # MB
    commands: int = 0  # after the login; 0: not counted

    def __str__(self):
        up = f"{self.up / 1e6:.2f}"
        commands = f"  {self.commands:,} commands" if self.commands else ""
        return (f"{self.seconds:.2f} s, cpu {self.cpu:.2f}  {self.down / 1e6:.1f} MB down, {up} up{commands}  "
                f"peak {self.peak:.1f} MB")


def agent(world, relay):
    world.forget()
    world.route(relay.port)
    before = relay.counts()
    begin = time.monotonic()
    world.run_agent()
    world.await_scanned()
    took = time.monotonic() - begin
    cpu, peak = cpu_seconds(world.agent.process.pid), resident_peak(world.agent.process.pid)
    world.agent.stop()
    with world.client() as watcher:
        found = world.tracked(watcher)
    if found != len(world.box.tracked):
        raise AgentError(f"{found} messages tracked instead of {len(world.box.tracked)}")
    return Trial(took, cpu, *_difference(relay.counts(), before), peak)


def recorded(world):
    """The commands of a first scan, without tags. It also warms what is cold."""
    world.forget()
    with OpenRelay(world.dovecot, answers=False) as relay:
        world.route(relay.port)
        world.run_agent()
        world.await_scanned()
        world.agent.stop()
        return [command.text for dialogue in relay.dialogues for command in dialogue.work()]


def counted(relay, action):
    """A Trial of an action that returns a Run."""
    before = relay.counts()
    done = action()
    return Trial(done.seconds, done.cpu, *_difference(relay.counts(), before), done.peak)


def peer(client, world, relay):
    before = relay.counts()
    done = client.run(relay.port)
    if client.finds and done.said != str(len(world.box.tracked)):
        raise AgentError(f"{client.title}: found {done.said!r} instead of {len(world.box.tracked)}")
    return Trial(done.seconds, done.cpu, *_difference(relay.counts(), before), done.peak)


def rounds(count, *actions):
    """The medians of each action's trials; they take turns."""
    trials = [[action() for action in actions] for _ in range(count)]
    return [Trial(*(median([getattr(row[n], name) for row in trials]) for name in FIGURES))
            for n in range(len(actions))]


def measure(program, table, messages=20_000, slow=False, **_):
    measure_small(program, table)
    progress(f"a box of {messages:,} messages")
    with World(program, apart=True) as world:
        world.fill(messages)
        measure_large(world, table, slow)


def measure_small(program, table):
    progress(f"a box of {SMALL:,} messages")
    with World(program, apart=True) as world:
        world.fill(SMALL)
        measure_large(world, table, slow=True)


def measure_large(world, table, slow):
    count, floor = world.box.count, Floor(world)
    progress("recording the commands of a first scan")
    commands = recorded(world)
    known = parts_known_beforehand(world.box)
    progress(f"first scan, {ROUNDS} rounds")

    def same():
        world.take_keywords()
        return counted(relay, lambda: floor.run(commands, relay.port))

    with Relay(world.dovecot.imaps_port) as relay:
        ours, raw, less = rounds(
            ROUNDS, lambda: agent(world, relay), same, lambda: counted(relay, lambda: floor.run(known, relay.port)))
        ours.commands = raw.commands = len(commands)
        less.commands = len(known)
        _row(table, f"first scan, {count:,} messages", ours, "peak ≤ 40 MB")
        _row(table, "  the same commands, answers thrown away", raw, _against(ours, raw, " (≤ 1.3, ≤ 1.05)"))
        _row(table, "  parts known beforehand, the same way", less, _against(ours, less, " (≤ 1.3, ≤ 1.05)"))
        needed = world.box.header_bytes + world.box.html_bytes
        table.row("  bytes / (headers + HTML parts)", f"{ours.down / needed:.3f}", "≤ 1.15", ratio=ours.down / needed)
        for kind in (*peers.SCRIPTS, *peers.SYNCERS):
            measure_peer(world, table, relay, kind, ours, slow)


def measure_peer(world, table, relay, kind, ours, slow):
    if not kind.installed():
        table.row(f"  {kind.title}", "missing: Benchmarks/install-peers")
        return
    if kind.slow and not slow:
        table.row(f"  {kind.title}", "not run: --slow")
        return
    progress(kind.title)
    client = world.peer(kind)
    trial, = rounds(1 if kind.slow else ROUNDS, lambda: peer(client, world, relay))
    _row(table, f"  {kind.title}", trial, _against(ours, trial))
    if client.maildir:
        found = client.find_tokens()
        if found.said != str(len(world.box.tracked)):
            raise AgentError(f"{client.title}: found {found.said!r} instead of {len(world.box.tracked)}")
        table.row("    and finding the pixels in its Maildir", f"{found.seconds:.2f} s", seconds=found.seconds)


def _row(table, what, trial, goal):
    table.row(what, str(trial), goal, **vars(trial))


def _against(ours, other, goal=""):
    return f"ours: {ours.seconds / other.seconds:.2f}x the time, {ours.down / other.down:.3g}x the bytes{goal}"


def _difference(after, before):
    return after[0] - before[0], after[1] - before[1]


if __name__ == "__main__":
    main(measure, __doc__)

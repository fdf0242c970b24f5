#!/usr/bin/env python3
"""One keyword for very many messages at once: every message with a pixel has been opened when the agent, which waits in
IDLE, reaches the pixel server again.

Measured from the moment when the last hit is in the agent's database to the moment when another client sees the last
keyword; and the STOREs alone, from the first one sent to the last one answered, beside a bare client that stores the
same keyword with one UID STORE of the set, with one per message sent at once, and one by one. All go through the same
relay, whose clock is the one that counts.
"""

import concurrent.futures
import shutil
import sqlite3
import socket
import ssl
import threading
import time
from contextlib import closing

from floor import sets
from latency import READER
from relay import OpenRelay
from world import PATIENCE, AgentError, World, load_pixel, main, median, progress, wait_until

ROUNDS = 3
LINE = 1 << 16  # of one command; Dovecot takes as much


class Raw:
    """A bare client in Sent, with CONDSTORE as the agent has it."""

    def __init__(self, world, port):
        context = ssl.create_default_context(cafile=world.dovecot.ca_file)
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", port), PATIENCE),
                                          server_hostname="localhost")
        self.file = self.socket.makefile("rb")
        self.number = 0
        self.file.readline()
        self.ask(f"LOGIN {world.user} {world.dovecot.password}", "ENABLE QRESYNC", "SELECT Sent")

    def ask(self, *commands):
        """Sends all commands at once and reads up to the last answer."""
        first = self.number
        self.number += len(commands)
        self.socket.sendall("".join(f"r{first + n} {text}\r\n" for n, text in enumerate(commands)).encode())
        left = len(commands)
        while left:
            line = self.file.readline()
            if not line or line.startswith(b"r") and b" OK" not in line[:12]:
                raise AgentError(f"the bare client was answered {line!r}")
            left -= line.startswith(b"r")

    def close(self):
        self.file.close()
        self.socket.close()


def stores(dialogue):
    return [command for command in dialogue.work() if command.verb == "UID STORE" and b"+FLAGS" in command.text]


def span(commands):
    return commands[-1].done - commands[0].sent


def raw(world, how):
    """Seconds of the STOREs of the bare client."""
    uids = sorted(world.box.tracked)
    world.take_keywords("opened")
    with OpenRelay(world.dovecot) as relay:
        client = Raw(world, relay.port)
        change = "+FLAGS.SILENT (opened)"
        how(client, uids, change)
        client.close()
        return span(stores(relay.dialogues[-1]))


def one_set(client, uids, change):
    text, = sets(uids, LINE)
    client.ask(f"UID STORE {text} {change}")


def at_once(client, uids, change):
    client.ask(*(f"UID STORE {uid} {change}" for uid in uids))


def one_by_one(client, uids, change):
    for uid in uids:
        client.ask(f"UID STORE {uid} {change}")


def ours(world):
    """Seconds from the last hit stored to the last keyword seen, those of the STOREs of `opened`, and their number."""
    count, stored = len(world.urls), []
    with OpenRelay(world.dovecot) as relay, world.client() as watcher:
        world.route(relay.port)
        world.pixels.stop()
        world.run_agent()
        if not wait_until(relay.settled, PATIENCE):
            raise AgentError("the agent does not come to rest:\n" + world.agent.log_tail())
        waiting = threading.Thread(target=lambda: stored.append(_await_hits(world.database, count)))
        waiting.start()
        world.pixels.start("serve")

        def opened():
            watcher.select("Sent")
            return len(watcher.imap.uid("SEARCH", "KEYWORD", "opened")[1][0].split()) >= count
        done = wait_until(lambda: opened() or not world.agent.running(), PATIENCE, pause=0.01)
        seen = time.monotonic()
        waiting.join()
        if not done or not world.agent.running():
            raise AgentError("not all messages became `opened`:\n" + world.agent.log_tail())
        wait_until(relay.settled, PATIENCE)
        world.agent.stop()
        written = [command for command in stores(relay.dialogues[-1]) if b"opened" in command.text]
        if not all(command.answer == b"OK" for command in written):
            raise AgentError("a STORE was refused")
        return seen - stored[0], span(written), len(written)


def _await_hits(path, count):
    """When the agent's database was first seen to hold as many hits."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=PATIENCE)) as database:
        wait_until(lambda: database.execute("SELECT count(*) FROM hit").fetchone()[0] >= count, PATIENCE, pause=0.002)
        return time.monotonic()


def measure(program, table, messages=20_000, **_):
    progress(f"a box of {messages:,} messages")
    with World(program, apart=True) as world:
        world.fill(messages)
        measure_large(world, table)


def measure_large(world, table):
    world.forget()
    world.route(world.dovecot.imaps_port)
    world.run_agent()
    world.await_tracked(len(world.box.tracked))
    if not wait_until(world.at_rest, PATIENCE):
        raise AgentError("the agent does not come to rest:\n" + world.agent.log_tail())
    world.agent.stop()
    kept = world.directory / "tracked.db"
    with closing(sqlite3.connect(world.database)) as database, closing(sqlite3.connect(kept)) as copy:
        database.backup(copy)
    open_all(world.urls)

    def from_tracked():
        world.take_keywords("opened")
        for path in world.database.parent.glob("agent.db*"):
            path.unlink()
        shutil.copy(kept, world.database)
        world.database.chmod(0o600)
        return ours(world)

    progress(f"a keyword on {len(world.urls):,} messages, {ROUNDS} rounds")
    trials = [(from_tracked(), raw(world, one_set), raw(world, at_once), raw(world, one_by_one))
              for _ in range(ROUNDS)]
    world.forget_hits()
    whole, alone, commands = (median([row[0][n] for row in trials]) for n in range(3))
    times = [median([row[n] for row in trials]) for n in (1, 2, 3)]
    table.row(f"`opened` on {len(world.urls):,} messages", f"{whole:.3f} s from the last hit stored to the last seen",
              seconds=whole)
    table.row("  the STOREs alone", f"{alone:.3f} s in {commands:.0f} commands, first sent to last answered",
              "≤ 1.5x one UID STORE", seconds=alone, commands=commands)
    for what, seconds in zip(("one UID STORE of the set", "one for each, sent at once", "one by one"), times):
        table.row(f"  bare client: {what}", f"{seconds:.3f} s", f"ours: {alone / seconds:.2f}x the time",
                  seconds=seconds)


def open_all(urls):
    """Loads every pixel, each from a network of its own."""
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = pool.map(lambda item: load_pixel(item[1], READER, f"81.{item[0] // 250}.{item[0] % 250}.10"),
                           enumerate(urls))
        if wrong := set(answers) - {200}:
            raise AgentError(f"the pixel server answered {sorted(wrong)}")


if __name__ == "__main__":
    main(measure, __doc__)

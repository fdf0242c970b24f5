#!/usr/bin/env python3
"""An agent that was away catches up: 100,000 hits of 2,000 messages wait on the pixel server when it reaches it again.

The agent waits in IDLE, everything `tracked`; the clock runs from the start of the pixel server to the last hit in the
agent's database, to the last message judged and its keywords planned, and to the last keyword that another client sees.
What is asked meanwhile is little, and not often: there are two cores for all.
"""

import concurrent.futures
import socket
import sqlite3
import time
from contextlib import closing

from idle import cpu_seconds
from latency import READER
from world import PATIENCE, AgentError, World, main, progress, wait_until

HITS, OF_EACH = 100_000, 150  # at most, of one message: the server keeps 200 in a day
CONNECTIONS, AHEAD = 16, 50


def load(port, requests):
    """Sends the requests over one connection, some ahead of the answers; how many were answered with 200."""
    good, rest = 0, b""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        for first in range(0, len(requests), AHEAD):
            some = requests[first:first + AHEAD]
            connection.sendall(b"".join(some))
            seen = 0
            while seen < len(some):
                rest += connection.recv(1 << 16)
                seen += rest.count(b"HTTP/1.1 ")
                good += rest.count(b"HTTP/1.1 200 ")
                rest = rest[-12:] if not rest.endswith(b";") else b""
    return good


def requests(urls, count):
    """Each message is loaded over and over, each time from another network."""
    texts = []
    for number in range(count):
        path = urls[number % len(urls)].partition("/i/")[2]
        turn = number // len(urls)
        texts.append((f"GET /i/{path} HTTP/1.1\r\nHost: px\r\nUser-Agent: {READER}\r\n"
                      f"X-Forwarded-For: 81.{number % 250}.{turn}.10\r\n\r\n").encode())
    return texts


def fill_log(world, count):
    parts = requests(world.urls, count)
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        answered = sum(pool.map(lambda n: load(world.port, parts[n::CONNECTIONS]), range(CONNECTIONS)))
    if answered != count:
        raise AgentError(f"{answered} of {count} pixels were answered with 200")


def ask(world, question):
    with closing(sqlite3.connect(f"file:{world.database}?mode=ro", uri=True, timeout=PATIENCE)) as database:
        return database.execute(question).fetchone()[0]


def stored(world):
    """How many hits, told by the last one's number: to count them takes as long as to judge some."""
    return ask(world, "SELECT COALESCE(MAX(id), 0) FROM hit")


def opened(client):
    client.select("Sent")
    found = [client.imap.uid("SEARCH", "KEYWORD", name)[1][0].split() for name in ("opened", "reached")]
    return sum(len(some) for some in found)


def measure(program, table, messages=20_000, **_):
    progress(f"a box of {messages:,} messages")
    with World(program, apart=True) as world, world.client() as watcher:
        world.fill(messages)
        world.run_agent()
        world.await_tracked(len(world.box.tracked))
        if not wait_until(world.at_rest, PATIENCE):
            raise AgentError("the agent does not come to rest:\n" + world.agent.log_tail())
        world.agent.stop()
        count = min(HITS, OF_EACH * len(world.urls))
        progress(f"{count:,} hits")
        fill_log(world, count)
        world.pixels.stop()
        world.run_agent()
        wait_until(world.at_rest, PATIENCE)
        pid, times = world.agent.process.pid, {}
        cpu = cpu_seconds(pid)
        world.pixels.start("serve")
        begin = time.monotonic()

        def note(what, holds):
            if not wait_until(lambda: holds() or not world.agent.running(), PATIENCE, pause=0.05):
                raise AgentError(f"{what} after {PATIENCE} s:\n" + world.agent.log_tail())
            times[what] = time.monotonic() - begin

        note("stored", lambda: stored(world) >= count)
        note("planned", world.at_rest)
        note("seen", lambda: opened(watcher) >= len(world.urls))
        if ask(world, "SELECT count(*) FROM hit") != count:
            raise AgentError("another number of hits is stored")
        cpu = cpu_seconds(pid) - cpu
        table.row(f"{count:,} hits stored by the agent", f"{times['stored']:.1f} s, {count / times['stored']:,.0f} hits/s",
                  seconds=times["stored"])
        table.row(f"  {len(world.urls):,} messages judged, keywords planned", f"{times['planned']:.1f} s", "≤ 10 s",
                  seconds=times["planned"])
        table.row("  the last keyword seen by another client", f"{times['seen']:.1f} s", seconds=times["seen"])
        table.row("  the agent's CPU for it", f"{cpu:.1f} s", seconds=cpu)


if __name__ == "__main__":
    main(measure, __doc__)

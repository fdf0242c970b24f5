#!/usr/bin/env python3
"""Hits a second that a pixel server stores and answers, with SQLite and with PostgreSQL in turns: on one machine, beside the
client, each answer after its sync to disk. Connections are kept, and each asks for its next pixel when it has its answer."""

import os
import select
import shutil
import socket
import tempfile
import time
from pathlib import Path

from idle import cpu_seconds
from world import main, median, milliseconds, mint, percentile, progress

from agent import Agent
from postgres import Postgres
from privateserver import free_ports

CONNECTIONS = 256
TOKENS = 50_000  # a token has 200 hits a day
ROUNDS = 3
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0"


def seconds_of_cpu(pids):
    used = 0.0
    for pid in pids:
        try:
            used += cpu_seconds(pid)
        except OSError:
            continue
    return used


def load(port, requests, seconds):
    """Answers 200, the seconds that each took, and how many were none."""
    poller, clients, taken, refused, number = select.epoll(), {}, [], 0, 0
    for _ in range(CONNECTIONS):
        client = socket.create_connection(("127.0.0.1", port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poller.register(client, select.EPOLLIN)
        clients[client.fileno()] = [client, time.monotonic()]
    for state in clients.values():
        state[1] = time.monotonic()
        state[0].sendall(requests[number % len(requests)])
        number += 1
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        for descriptor, _ in poller.poll(1):
            client, begun = state = clients[descriptor]
            answer = client.recv(4096)  # one segment on loopback
            now = time.monotonic()
            if answer.startswith(b"HTTP/1.1 200 "):
                taken.append(now - begun)
            else:
                refused += 1
            state[1] = now
            client.sendall(requests[number % len(requests)])
            number += 1
    for client, _ in clients.values():
        client.close()
    return taken, refused


def sync_time(directory):
    """Seconds that a sync of one page to this disk takes."""
    path = directory / "sync"
    times = []
    with open(path, "wb") as file:
        for _ in range(500):
            file.write(bytes(4096))
            file.flush()
            begun = time.monotonic()
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - begun)
    path.unlink()
    return median(times)


class Server(Agent):
    def __init__(self, program, home, store):
        super().__init__(program, home)
        port, = free_ports(1)
        self.configure([], port, source=False, sections=f'store = "{store}"\n')
        self.add_stream("benchmark")
        new_token = mint(self.credential)
        self.requests = [f"GET /i/{new_token()}.gif HTTP/1.1\r\nHost: px\r\nUser-Agent: {AGENT}\r\n"
                         f"X-Forwarded-For: 81.{n % 250}.{n // 250 % 250}.7\r\n\r\n".encode() for n in range(TOKENS)]


def measure(program, table, seconds=10, **_):
    directory = Path(tempfile.mkdtemp(prefix="sentmark-benchmark-"))
    try:
        with Postgres() as postgres:
            postgres.start()
            stores = {"SQLite": Server(program, directory / "sqlite", "sqlite"),
                      "PostgreSQL": Server(program, directory / "postgres", postgres.database()["socket"])}
            table.row("a sync of 4 KB to this disk", f"p50 {sync_time(directory) * 1000:.2f} ms")
            rates, delays, cpu = ({name: [] for name in stores} for _ in range(3))
            for round_number in range(ROUNDS):
                for name, server in stores.items():
                    progress(f"round {round_number + 1}: {name}")
                    server.start("serve")
                    pids = [server.child.pid]
                    if name == "PostgreSQL":
                        pids += postgres.process.session()
                    before = seconds_of_cpu(pids)
                    taken, refused = load(server.port, server.requests, seconds)
                    cpu[name].append((seconds_of_cpu(pids) - before) / max(1, len(taken)))
                    server.stop()
                    if refused:
                        table.row(f"  {name}: answered otherwise than 200", str(refused))
                    rates[name].append(len(taken) / seconds)
                    delays[name] += taken
            for name in stores:
                table.row(f"hits a second, {name}", f"{median(rates[name]):.0f}  ({min(rates[name]):.0f} to {max(rates[name]):.0f})",
                          hits=rates[name])
                table.row("  each", milliseconds(delays[name]), p99=percentile(delays[name], 0.99))
                table.row("  CPU of all its processes", f"{median(cpu[name]) * 1e6:.0f} µs a hit")
            table.row("PostgreSQL to SQLite", f"{median(rates['PostgreSQL']) / median(rates['SQLite']):.2f}", "≥ 0.5")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(measure, __doc__)

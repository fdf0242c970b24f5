#!/usr/bin/env python3
"""Hits a second that a pixel server stores and answers, with SQLite and with PostgreSQL in turns, each answer after its sync
to disk: the server and its database on one core and the load on the other. Needs wrk (install-peers)."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from idle import cpu_seconds
from webload import SERVER_CORE, Wrk
from world import main, median, mint, progress

from agent import Agent
from postgres import Postgres
from privateserver import free_ports

CONNECTIONS = 256
TOKENS = 50_000  # a token has 200 hits a day
ROUNDS = 5
HEADERS = """
    wrk.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0"
    wrk.headers["X-Forwarded-For"] = string.format("81.%d.%d.7", #requests % 250, math.floor(#requests / 250) % 250)
"""


def pin(pid):
    subprocess.run(["taskset", "-a", "-p", "-c", SERVER_CORE, str(pid)], check=True, stdout=subprocess.DEVNULL)


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
    def __init__(self, program, home, store, postgres=None):
        super().__init__(program, home)
        self.postgres = postgres
        port, = free_ports(1)
        self.configure([], port, source=False, sections=f'store = "{store}"\n')
        self.add_stream("benchmark")
        new_token = mint(self.credential)
        self.load = Wrk(home, [f"/i/{new_token()}.gif" for _ in range(TOKENS)], HEADERS)

    def run(self, seconds):
        """The rate, and the seconds of CPU that a hit took of all processes."""
        self.start("serve")
        pin(self.child.pid)
        before = self._cpu()
        rate = self.load.run(self.port, seconds, CONNECTIONS)
        used = sum(spent - before.get(pid, 0) for pid, spent in self._cpu().items())
        self.stop()
        return rate, used / (rate.hits * seconds)

    def _cpu(self):
        spent = {}
        for pid in [self.child.pid] + (self.postgres.process.session() if self.postgres else []):
            try:
                spent[pid] = cpu_seconds(pid)
            except OSError:
                continue
        return spent


def measure(program, table, seconds=10, **_):
    directory = Path(tempfile.mkdtemp(prefix="sentmark-benchmark-"))
    try:
        with Postgres() as postgres:
            postgres.start()
            # Its connections' processes inherit it.
            for pid in postgres.process.session():
                pin(pid)
            stores = {"SQLite": Server(program, directory / "sqlite", "sqlite"),
                      "PostgreSQL": Server(program, directory / "postgres", postgres.database()["socket"], postgres)}
            table.row("a sync of 4 KB to this disk", f"p50 {sync_time(directory) * 1000:.2f} ms")
            found = {name: [] for name in stores}
            for number in range(ROUNDS):
                for name, server in stores.items():
                    progress(f"round {number + 1} of {ROUNDS}: {name}")
                    found[name].append(server.run(seconds))
            hits = {name: median([rate.hits for rate, _ in runs]) for name, runs in found.items()}
            for name, runs in found.items():
                rates = [rate.hits for rate, _ in runs]
                table.row(f"{name}, {CONNECTIONS} connections",
                          f"{hits[name]:,.0f} hits/s ({min(rates):,.0f} to {max(rates):,.0f})   "
                          f"p50 {median([rate.p50 for rate, _ in runs]):.1f}  "
                          f"p99 {median([rate.p99 for rate, _ in runs]):.1f} ms   "
                          f"errors {sum(rate.errors for rate, _ in runs)}", hits=rates)
                table.row("  CPU of all its processes", f"{median([cpu for _, cpu in runs]) * 1e6:.0f} µs a hit")
            table.row("PostgreSQL to SQLite", f"{hits['PostgreSQL'] / hits['SQLite']:.2f} ×", "≥ 0.5")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(measure, __doc__)

#!/usr/bin/env python3
"""Starts the pixel server again and again under load, with its sockets held by somebody else, as systemd does it.

restarts.py --program FILE [--restarts N] [--clients N]

A socket is bound here and handed to `sentmark serve` by sd_listen_fds(3). Clients load pixels all the while, one
connection each, as mail programs do. The server is ended with SIGTERM and started again, N times. What must hold: no
connection is refused or cut, every load is answered 200, and each one that was answered is in the log once.
"""

import argparse
import http.client
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path

from agent import Agent, AgentError
from processes import Process, spawn, wait_until

PATIENCE = 20


class Server(Agent):
    """`sentmark serve` with two listening sockets that outlive it."""

    def __init__(self, program, home):
        super().__init__(program, home)
        self.pixels, self.operations = (socket.create_server(("127.0.0.1", 0), backlog=4096) for _ in range(2))
        self.configure([], self.pixels.getsockname()[1], source=False)
        self.add_stream()

    def start_activated(self):
        # sd_listen_fds(3): they begin at 3, and the process must be the one that is named.
        script = 'exec 3<&"$1" 4<&"$2"; shift 2; LISTEN_PID=$$ exec "$@"'
        descriptors = [self.pixels.fileno(), self.operations.fileno()]
        environment = self.environment | {"LISTEN_FDS": "2", "LISTEN_FDNAMES": "sentmark-serve.socket:operations"}
        with open(self.log_file, "ab") as log:
            self.child = spawn(
                ["bash", "-c", script, "activate", *map(str, descriptors), str(self.program), "serve", "--config",
                 str(self.config_file)],
                self.tied, stdout=log, stderr=log, env=environment, cwd=self.home, pass_fds=descriptors)
        self.process = Process(self.child.pid)

    def is_ready(self):
        try:
            return ask(self.operations.getsockname()[1], "/readyz")[0] == 200
        except OSError:
            return False


def ask(port, path, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Client(threading.Thread):
    """Loads pixels one after the other, each on a connection of its own."""

    def __init__(self, port, path, stop):
        super().__init__(daemon=True)
        self.port, self.path, self.stop = port, path, stop
        self.answered, self.longest, self.failures = 0, 0.0, []

    def run(self):
        while not self.stop.is_set():
            begin = time.monotonic()
            try:
                status = ask(self.port, self.path)[0]
                if status != 200:
                    self.failures.append(f"status {status}")
                self.answered += status == 200
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f"{type(error).__name__}: {error}")
            self.longest = max(self.longest, time.monotonic() - begin)


def run(program, restarts, clients):
    with tempfile.TemporaryDirectory(prefix="sentmark-restarts-") as home:
        server = Server(program, Path(home))
        # A token of its own for each, so that the daily allowance of one is not what is measured.
        tokens = [server.command("token", "new", "--credential-file", str(server.home / "keys" / "px")).strip()
                  for _ in range(clients)]
        server.start_activated()
        stop = threading.Event()
        try:
            if not wait_until(server.is_ready, PATIENCE):
                raise AgentError(f"the server is not ready:\n{server.log_tail()}")
            loads = [Client(server.port, f"/i/{token}.gif", stop) for token in tokens]
            for load in loads:
                load.start()
            for number in range(restarts):
                before = sum(load.answered for load in loads)
                if not wait_until(lambda: sum(load.answered for load in loads) > before + clients, PATIENCE):
                    raise AgentError(f"nothing is answered after {number} restarts:\n{server.log_tail()}")
                code, _ = server.stop()
                if code != 0:
                    raise AgentError(f"the server ended with {code}:\n{server.log_tail()}")
                server.start_activated()
            wait_until(server.is_ready, PATIENCE)
            stop.set()
            for load in loads:
                load.join(PATIENCE)
            failures = [failure for load in loads for failure in load.failures]
            answered = sum(load.answered for load in loads)
            stored = counted(server)
        finally:
            stop.set()
            server.kill()
    return answered, stored, max(load.longest for load in loads), failures


def counted(server):
    """Requests by the log, those beyond a token's daily allowance included. Ends the server."""
    server.stop()
    database = sqlite3.connect(server.home / "state" / "sentmark" / "hits.db")
    try:
        return database.execute(
            "SELECT (SELECT count(*) FROM hits) + (SELECT value FROM counters WHERE name = 'capped')").fetchone()[0]
    finally:
        database.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, type=Path)
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    answered, stored, longest, failures = run(options.program.resolve(), options.restarts, options.clients)
    print(f"  {options.restarts} restarts under load: {answered:,} loads answered, {stored:,} in the log, "
          f"{len(failures)} failed; the longest took {longest * 1000:.0f} ms")
    for failure in sorted(set(failures))[:10]:
        print(f"  {failures.count(failure)} times {failure}", file=sys.stderr)
    return 1 if failures or answered != stored or answered == 0 else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AgentError as error:
        sys.exit(f"restarts.py: {error}")

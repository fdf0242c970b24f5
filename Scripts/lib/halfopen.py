#!/usr/bin/env python3
"""Whether pixels are still answered while thousands of connections never finish what they began, and what those cost.

halfopen.py --program FILE [--connections N]

A quarter of them says nothing; a quarter sends a request line octet by octet; a quarter sends header fields and no end; a
quarter asks for pixels and takes no answer. Meanwhile pixels are loaded one after the other, each over a connection of its
own. What must hold: each is answered with 200 and is in the log once; the server closes every connection that came to
nothing by itself, so that it has none of them left; each cost no more than 20 KB. How long the answers took is printed.
"""

import argparse
import re
import resource
import socket
import sys
import tempfile
import time
from pathlib import Path

from agent import AgentError, direct, pixel_server
from hitlog import HitLog
from processes import resident_bytes, wait_until
from tokens import bearer, mint

PATIENCE = 60  # seconds until all must be closed; the server's own time for a head is 10, for an answer 10
EACH = 20_000  # octets of memory for each


class Stranger:
    """A connection that comes to nothing. `kind`: 0 silent, 1 slow line, 2 endless header, 3 takes no answer."""

    def __init__(self, port, kind, token):
        self.kind, self.sent, self.answer = kind, 0, b""
        self.socket = socket.socket()
        if kind == 3:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.line = f"GET /i/{token}.gif HTTP/1.1\r\n".encode()
        self.go_on()
        if kind == 3:
            self.send((self.line + b"Host: px\r\n\r\n") * 3)

    def go_on(self):
        if self.kind == 1:
            self.send(self.line[self.sent:self.sent + 1])
        elif self.kind == 2:
            self.send(f"X-{self.sent}: y\r\n".encode() if self.sent else self.line)
        self.sent += 1

    def send(self, octets):
        try:
            self.socket.send(octets)
        except OSError:
            pass  # closed, or nothing more goes in: seen by who reads

    def is_closed(self):
        """Reads what there is, as its kind does."""
        try:
            return self.kind != 3 and not self.socket.recv(4096)
        except BlockingIOError:
            return False
        except OSError:
            return True


def load_pixel(port, token):
    """Seconds until the answer, and its status or what else came of it."""
    begin = time.monotonic()
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            connection.sendall(f"GET /i/{token}.gif HTTP/1.1\r\nHost: px\r\nConnection: close\r\n\r\n".encode())
            answer = connection.recv(4096)
            what = answer.partition(b"\r\n")[0].decode() or "the end of the connection"
    except OSError as error:
        what = str(error)
    return time.monotonic() - begin, what


def metric(port, name):
    text = direct.open(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE).read().decode()
    return int(float(re.search(rf"^sentmark_{name} (\S+)$", text, re.M)[1]))


def besiege(server, count):
    """What went wrong, each a line."""
    port, pid, new_token = server.port, server.process.pid, mint(server.credential)
    before = resident_bytes(pid)
    begin = time.monotonic()
    strangers = [Stranger(port, number % 4, new_token()) for number in range(count)]
    connected = time.monotonic() - begin
    memory, open_at_most, times, pixels, wrong = 0, 0, [], [], []
    # Who takes no answer notices nothing, either: of those the server tells.
    waiting = {stranger for stranger in strangers if stranger.kind != 3}
    step = time.monotonic()
    while (waiting or metric(port, "connections_open") > 1) and time.monotonic() - begin < PATIENCE:
        pixels.append(new_token())
        took, what = load_pixel(port, pixels[-1])
        times.append(took if what.startswith("HTTP/1.1 200 ") else None)
        if times[-1] is None:
            wrong.append(f"{time.monotonic() - begin:.1f} s after the first of them a pixel was answered by {what}, "
                         f"after {took:.2f} s")
        memory = max(memory, resident_bytes(pid) - before)
        open_at_most = max(open_at_most, metric(port, "connections_open"))
        if time.monotonic() - step >= 1:
            step = time.monotonic()
            for stranger in waiting:
                stranger.go_on()
            waiting -= {stranger for stranger in waiting if stranger.is_closed()}
    took = time.monotonic() - begin
    # One is this question's own; that of the one before may not be closed yet.
    if waiting or not wait_until(lambda: metric(port, "connections_open") <= 1, PATIENCE):
        left = max(metric(port, "connections_open") - 1, len(waiting))
        wrong.append(f"{left} connections are still open after {took:.0f} s")
    log = HitLog(port, bearer(server.credential))
    log.read()
    missing = [token for token, each in zip(pixels, times) if each and log.tokens[token] != 1]
    if missing:
        wrong.append(f"{len(missing)} answered pixels are not in the log once, {missing[0]} for one")
    if memory > EACH * count:
        wrong.append(f"each cost {memory / count:.0f} octets of memory, more than {EACH}")
    good = sorted(each for each in times if each) or [0]
    print(f"{count:,} connections within {connected:.1f} s, {open_at_most:,} open at once, all closed after {took:.0f} s; "
          f"{memory / count / 1000:.1f} KB each; {len(times):,} pixels meanwhile, "
          f"median {good[len(good) // 2] * 1000:.1f} ms, slowest {good[-1] * 1000:.0f} ms")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--connections", type=int, default=10_000)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < options.connections + 100:
        sys.exit(f"halfopen.py: {options.connections} connections need as many descriptors: ulimit -Hn says {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="sentmark-halfopen-") as home:
        server = pixel_server(options.program.absolute(), home)
        server.start("serve")
        try:
            wrong = besiege(server, options.connections)
        except AgentError as error:
            sys.exit(f"halfopen.py: {error}")
        finally:
            server.kill()
    for line in wrong:
        print(f"  wrong: {line}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

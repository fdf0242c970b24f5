#!/usr/bin/env python3
"""What 10,000 agents cost that wait for news in long polls, and how soon a hit reaches the one that waits for it.

Each waiter is a stream of its own on a connection of its own. Descriptors are needed for both sides: ulimit -n 32768.
"""

import hashlib
import hmac
import http.client
import json
import re
import resource
import socket
import tempfile
import time

from idle import cpu_seconds
from world import AgentError, main, milliseconds, percentile, progress

from agent import pixel_server
from processes import resident_bytes
from tokens import from_base32, pull_bearer, token

WAITERS = 10_000
HITS = 1_000
PATIENCE = 60


def add_streams(server, count):
    """The list as `sentmark stream add` writes it, and the keys as the server derives them: adding them one by one would
    take minutes."""
    first = json.loads(server.command("stream", "list", "--json"))["streams"][0]
    root = from_base32((server.home / "keys" / "server").read_text().strip())
    root = hmac.digest(bytes(32), root, hashlib.sha256)

    def derive(purpose, stream):
        return hmac.digest(root, purpose + stream + b"\0" + b"\1", hashlib.sha256)

    streams, records = [], [first]
    for number in range(count):
        if number == first["stream"]:
            continue
        stream = number.to_bytes(3, "big")
        streams.append((stream, derive(b"sentmark/stream", stream), derive(b"sentmark/pull", stream)))
        records.append({"stream": number, "name": f"n{number}", "epoch": 0, "created": first["created"]})
    path = server.home / "state" / "sentmark" / "streams.json"
    path.write_text(json.dumps(records))
    path.chmod(0o600)
    return streams


def wait_for_news(port, stream, key):
    connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
    connection.sendall(
        (f"GET /v1/hits?wait=55 HTTP/1.1\r\nHost: px\r\nAuthorization: Bearer {pull_bearer(stream, 0, key)}\r\n"
         "Accept: application/json\r\nAccept-Encoding: gzip\r\n\r\n").encode())
    return connection


def waiting(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return int(re.search(r"^sentmark_polls_waiting (\d+)$", text, re.M)[1])


def measure(program, table, **_):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 32_768), hard))
    with tempfile.TemporaryDirectory(prefix="sentmark-waiters-") as home:
        server = pixel_server(program, home)
        streams = add_streams(server, WAITERS + 1)[:WAITERS]
        server.start("serve")
        try:
            measure_waiters(server, streams, table)
        finally:
            server.kill()


def measure_waiters(server, streams, table):
    pid, port = server.process.pid, server.port
    before = resident_bytes(pid)
    table.row("memory of the server before", f"{before / 1e6:.1f} MB")
    progress(f"{len(streams):,} waiters")
    begin = time.monotonic()
    waiters = [wait_for_news(port, stream, pull) for stream, _, pull in streams]
    while (count := waiting(port)) < len(streams):
        if time.monotonic() - begin > PATIENCE:
            raise AgentError(f"only {count} wait")
        time.sleep(0.05)
    took = time.monotonic() - begin
    each = (resident_bytes(pid) - before) / len(streams)
    table.row(f"memory of a waiter, {len(streams):,} of them", f"{each / 1000:.1f} KB  (connected in {took:.1f} s)", "≤ 20 KB",
              bytes=each)
    cpu = cpu_seconds(pid)
    time.sleep(5)
    table.row("CPU while nothing happens", f"{(cpu_seconds(pid) - cpu) / 5 * 100:.1f} % of a core")
    delays = []
    for number in range(HITS):
        stream, key, _ = streams[number]
        pixel = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        pixel.connect()
        begin = time.monotonic()
        pixel.request("GET", f"/i/{token(stream, 0, key)}.gif")
        answer = waiters[number].recv(1 << 16)
        delays.append(time.monotonic() - begin)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise AgentError(f"a waiter was answered {answer[:80]!r}")
        pixel.getresponse().read()
        pixel.close()
    table.row("pixel asked for → its waiter has the hit", milliseconds(delays), "p99 ≤ 20 ms", p99=percentile(delays, 0.99))


if __name__ == "__main__":
    main(measure, __doc__)

#!/usr/bin/env python3
"""Mail through the submission proxy, beside the same programs sending to the provider directly: mails a second of several
sessions at once, what one mail takes longer, and the memory of a large one. All of it in cleartext, so that TLS, which
mail programs and providers do either way, is no part of it; the mails get a pixel, and are written down before."""

import asyncio
import base64
import multiprocessing
import socket
import statistics
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from idle import mebibytes
from world import main, progress

from proxyagent import ProxyAgent

HTML = 20_000  # octets of a mail's HTML
SESSIONS, MAILS, ROUNDS = 4, 250, 3
LARGE = 100 << 20
RECIPIENT = "bob@far.example"


class Sink(asyncio.Protocol):
    """Takes every mail and forgets it."""

    def connection_made(self, transport):
        self.transport, self.unread, self.is_content = transport, bytearray(), False
        transport.write(b"220 sink\r\n")

    def data_received(self, data):
        if self.is_content:
            self.unread = self.unread[-4:] + data
            if not self.unread.endswith(b"\r\n.\r\n"):
                return
            self.is_content = False
            self.unread = bytearray()
            self.transport.write(b"250 2.0.0 ok\r\n")
            return
        self.unread += data
        while (end := self.unread.find(b"\r\n")) >= 0:
            line = bytes(self.unread[:end])
            verb = line[:4].upper()
            del self.unread[:end + 2]
            if verb == b"AUTH" and line.count(b" ") == 1:
                self.transport.write(b"334 \r\n")  # the response follows, and has no verb
                continue
            self.is_content = verb == b"DATA"
            self.transport.write({
                b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 200000000\r\n250 AUTH PLAIN\r\n",
                b"DATA": b"354 go\r\n", b"MAIL": b"250 2.1.0 ok\r\n", b"RCPT": b"250 2.1.5 ok\r\n",
                b"RSET": b"250 2.0.0 ok\r\n", b"QUIT": b"221 2.0.0 bye\r\n"}.get(verb, b"235 2.7.0 ok\r\n"))


def serve(ports):
    async def run():
        server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()
    asyncio.run(run())


class Client:
    """One session, logged in."""

    def __init__(self, port, password):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb")
        self._answer()
        self._say("EHLO client.example")
        self._say("AUTH PLAIN " + base64.b64encode(f"\0alice\0{password}".encode()).decode())

    def send(self, message):
        for line in ("MAIL FROM:<alice@example.org>", f"RCPT TO:<{RECIPIENT}>", "DATA"):
            self._say(line)
        self.socket.sendall(message)
        self.socket.sendall(b".\r\n")
        self._answer()

    def _say(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        self._answer()

    def _answer(self):
        while (line := self.reader.readline())[3:4] == b"-":
            pass
        if line[:1] not in (b"2", b"3"):
            raise OSError(f"answered by {line or 'the end'}")


def mail(number):
    paragraph = "<p>A sentence of some length, as people write them to each other every day.</p>\r\n"
    return (f"From: alice@example.org\r\nTo: {RECIPIENT}\r\nSubject: {number}\r\nMessage-ID: <{number}@example.org>\r\n"
            "Date: Thu, 26 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>\r\n"
            + paragraph * (HTML // len(paragraph)) + "</body></html>\r\n").encode()


def session(port, password, name, start, count, times):
    client = Client(port, password)
    mails = [mail(f"{name}-{number}") for number in range(count)]
    start.wait()
    taken = []
    for each in mails:
        begin = time.perf_counter()
        client.send(each)
        taken.append(time.perf_counter() - begin)
    times.put((begin + taken[-1], taken))


def throughput(port, password, name, sessions, count):
    """Mails a second, and the seconds of each mail."""
    start, times = multiprocessing.Barrier(sessions + 1), multiprocessing.Queue()
    workers = [multiprocessing.Process(target=session, args=(port, password, f"{name}-{n}", start, count, times))
               for n in range(sessions)]
    for worker in workers:
        worker.start()
    start.wait()
    begin = time.perf_counter()
    results = [times.get(timeout=300) for _ in workers]
    for worker in workers:
        worker.join()
    return sessions * count / (max(end for end, _ in results) - begin), [each for _, all in results for each in all]


def send_large(port, password):
    client = Client(port, password)
    client._say("MAIL FROM:<alice@example.org>")
    client._say(f"RCPT TO:<{RECIPIENT}>")
    client._say("DATA")
    client.socket.sendall(mail("large"))
    block = (b"x" * 74 + b"\r\n") * 1000
    for _ in range(LARGE // len(block)):
        client.socket.sendall(block)
    client.socket.sendall(b".\r\n")
    client._answer()


def measure(program, table, **_):
    ports = multiprocessing.Queue()
    provider = multiprocessing.Process(target=serve, args=(ports,), daemon=True)
    provider.start()
    direct = ports.get(timeout=20)
    with tempfile.TemporaryDirectory(prefix="sentmark-benchmark-") as home:
        agent = ProxyAgent(program, Path(home))
        upstream = SimpleNamespace(user="alice", password="secret", ca_file="/etc/ssl/certs/ca-certificates.crt")
        agent.prepare(upstream, f'smtp = "smtp://127.0.0.1:{direct}"\nsmtp_cleartext = true')
        agent.launch()
        try:
            measure_agent(agent, direct, table)
        finally:
            agent.kill()
            provider.terminate()


def measure_agent(agent, direct, table):
    proxy, password = agent.submission_port, agent.submission_password
    rates, latencies = {direct: [], proxy: []}, {direct: [], proxy: []}
    for number in range(ROUNDS):
        for port in rates:
            progress(f"round {number + 1}: {SESSIONS} sessions, {MAILS} mails each")
            rates[port].append(throughput(port, password, f"r{number}-{port}", SESSIONS, MAILS)[0])
            latencies[port].append(statistics.median(throughput(port, password, f"l{number}-{port}", 1, MAILS)[1]))
    known, through = (statistics.median(rates[port]) for port in (direct, proxy))
    table.row(f"mails of {HTML // 1000} KB, {SESSIONS} sessions", f"{through:.0f}/s  directly {known:.0f}/s  "
              f"{through / known:.2f} ×", "≥ 0.8 ×")
    known, through = (1000 * statistics.median(latencies[port]) for port in (direct, proxy))
    table.row("  one session, added to each (p50)", f"{through - known:.2f} ms  directly {known:.2f} ms", "≤ 2 ms")
    pid = agent.process.pid
    before = mebibytes(pid, "VmHWM")
    send_large(proxy, password)
    table.row("memory, most so far", f"{before:.1f} MiB")
    table.row(f"  with a mail of {LARGE >> 20} MiB", f"{mebibytes(pid, 'VmHWM'):.1f} MiB")


if __name__ == "__main__":
    main(measure, __doc__)

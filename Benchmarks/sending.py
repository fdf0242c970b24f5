#!/usr/bin/env python3
"""Mail through the submission proxy, beside the same programs sending to the provider directly, and through one in
between that only passes octets on (between.c): mails a second of several sessions at once, what one mail takes longer,
the agent's CPU for each, and the memory of a large one. All of it in cleartext, so that TLS, which mail programs and
providers do either way, is no part of it; the mails get a pixel, unless it says otherwise, and are written down first."""

import asyncio
import base64
import multiprocessing
import os
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace

from floor import compiled
from idle import mebibytes
from world import main, progress

from proxyagent import ProxyAgent

HTML = 20_000  # octets of a mail's HTML
SESSIONS, MAILS, ROUNDS = 4, 250, 3
LARGE = 100 << 20
TRACKED, UNTRACKED = "bob@far.example", "bob@near.example"


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

    def send(self, message, recipient):
        for line in ("MAIL FROM:<alice@example.org>", f"RCPT TO:<{recipient}>", "DATA"):
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
    return (f"From: alice@example.org\r\nTo: {TRACKED}\r\nSubject: {number}\r\nMessage-ID: <{number}@example.org>\r\n"
            "Date: Thu, 26 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>\r\n"
            + paragraph * (HTML // len(paragraph)) + "</body></html>\r\n").encode()


def session(port, password, name, start, count, times, recipient):
    client = Client(port, password)
    mails = [mail(f"{name}-{number}") for number in range(count)]
    start.wait()
    taken = []
    for each in mails:
        begin = time.perf_counter()
        client.send(each, recipient)
        taken.append(time.perf_counter() - begin)
    times.put((begin + taken[-1], taken))


def throughput(port, password, name, sessions, count, recipient=TRACKED):
    """Mails a second, and the seconds of each mail."""
    start, times = multiprocessing.Barrier(sessions + 1), multiprocessing.Queue()
    workers = [
        multiprocessing.Process(target=session, args=(port, password, f"{name}-{n}", start, count, times, recipient))
        for n in range(sessions)]
    for worker in workers:
        worker.start()
    start.wait()
    begin = time.perf_counter()
    results = [times.get(timeout=300) for _ in workers]
    for worker in workers:
        worker.join()
    return sessions * count / (max(end for end, _ in results) - begin), [each for _, all in results for each in all]


def send_large(port, password, recipient):
    client = Client(port, password)
    client._say("MAIL FROM:<alice@example.org>")
    client._say(f"RCPT TO:<{recipient}>")
    client._say("DATA")
    client.socket.sendall(mail("large"))
    block = (b"x" * 74 + b"\r\n") * 1000
    for _ in range(LARGE // len(block)):
        client.socket.sendall(block)
    client.socket.sendall(b".\r\n")
    client._answer()


class Memory:
    """The most that a process has while something happens: all that is resident, and what of that is no file's."""

    def __init__(self, pid):
        self.pid, self.anonymous, self.is_over = pid, 0.0, threading.Event()
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # VmHWM begins anew
        self.watcher = threading.Thread(target=self._watch)

    def __enter__(self):
        self.watcher.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.watcher.join()
        self.resident, self.files = mebibytes(self.pid, "VmHWM"), mebibytes(self.pid, "RssFile")

    def _watch(self):
        while True:
            self.anonymous = max(self.anonymous, mebibytes(self.pid, "RssAnon"))
            if self.is_over.wait(0.002):
                return

    def __str__(self):
        return f"{self.resident:.1f} MiB  its own {self.anonymous:.1f}  pages of files {self.files:.1f}"


def cpu(pid):
    """Seconds that a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def switches(pid):
    """How often one of its threads has stopped running, to wait or because another's turn had come."""
    return sum(
        int(line.split()[1]) for task in Path(f"/proc/{pid}/task").iterdir()
        for line in (task / "status").read_text().splitlines() if "ctxt_switches" in line)


def measure(program, table, **_):
    ports = multiprocessing.Queue()
    provider = multiprocessing.Process(target=serve, args=(ports,), daemon=True)
    provider.start()
    direct = ports.get(timeout=20)
    with tempfile.TemporaryDirectory(prefix="sentmark-benchmark-") as home:
        between = subprocess.Popen([compiled("between.c", Path(home)), str(direct)], stdout=subprocess.PIPE, text=True)
        agent = ProxyAgent(program, Path(home))
        upstream = SimpleNamespace(user="alice", password="secret", ca_file="/etc/ssl/certs/ca-certificates.crt")
        agent.prepare(upstream, f'smtp = "smtp://127.0.0.1:{direct}"\nsmtp_cleartext = true')
        agent.launch()
        try:
            measure_rates(agent, direct, int(between.stdout.readline()), table)
            measure_memory(agent, table)
        finally:
            agent.kill()
            between.kill()
            provider.terminate()


def measure_rates(agent, direct, between, table):
    proxy, password, pid = agent.submission_port, agent.submission_password, agent.process.pid
    rates, latencies, computed, changed = ({key: [] for key in (direct, between, proxy, UNTRACKED)} for _ in range(4))
    for number in range(ROUNDS):
        for key in rates:
            progress(f"round {number + 1}: {SESSIONS} sessions, {MAILS} mails each")
            port, recipient = (proxy, UNTRACKED) if key == UNTRACKED else (key, TRACKED)
            before, switched = cpu(pid), switches(pid)
            rates[key].append(throughput(port, password, f"r{number}-{key}", SESSIONS, MAILS, recipient)[0])
            computed[key].append(1000 * (cpu(pid) - before) / (SESSIONS * MAILS))
            changed[key].append((switches(pid) - switched) / (SESSIONS * MAILS))
            times = throughput(port, password, f"l{number}-{key}", 1, MAILS, recipient)[1]
            latencies[key].append(1000 * statistics.median(times))
    rate, latency, spent, turns = ({key: statistics.median(values) for key, values in each.items()}
                                   for each in (rates, latencies, computed, changed))
    table.row(f"mails of {HTML // 1000} KB, {SESSIONS} sessions", f"{rate[proxy]:.0f}/s  directly {rate[direct]:.0f}/s  "
              f"{rate[proxy] / rate[direct]:.2f} ×", "≥ 0.8 ×")
    table.row("  without a pixel", f"{rate[UNTRACKED]:.0f}/s  {rate[UNTRACKED] / rate[direct]:.2f} ×")
    table.row("  a program in between that does nothing", f"{rate[between]:.0f}/s  {rate[between] / rate[direct]:.2f} ×")
    table.row("  the agent's CPU for each", f"{spent[proxy]:.2f} ms  without a pixel {spent[UNTRACKED]:.2f} ms")
    table.row("  and changes of threads", f"{turns[proxy]:.1f}  without a pixel {turns[UNTRACKED]:.1f}")
    table.row("  one session, added to each (p50)", f"{latency[proxy] - latency[direct]:.2f} ms  "
              f"without a pixel {latency[UNTRACKED] - latency[direct]:.2f} ms  directly {latency[direct]:.2f} ms",
              "≤ 2 ms")


def measure_memory(agent, table):
    proxy, password, pid = agent.submission_port, agent.submission_password, agent.process.pid
    with Memory(pid) as memory:
        pass
    table.row("memory, after these", str(memory))
    for recipient, what in ((UNTRACKED, "passed on untouched"), (TRACKED, "looked at before")):
        with Memory(pid) as memory:
            send_large(proxy, password, recipient)
        table.row(f"  with a mail of {LARGE >> 20} MiB, {what}", str(memory), "≤ 40 MB")


if __name__ == "__main__":
    main(measure, __doc__)

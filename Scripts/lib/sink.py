"""An SMTP server of sockets alone that does what it is told, also what servers should not.

Its behaviour, all of it optional:
  {"extensions": ["SIZE 1000000", "8BITMIME"],   EHLO's lines; STARTTLS and AUTH are added where they belong
   "steps": {STEP: ACTION, ...},
   "room": 1000,                                 a MAIL that declares a larger SIZE gets 452, whatever EHLO said
   "connections": 1,                             the steps hold for the first N connections; without: for all
   "after": 1,                                   and behind N accepted mails of a connection; without: from the first on
   "cleartext": true,                            AUTH and mail are taken without TLS, too
   "dribble": true,                              each reply leaves octet by octet
   "digest": true}                               of each mail the store keeps the SHA-256 alone, in hexadecimal
STEP is greeting, ehlo, starttls, auth, mail, rcpt (each) or rcpt1, rcpt2 …, data, body (after 354, before anything
is read), dot (all is read), rset, noop, quit. ACTION:
  {"stall": true}                                nothing is read or said until the behaviour is changed, which ends it
  {"hold": true}                                 the usual reply, not before the behaviour is changed
  {"drop": true}                                 the connection ends without a word
  {"answer": ["451-4.3.0 a", "451 4.3.0 b"]}     instead of the usual reply; with "drop": the connection ends after it
An answer of body is the last: the message is read and not answered again.

Messages end by <CRLF>.<CRLF> alone, commands by <CRLF>. What is answered with 250 is among the deliveries by then. Each
transaction whose message was read to its end is a line of the log.
"""

import base64
import hashlib
import json
import re
import socket
import threading

EXTENSIONS = ["PIPELINING", "SIZE 104857600", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8"]
LONGEST_LINE = 65536
PATH = re.compile(r"[^<]*<([^>]*)>", re.S)


def _declared(line):
    found = re.search(r" SIZE=(\d+)", line, re.I)
    return int(found[1]) if found else 0


class Gone(Exception):
    """The session is over."""


class Sink:
    """Ports for implicit TLS and STARTTLS, or one without TLS and AUTH if there is no context. `connections` counts all
    that there were, `open` those that there are."""

    def __init__(self, deliveries, log, context=None, user=None, password=None, behaviour=None):
        self.deliveries, self.log, self.context = deliveries, log, context
        self.user, self.password = user, password
        self.behaviour, self.changed = behaviour or {}, threading.Event()
        self.connections, self.open, self.lock = 0, 0, threading.Lock()
        self.port = self._listen(implicit=False)
        self.tls_port = self._listen(implicit=True) if context else None

    def behave(self, behaviour):
        """From the next step on. What stalls ends."""
        self.behaviour, changed, self.changed = behaviour, self.changed, threading.Event()
        changed.set()

    def write_log(self, entry):
        with self.lock, open(self.log, "a") as log:
            log.write(json.dumps(entry) + "\n")

    def _listen(self, implicit):
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        threading.Thread(target=self._accept, args=(listener, implicit), daemon=True).start()
        return listener.getsockname()[1]

    def _accept(self, listener, implicit):
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
                self.open += 1
                session = _Session(self, connection, self.connections)
            threading.Thread(target=session.run, args=(implicit,), daemon=True).start()


class _Session:
    def __init__(self, sink, connection, number):
        self.sink, self.socket, self.number = sink, connection, number
        self.unread, self.tls, self.name, self.identity, self.accepted = bytearray(), False, None, None, 0
        self._forget()

    def run(self, implicit):
        try:
            if implicit:
                self._secure()
            self._reply("greeting", "220 localhost ESMTP sink")
            while True:
                self._command(self._line())
        except (Gone, OSError):
            pass
        finally:
            self.socket.close()
            with self.sink.lock:
                self.sink.open -= 1

    def _forget(self):
        self.mail, self.sender, self.rcpt, self.recipients, self.asked = None, None, [], [], 0

    def _secure(self):
        self.socket = self.sink.context.wrap_socket(self.socket, server_side=True)
        self.tls, self.unread = True, bytearray()

    # Bytes

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise Gone
        self.unread += data

    def _until(self, end, longest):
        searched = 0
        while (at := self.unread.find(end, searched)) < 0:
            if len(self.unread) > longest:
                raise Gone
            searched = max(0, len(self.unread) - len(end))
            self._more()
        found = bytes(self.unread[:at])
        del self.unread[:at + len(end)]
        return found

    def _line(self):
        return self._until(b"\r\n", LONGEST_LINE).decode("utf-8", "surrogateescape")

    def _send(self, lines):
        data = b"".join(line.encode("utf-8", "surrogateescape") + b"\r\n" for line in lines)
        size = 1 if self.sink.behaviour.get("dribble") else len(data)
        for start in range(0, len(data), size):
            self.socket.sendall(data[start:start + size])

    # Replies

    def _action(self, *steps):
        behaviour = self.sink.behaviour
        if self.number > behaviour.get("connections", self.number) or self.accepted < behaviour.get("after", 0):
            return {}
        return next((behaviour["steps"][step] for step in steps if step in behaviour.get("steps", {})), {})

    def _reply(self, step, *usual, instead=None):
        """Sends the usual reply or what the behaviour says of the step; True if it was positive."""
        action = self._action(*([instead] if instead else []), step)
        if action.get("stall"):
            self.sink.changed.wait()
            raise Gone
        if action.get("hold"):
            self.sink.changed.wait()
        lines = action.get("answer", () if action.get("drop") else usual)
        if lines:
            self._send(lines)
        if action.get("drop"):
            raise Gone
        return bool(lines) and lines[0][0] in "23"

    def _command(self, line):
        verb = line.split(" ", 1)[0].split(":", 1)[0].upper()
        does = {"EHLO": self._ehlo, "HELO": self._helo, "STARTTLS": self._starttls, "AUTH": self._auth,
                "MAIL": self._mail, "RCPT": self._rcpt, "DATA": self._data}.get(verb)
        if does:
            does(line)
        elif verb == "QUIT":
            self._reply("quit", "221 2.0.0 bye")
            raise Gone
        elif verb in ("RSET", "NOOP"):
            if self._reply(verb.lower(), "250 2.0.0 ok") and verb == "RSET":
                self._forget()
        else:
            self._send(["500 5.5.1 unknown command"])

    def _ehlo(self, line):
        context = self.sink.context
        offered = ["localhost", *self.sink.behaviour.get("extensions", EXTENSIONS)]
        if context and not self.tls:
            offered.append("STARTTLS")
        if self._may_log_in():
            offered.append("AUTH PLAIN LOGIN")
        if self._reply("ehlo", *(f"250-{word}" for word in offered[:-1]), f"250 {offered[-1]}"):
            self.name = line
            self._forget()

    def _helo(self, line):
        if self._reply("ehlo", "250 localhost"):
            self.name = line
            self._forget()

    def _starttls(self, _):
        if not self.sink.context or self.tls:
            return self._send(["503 5.5.1 not now"])
        if self._reply("starttls", "220 2.0.0 go ahead"):
            self._secure()
            self.name = self.identity = None

    def _auth(self, line):
        words = line.split(" ")
        if not self._may_log_in() or len(words) < 2:
            return self._send(["503 5.5.1 not without TLS"])
        if words[1].upper() == "PLAIN":
            fields = self._asked("", words[2:]).split("\0")[-2:]
        else:
            fields = [self._asked("Username:", words[2:]), self._asked("Password:", [])]
        if fields == [self.sink.user, self.sink.password]:
            if self._reply("auth", "235 2.7.0 welcome"):
                self.identity = fields[0]
        else:
            self._send(["535 5.7.8 no"])

    def _may_log_in(self):
        return self.sink.context and (self.tls or self.sink.behaviour.get("cleartext"))

    def _asked(self, prompt, given):
        if not given:
            self._send(["334 " + base64.b64encode(prompt.encode()).decode()])
            given = [self._line()]
        try:
            return base64.b64decode("" if given[0] == "=" else given[0], validate=True).decode()
        except ValueError:
            return ""

    def _mail(self, line):
        path = PATH.match(line)
        if self.sink.context and not self.identity:
            self._send(["530 5.7.0 log in first"])
        elif self.mail is not None or not self.name or not path:
            self._send(["503 5.5.1 not now"])
        elif (room := self.sink.behaviour.get("room")) is not None and _declared(line) > room:
            self._send(["452 4.3.1 no room for that much"])
        elif self._reply("mail", "250 2.1.0 ok"):
            self.mail, self.sender = line, path[1]

    def _rcpt(self, line):
        path = PATH.match(line)
        if self.mail is None or not path:
            return self._send(["503 5.5.1 not now"])
        self.asked += 1
        if self._reply("rcpt", "250 2.1.5 ok", instead=f"rcpt{self.asked}"):
            self.rcpt.append(line)
            self.recipients.append(path[1])

    def _data(self, _):
        if not self.recipients:
            return self._send(["503 5.5.1 no valid recipients"])
        if not self._reply("data", "354 go ahead"):
            return self._forget()
        early = self._action("body")
        if early:
            self._reply("body")
        self.unread[:0] = b"\r\n"  # so that a lone dot on the first line is an end, too
        raw = self._until(b"\r\n.\r\n", 1 << 28)
        raw = raw[2:] + b"\r\n" if raw else b""
        if "answer" in early:
            self._log(raw, early["answer"][0], False)
        else:
            self._end(raw)
        self._forget()

    def _log(self, raw, answer, accepted):
        entry = {"connection": self.number, "tls": self.tls, "user": self.identity, "ehlo": self.name,
                 "sender": self.sender, "recipients": self.recipients, "mail": self.mail, "rcpt": self.rcpt,
                 "data": base64.b64encode(raw).decode(), "answer": answer, "accepted": accepted}
        self.sink.write_log(entry)

    def _end(self, raw):
        action = self._action("dot")
        silent = action.get("stall") or action.get("drop") and "answer" not in action
        answer = None if silent else action.get("answer", ["250 2.0.0 ok"])[0]
        accepted = bool(answer) and answer.startswith("250")
        if accepted:
            message = re.sub(rb"(?:\A|(?<=\r\n))\.", b"", raw)
            if self.sink.behaviour.get("digest"):
                raw, message = b"", hashlib.sha256(message).hexdigest().encode()
            self.sink.deliveries.add(self.sender, self.recipients, self.mail, self.rcpt, message)
        self._log(raw, answer, accepted)
        self._reply("dot", "250 2.0.0 ok")
        self.accepted += accepted

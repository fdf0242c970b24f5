#!/usr/bin/env python3
"""A relay in front of a real IMAP server (cleartext, on loopback) that makes it answer like another one.

The first line on its input says how: "port" is where the server is, "greeting" what it says first, "permanent" what
PERMANENTFLAGS says, "labels" whether it has Gmail's: X-GM-LABELS is then stored and shown as Google describes it. A
command whose line fits the "pattern" of one of its "rules", and whose UID set holds its "uid" if there is one, is
answered by its "answer", with {tag}, and goes no further. Then it answers one request a line (see REQUESTS).
"""

import json
import re
import socket
import sys
import threading

LABEL_STORE = re.compile(rb'(\S+) UID STORE (\S+) ([+-])X-GM-LABELS \((.*)\)\r\n')
LABEL_FETCH = re.compile(rb'(\S+ UID FETCH \S+ \(.*?) ?X-GM-LABELS(.*)')


def members(text):
    """The numbers in a UID set that names no `*`."""
    for part in text.split(","):
        first, _, last = part.partition(":")
        yield from range(int(first), int(last or first) + 1)


class Relay:
    def __init__(self, settings):
        self.settings = settings
        self.rules = [(re.compile(rule["pattern"]), rule["answer"], rule.get("uid")) for rule in settings["rules"]]
        self.labels = {}  # by UID, as on the wire
        self.lines = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.settings["port"]))
            link = Link(self, client, server)
            for pump in (link.commands, link.responses):
                threading.Thread(target=link.guarded, args=(pump,), daemon=True).start()

    def shown(self, uid):
        with self.lock:
            return b"X-GM-LABELS (" + b" ".join(b'"%s"' % label for label in sorted(self.labels.get(uid, ()))) + b")"

    def refusal(self, line):
        text = line.decode("latin-1")
        named = re.match(r"\S+ UID \S+ ([\d:,]+) ", text)
        for pattern, answer, uid in self.rules:
            if pattern.search(text) and (uid is None or named and uid in members(named[1])):
                return answer.replace("{tag}", text.split(" ")[0]).encode("utf-8")
        return None


class Link:
    """One connection: what either side says, in whole lines with their literals."""

    def __init__(self, relay, client, server):
        self.relay = relay
        self.client = client
        self.server = server
        self.sending = threading.Lock()

    def guarded(self, pump):
        try:
            pump()
        except OSError:
            pass
        for end in (self.client, self.server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def answer(self, data):
        with self.sending:
            self.client.sendall(data)

    def commands(self):
        for line in self.client.makefile("rb"):
            with self.relay.lock:
                self.relay.lines.append(line.decode("utf-8", "replace").rstrip())
            refusal = self.relay.refusal(line)
            if refusal is not None:
                self.answer(refusal)
            elif self.relay.settings["labels"] and (store := LABEL_STORE.fullmatch(line)):
                self.label(*store.groups())
            else:
                self.server.sendall(LABEL_FETCH.sub(rb"\1\2", line) if self.relay.settings["labels"] else line)

    def label(self, tag, uids, sign, text):
        names = set(re.findall(rb'"([^"]*)"', text))
        for uid in members(uids.decode()):
            with self.relay.lock:
                old = self.relay.labels.setdefault(uid, set())
                self.relay.labels[uid] = old | names if sign == b"+" else old - names
            self.answer(b"* %d FETCH (UID %d %s)\r\n" % (uid, uid, self.relay.shown(uid)))
        self.answer(tag + b" OK Success\r\n")

    def responses(self):
        stream = self.server.makefile("rb")
        greeting = stream.readline()
        if "greeting" in self.relay.settings:
            greeting = re.sub(rb"\] .*", b"] " + self.relay.settings["greeting"].encode(), greeting)
        self.answer(greeting)
        while line := stream.readline():
            response = line
            while literal := re.search(rb"\{(\d+)\}\r\n$", line):
                response += stream.read(int(literal[1]))
                line = stream.readline()
                response += line
            permanent = self.relay.settings.get("permanent")
            if permanent is not None:
                response = re.sub(rb"\[PERMANENTFLAGS \(.*?\)\]",
                                  lambda _: b"[PERMANENTFLAGS (" + permanent.encode() + b")]", response)
            fetch = re.match(rb"\* \d+ FETCH \(UID (\d+) ", response)
            if self.relay.settings["labels"] and fetch:
                response = response.rstrip()[:-1] + b" " + self.relay.shown(int(fetch[1])) + b")\r\n"
            self.answer(response)


def _labels(relay, request):
    with relay.lock:
        return {"labels": sorted(label.decode() for label in relay.labels.get(request["uid"], ()))}


def _unlabel(relay, request):
    with relay.lock:
        relay.labels[request["uid"]].discard(request["label"].encode())
    return {}


def _lines(relay, _):
    with relay.lock:
        return {"lines": relay.lines[:]}


REQUESTS = {
    "labels": _labels,  # uid -> labels, as on the wire
    "unlabel": _unlabel,  # uid label: what the user does in Gmail
    "lines": _lines,  # -> what clients have said, line by line
}


def main():
    relay = Relay(json.loads(sys.stdin.readline()))
    threading.Thread(target=relay.serve, daemon=True).start()
    print(json.dumps({"port": relay.listener.getsockname()[1]}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(REQUESTS[request["do"]](relay, request)), flush=True)


if __name__ == "__main__":
    main()

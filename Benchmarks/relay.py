#!/usr/bin/env python3
"""Relays between a mail client and a server, which count what passes.

Relay      TLS passes through untouched: bytes on the wire, both ways. The kernel moves them (splice(2)), in a process
           of its own, so that it costs a large transfer little.
OpenRelay  ends TLS on both sides and keeps the conversation, with times: for commands and bytes of one command each.
           It decrypts and encrypts in Python: for small conversations, and for large ones of which no time is taken.

Alone: relays to a port of this machine, prints its own port, and the counts for each line of standard input.
"""

import argparse
import fcntl
import json
import os
import select
import socket
import ssl
import subprocess
import sys
import threading
import time

from dialogue import Dialogue

F_SETPIPE_SZ = 1031  # fcntl(2)
PIPE = 1 << 20
PATIENCE = 10


class Relay:
    """Start and stop by `with`. `counts()` is (bytes to the client, bytes to the server) so far."""

    def __init__(self, target):
        self.target = target

    def __enter__(self):
        self.child = subprocess.Popen([sys.executable, "-B", __file__, "--target", str(self.target)],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.child.stdout.readline())
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        self.child.wait()
        self.child.stdout.close()

    def counts(self):
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        counts = json.loads(self.child.stdout.readline())
        return counts["down"], counts["up"]


class OpenRelay:
    """Start and stop by `with`. `dialogues` are the connections so far, in order."""

    def __init__(self, dovecot, answers=True):
        """`answers`: the server's bytes are kept too; else they are only counted."""
        self.dovecot, self.answers = dovecot, answers
        self.dialogues = []

    def __enter__(self):
        certs = self.dovecot.ca_file.parent
        self.inner = ssl.create_default_context(cafile=self.dovecot.ca_file)
        self.outer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.outer.load_cert_chain(certs / "server.pem", certs / "server.key")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def settled(self):
        """There is a connection, and nobody has anything to ask."""
        alive = [dialogue for dialogue in self.dialogues if not dialogue.over]
        return bool(alive) and all(dialogue.settled() for dialogue in alive)

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        dialogue = Dialogue(self.answers)
        try:
            with client, socket.create_connection(("127.0.0.1", self.dovecot.imaps_port), PATIENCE) as server:
                client.settimeout(PATIENCE)
                _prompt(client, server)
                client = self.outer.wrap_socket(client, server_side=True)
                server = self.inner.wrap_socket(server, server_hostname="localhost")
                self.dialogues.append(dialogue)
                client.settimeout(None)
                server.settimeout(None)
                _exchange(client, server, dialogue)
        except OSError:
            pass  # one of them has gone: so does the other
        dialogue.over = True


def _exchange(client, server, dialogue):
    """Until one of them ends. Each is written to whole: these conversations never fill both directions at once."""
    while True:
        if not (client.pending() or server.pending()):
            select.select([client, server], [], [])
        for source, sink, from_client in ((client, server, True), (server, client, False)):
            if source.pending() or select.select([source], [], [], 0)[0]:
                if not (data := source.recv(1 << 16)):
                    return
                dialogue.said(data, from_client, time.monotonic())
                sink.sendall(data)


def _prompt(*sockets):
    for one in sockets:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _Counting:
    def __init__(self, target):
        self.target = target
        self.down, self.up = [], []  # a cell for each connection: no two threads count in one
        self.listener = socket.create_server(("127.0.0.1", 0))

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.target), PATIENCE)
            server.settimeout(None)
            _prompt(client, server)
            for source, sink, cells in ((client, server, self.up), (server, client, self.down)):
                cells.append(cell := [0])
                threading.Thread(target=_pump, args=(source, sink, cell), daemon=True).start()


def _pump(source, sink, cell):
    inlet, outlet = os.pipe()
    try:
        fcntl.fcntl(outlet, F_SETPIPE_SZ, PIPE)
        while count := os.splice(source.fileno(), outlet, PIPE):
            cell[0] += count
            while count:
                count -= os.splice(inlet, sink.fileno(), count)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
    finally:
        os.close(inlet)
        os.close(outlet)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", type=int, required=True, metavar="PORT", help="on 127.0.0.1")
    relay = _Counting(parser.parse_args().target)
    threading.Thread(target=relay.serve, daemon=True).start()
    print(relay.listener.getsockname()[1], flush=True)
    for _ in sys.stdin:
        print(json.dumps({"down": sum(cell[0] for cell in relay.down), "up": sum(cell[0] for cell in relay.up),
                          "connections": len(relay.up)}), flush=True)


if __name__ == "__main__":
    main()

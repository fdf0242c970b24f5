"""A relay between a mail client and a server, in cleartext, which keeps what each connection asked and counts bytes."""

import itertools
import select
import socket
import threading

PATIENCE = 10


class PlainRelay:
    """Listens until this process ends. `sessions` are the connections so far, in order."""

    def __init__(self, target):
        """`target`: the server's port on 127.0.0.1."""
        self.target = target
        self.sessions = []
        self._numbers = itertools.count()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            client, _ = self.listener.accept()
            session = Session(self._numbers)
            self.sessions.append(session)
            threading.Thread(target=self._exchange, args=(client, session), daemon=True).start()

    def _exchange(self, client, session):
        try:
            with client, socket.create_connection(("127.0.0.1", self.target), PATIENCE) as server:
                for one in (client, server):
                    one.settimeout(None)
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while True:
                    for source in select.select([client, server], [], [])[0]:
                        if not (data := source.recv(1 << 16)):
                            return
                        if source is client:
                            session.asked(data)
                            server.sendall(data)
                        else:
                            session.answered(data)
                            client.sendall(data)
        except OSError:
            pass  # one of them has gone: so does the other


class Session:
    """One connection: its command lines without tags, the bytes that came before the next one was sent, and which of all
    connections' commands each was.

    A line without a tag (the password of AUTHENTICATE, DONE) belongs to the command before it. Literals are not told
    from lines: the agent sends none where this is used.
    """

    def __init__(self, numbers):
        self.commands = []  # [line, bytes of the server, number]
        self._numbers = numbers
        self._rest = b""

    def asked(self, data):
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for line in lines:
            _, separator, command = line.partition(b" ")
            if separator:
                self.commands.append([command.decode(errors="replace"), 0, next(self._numbers)])

    def answered(self, data):
        if self.commands:
            self.commands[-1][1] += len(data)

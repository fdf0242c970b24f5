"""Who may log in, told to a mail server over a Unix socket by this process: no daemon and no password file."""

import os
import socket
import threading


class AuthSocket:
    """Answers each connection by `answer(stream)`, whose bytes are sent back. It ends with this process."""

    def __init__(self, path, answer):
        path.unlink(missing_ok=True)
        self.answer = answer
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        os.chmod(path, 0o666)  # the server's user is another one
        self.listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection):
        try:
            with connection, connection.makefile("rb") as stream:
                connection.settimeout(10)
                connection.sendall(self.answer(stream))
        except (OSError, ValueError):
            pass  # the server gave up, or asked what nobody understands: to it, the login has failed


def saslauthd(accepts):
    """An `answer` by the protocol of saslauthd: user, password, service and realm, each behind its length, and the
    answer likewise. `accepts(user, password)` decides."""
    def counted(stream):
        return stream.read(int.from_bytes(stream.read(2), "big")).decode()

    def answer(stream):
        user, password, _, _ = (counted(stream) for _ in range(4))
        said = b"OK" if accepts(user, password) else b"NO"
        return len(said).to_bytes(2, "big") + said

    return answer

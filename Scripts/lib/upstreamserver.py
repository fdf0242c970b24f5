"""What the SMTP servers have in common that mail is submitted to: a directory, an authority of their own, ports on
loopback, one user, start and end.

Those of Debian run unpacked as whoever starts them, by way of norights.c, and pass what they accept on to a sink in
this process, without a change that they can do without. Whoever is root runs them as the user `mail`.
"""

import os
import pwd
import shutil
import socket
import tempfile
from pathlib import Path

from certificates import make_certificates
from deliveries import Deliveries
from privateserver import UNPACKED, ServerError, check_place, free_ports
from processes import Process, spawn, wait_until
from sink import Sink

USER = "mail"  # as root; on every Debian
PATIENCE = 20


class UpstreamServer:
    """A kind adds `name`, `_launch`, and `_queued` if it does not deliver before it answers."""

    name = "upstream"

    def __init__(self, directory=None, user="alice", password="secret", certificate="valid"):
        self.directory = Path(directory or tempfile.mkdtemp(prefix=f"sentmark-{self.name}-")).absolute()
        self.user, self.password, self.process = user, password, None
        certs = self.directory / "certs"
        certs.mkdir(parents=True)
        make_certificates(certs, certificate)
        self.deliveries = Deliveries(self.directory / "deliveries")
        self.port = self.tls_port = None

    log_file = property(lambda self: self.directory / "log")
    ca_file = property(lambda self: self.directory / "certs" / "ca.pem")

    def start(self):
        self._launch()
        return self

    def remove(self):
        if self.process:
            self.process.end(grace=10)
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def description(self):
        return {"directory": str(self.directory), "host": "127.0.0.1", "port": self.port, "tls": self.tls_port,
                "ca": str(self.ca_file), "user": self.user, "password": self.password,
                "deliveries": str(self.deliveries.directory)}

    def settled(self, count=0):
        """All mails that arrived, once there are `count` and none is on its way."""
        def arrived():
            return not self._queued() and self.deliveries.count >= count
        if not wait_until(arrived, PATIENCE):
            raise ServerError(f"{self.name}: {self.deliveries.count} of {count} mails arrived, "
                              f"{self._queued()} wait\n{self._tail()}")
        return self.deliveries.all()

    def _launch(self):
        raise NotImplementedError

    def _queued(self):
        return 0

    def _tail(self):
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-15:]) if self.log_file.exists() else ""


class UnpackedServer(UpstreamServer):
    """A kind adds `_configure` (the ports are known), `_command`, `_queue` and what is not as here."""

    environment = {}

    def _launch(self):
        check_place(self.directory)
        unpacked = UNPACKED / self.name
        if not unpacked.is_dir():
            raise ServerError(f"{self.name} is not unpacked in {UNPACKED}: run Scripts/install-dependencies --test")
        self.program = self.directory / "program"
        shutil.copytree(unpacked, self.program, symlinks=True)
        self.store = Sink(self.deliveries, self.directory / "passed-on")
        for _ in range(5):
            self.port, self.tls_port = free_ports(2)
            self._configure()
            self._hand_over()
            if self._listens():
                return
        raise ServerError(f"{self.name} did not start:\n{self._tail()}")

    def _configure(self):
        raise NotImplementedError

    def _command(self):
        raise NotImplementedError

    def _queue(self):
        """The directory below which a file stands for each mail on its way."""
        raise NotImplementedError

    def _queued(self):
        return sum(len(files) for _, _, files in os.walk(self._queue()))

    def _hand_over(self):
        if os.geteuid() != 0:
            return
        owner = server_user()
        for path in [self.directory, *self.directory.rglob("*")]:
            os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)

    def _listens(self):
        libraries = self.program / "lib"
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LD_LIBRARY_PATH": str(libraries),
                       "LD_PRELOAD": str(libraries / "norights.so"), **self.environment}
        options = {"cwd": self.directory, "env": environment}
        if os.geteuid() == 0:
            options |= {"user": USER, "group": server_user().pw_gid, "extra_groups": []}
        with open(self.log_file, "ab") as out:
            child = spawn(self._command(), True, stdout=out, stderr=out, **options)
        self.process = Process(child.pid)

        def settled():
            return child.poll() is not None or (greets(self.port) and accepts(self.tls_port))

        if wait_until(settled, 15, pause=0.05) and child.poll() is None:
            return True
        self.process.end(grace=5)
        self.process = None
        if "in use" not in self._tail():
            raise ServerError(f"{self.name} did not start:\n{self._tail()}")
        return False


def server_user():
    """Whom Debian's servers run as."""
    return pwd.getpwnam(USER) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
        return True
    except OSError:
        return False


def greets(port):
    """Whether a server without TLS says that it is ready."""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            return connection.recv(3) == b"220"
    except OSError:
        return False

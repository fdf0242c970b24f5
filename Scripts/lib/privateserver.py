"""What the private mail servers have in common: a directory, a CA of their own, ports on loopback, start and end."""

import imaplib
import os
import shutil
import socket
import tempfile
from pathlib import Path

from certificates import make_certificates
from mailclient import MailClient
from processes import Process, spawn, wait_until

FIRST_UID = 5000
UNPACKED = Path(__file__).resolve().parents[2] / ".build" / "servers"  # by Scripts/lib/unpack-servers


class ServerError(Exception):
    pass


class PrivateServer:
    """A kind of server adds `name`, `_configure`, `_command`, and what is not as here.

    It runs as root and as an ordinary user alike.
    """

    name = "server"
    folder_prefix = ""  # what the names of folders beside INBOX begin with
    knows_modseq = True  # FETCH takes MODSEQ, whatever is listed
    keeps_maildirs = True

    def __init__(self, directory, users, password, tied):
        """`tied`: the server ends when this process dies, however that is."""
        prefix = f"sentmark-{self.name.lower()}-"
        self.directory = Path(directory or tempfile.mkdtemp(prefix=prefix)).absolute()
        self.users, self.password, self.tied = list(users), password, tied
        self.privileged = os.geteuid() == 0
        self.imap_port = self.imaps_port = None
        self.process = None
        self._prepare_directory()

    ca_file = property(lambda self: self.directory / "certs" / "ca.pem")
    log_file = property(lambda self: self.directory / "log")

    def maildir(self, user, folder="INBOX"):
        """Where the messages of a folder lie, if the server `keeps_maildirs`."""
        base = self.directory / "mail" / user / "Maildir"
        return base if folder == "INBOX" else base / f".{folder}"

    def start(self):
        """Returns when a user can log in. Ports are chosen once and kept over a restart."""
        fixed = self.imap_port is not None
        for _ in range(1 if fixed else 5):
            if not fixed:
                self.imap_port, self.imaps_port = free_ports(2)
            self._configure()
            if self._launch():
                return self
        raise ServerError(f"{self.name} did not start:\n" + self._tail())

    def stop(self):
        if self.process:
            self.process.end(grace=10)
            self.process = None

    def remove(self):
        """Ends the server and deletes everything. Nothing is kept: it need not end in order, which may take 1 s."""
        if self.process:
            self.process.kill()
            self.process = None
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def client(self, user=None):
        return MailClient(self.imaps_port, self.ca_file, user or self.users[0], self.password,
                          prefix=self.folder_prefix, modseq=self.knows_modseq)

    def description(self):
        return {
            "directory": str(self.directory), "imap": self.imap_port, "imaps": self.imaps_port,
            "ca": str(self.ca_file), "users": self.users, "password": self.password,
            "mail": {user: str(self.maildir(user)) for user in self.users if self.keeps_maildirs},
        }

    # What a kind of server says

    def _configure(self):
        """Writes the configuration, once the ports are known."""
        raise NotImplementedError

    def _command(self):
        """The program with its arguments, which stays in the foreground and ends on SIGTERM."""
        raise NotImplementedError

    def _spawn_options(self):
        return {"cwd": "/"}

    # Helpers

    def ids(self, user):
        """User and group that the mail of this account belongs to."""
        # A user id has 128 inotify instances by default and every IDLE takes one: as root, each account has its own.
        if self.privileged:
            return FIRST_UID + self.users.index(user), FIRST_UID
        return os.getuid(), os.getgid()

    def hand_over(self, user, path):
        if self.privileged:
            os.chown(path, *self.ids(user))

    def copy_program(self, name):
        """Copies what Debian's packages hold of a server to where every user can run it, and returns that folder."""
        if not (UNPACKED / name).is_dir():
            raise ServerError(f"{self.name} is not unpacked in {UNPACKED}: run Scripts/install-dependencies --test")
        program = self.directory / "program"
        if not program.exists():
            shutil.copytree(UNPACKED / name, program, symlinks=True)
        return program

    def _prepare_directory(self):
        for name in ("run", "mail", "certs"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        if self.privileged:
            self.directory.chmod(0o711)
        check_place(self.directory)
        if not self.ca_file.exists():
            try:
                make_certificates(self.directory / "certs")
            except OSError as error:
                raise ServerError(str(error)) from None

    def _launch(self):
        self.log_file.touch()
        read_from = self.log_file.stat().st_size
        with open(self.log_file, "ab") as out:
            child = spawn(self._command(), self.tied, stdout=out, stderr=out, **self._spawn_options())
        self.process = Process(child.pid)

        def settled():
            return child.poll() is not None or self._accepts_login()

        if wait_until(settled, 15, pause=0.05) and child.poll() is None:
            return True
        self.stop()
        if b"already in use" not in self.log_file.read_bytes()[read_from:]:
            raise ServerError(f"{self.name} did not start:\n" + self._tail())
        return False

    def _accepts_login(self):
        try:
            self.client().close()
            return True
        except (OSError, imaplib.IMAP4.error):
            return False

    def _tail(self):
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-10:])


def check_place(directory):
    """Whether a server of another user can live there."""
    if len(str(directory)) > 70:
        raise ServerError(f"{directory}: too long for the names of Unix sockets; set TMPDIR to a short path")
    if os.geteuid() == 0:
        for parent in directory.parents:
            if not parent.stat().st_mode & 0o001:
                raise ServerError(f"{parent} is closed to the server's users; set TMPDIR to an open directory")


def free_ports(count):
    """Loopback ports that nobody listens on now. Somebody may take one before it is used: callers try again."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports

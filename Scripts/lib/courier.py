"""A private Courier IMAP 5.0 on loopback, from Debian's packages, nothing of which is installed.

As on Debian, IDLE does not push (IMAP_ENHANCEDIDLE=0) and folders are below INBOX. Passwords are asked of this process,
by the protocol of authdaemond.
"""

import os

from authsocket import AuthSocket
from privateserver import PrivateServer, ServerError

FOLDERS = ("Sent", "Drafts", "Archive")
# Compiled into libcourierauth; in our copy it is relative, to the directory that the server runs in.
AUTHDAEMON = b"/run/courier/autthdaemon/socket"
CAPABILITY = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE AUTH=PLAIN"


class Courier(PrivateServer):
    name = "Courier"
    folder_prefix = "INBOX."
    knows_modseq = False

    def __init__(self, directory=None, users=("alice", "bob"), password="secret", tied=True):
        super().__init__(directory, users, password, tied)
        self.program = self.copy_program("courier")
        self._redirect_authentication()
        for user in self.users:
            self._make_mail(user)
        certs = self.directory / "certs"
        (certs / "both.pem").write_text((certs / "server.key").read_text() + (certs / "server.pem").read_text())
        (certs / "both.pem").chmod(0o600)
        self.auth = AuthSocket(self.directory / "auth", self._authenticate)

    def _authenticate(self, stream):
        """authdaemond: lines about the connection, then AUTH with the length of service, kind, user and password."""
        line = stream.readline()
        while line and not line.startswith(b"AUTH "):
            line = stream.readline()
        _, kind, user, password = stream.read(int(line[5:])).decode().split("\n")[:4]
        if kind != "login" or user not in self.users or password != self.password:
            return b"FAIL\n"
        (uid, gid), maildir = self.ids(user), self.maildir(user)
        return f"UID={uid}\nGID={gid}\nADDRESS={user}\nHOME={maildir.parent}\nMAILDIR={maildir}\n.\n".encode()

    def _redirect_authentication(self):
        library = (self.program / "lib" / "libcourierauth.so.0").resolve()
        code = library.read_bytes()
        if AUTHDAEMON in code:
            library.write_bytes(code.replace(AUTHDAEMON, b"auth".ljust(len(AUTHDAEMON), b"\0")))
        elif b"\0auth\0" not in code:
            raise ServerError(f"{library.name}: no {AUTHDAEMON.decode()} in it; another version of Courier?")

    def _make_mail(self, user):
        self.maildir(user).parent.mkdir(exist_ok=True)
        for folder in ("INBOX", *FOLDERS):
            for path in [self.maildir(user, folder) / part for part in ("", "cur", "new", "tmp")]:
                path.mkdir(exist_ok=True)
            if folder != "INBOX":
                (self.maildir(user, folder) / "maildirfolder").touch()
        for path in [self.maildir(user).parent, *self.maildir(user).parent.rglob("*")]:
            self.hand_over(user, path)

    def _command(self):
        return ["bash", self.directory / "run" / "serve"]

    def _spawn_options(self):
        return {"cwd": self.directory, "env": {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LD_LIBRARY_PATH": str(self.program / "lib"),
            "IMAP_CAPABILITY": CAPABILITY, "IMAP_CAPABILITY_TLS": CAPABILITY, "IMAP_KEYWORDS": "1",
            "IMAP_ENHANCEDIDLE": "0", "IMAP_IDLE_TIMEOUT": "60", "IMAP_MAILBOX_SANITY_CHECK": "1",
            "IMAP_USELOCKS": "0",  # waits for a lock by means of FAM
            "IMAP_STARTTLS": "YES", "COURIERTLS": str(self.program / "bin" / "couriertls"),
            "TLS_CERTFILE": str(self.directory / "certs" / "both.pem"), "TLS_VERIFYPEER": "NONE",
        }}

    def _configure(self):
        bin = self.program / "bin"
        accept = f"{bin}/couriertcpd -address=127.0.0.1 -maxprocs=100 -maxperip=100 -nodnslookup -noidentlookup"
        login = f"{bin}/imaplogin {bin}/imapd Maildir"
        (self.directory / "run" / "serve").write_text(f"""\
# Both listeners end together: on SIGTERM, and when one of them cannot go on.
trap 'kill $(jobs -p) 2>/dev/null' EXIT
trap exit TERM
{accept} {self.imap_port} {login} &
IMAP_TLS=1 {accept} {self.imaps_port} {bin}/couriertls -server -tcpd {login} &
wait -n
""")

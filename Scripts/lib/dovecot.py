"""A private Dovecot 2.3 on loopback: its own CA, Maildir, IMAPS and STARTTLS, nothing from /etc/dovecot.

Runs as root (each account then has a user id of its own) and as an ordinary user alike.
"""

import grp
import imaplib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from mailclient import MailClient
from processes import Process, spawn, wait_until

FOLDERS = {"Sent": "\\Sent", "Drafts": "\\Drafts", "Archive": "\\Archive"}
FIRST_UID = 5000
MASTER = "postmaster"  # opens any mailbox with the users' password, by SASL PLAIN with an authorization identity
MANY = 50  # from this number of accounts on, one login process serves many connections


class DovecotError(Exception):
    pass


class Dovecot:
    def __init__(self, directory=None, users=("alice", "bob"), password="secret", capability=None, rights=None,
                 tied=True, hibernate=False):
        """`capability` replaces what the server offers after login. `rights` maps a folder to the ACL rights (RFC 4314)
        that its owner keeps there: a folder without `w` drops keywords. `tied`: the server ends when this process
        dies, however that is. `hibernate`: connections that idle for 2 s give their process back, as on a server
        of many."""
        self.directory = Path(directory or tempfile.mkdtemp(prefix="sentmark-dovecot-")).absolute()
        self.users, self.password = list(users), password
        self.capability, self.rights, self.tied, self.hibernate = capability, rights or {}, tied, hibernate
        self.privileged = os.geteuid() == 0
        self.imap_port = self.imaps_port = None
        self.process = None
        self._delivered = 0
        self.program = shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        if not self.program:
            raise DovecotError("dovecot is not installed: run Scripts/install-dependencies")
        self._prepare()

    ca_file = property(lambda self: self.directory / "certs" / "ca.pem")
    log_file = property(lambda self: self.directory / "dovecot.log")

    def maildir(self, user, folder="INBOX"):
        base = self.directory / "mail" / user / "Maildir"
        return base if folder == "INBOX" else base / f".{folder}"

    def deliver(self, user, folder, message, when):
        """Writes a message, read by its owner, into the Maildir itself: for folders that no client has opened yet."""
        self._delivered += 1
        body = message.replace(b"\r\n", b"\n")
        name = f"{int(when)}.M{self._delivered:06d}.mail,S={len(body)},W={len(body) + body.count(10)}:2,S"
        for part in ("", "cur", "new", "tmp"):
            if not (self.maildir(user, folder) / part).exists():
                (self.maildir(user, folder) / part).mkdir(parents=True)
                self._hand_over(user, self.maildir(user, folder) / part)
        path = self.maildir(user, folder) / "cur" / name
        path.write_bytes(body)
        os.utime(path, (when, when))
        self._hand_over(user, path)

    def start(self):
        """Returns when a user can log in. Ports are chosen once and kept over a restart."""
        self._own_mail()
        fixed = self.imap_port is not None
        for _ in range(1 if fixed else 5):
            if not fixed:
                self.imap_port, self.imaps_port = free_ports(2)
            (self.directory / "dovecot.conf").write_text(self._configuration())
            if self._launch():
                return self
        raise DovecotError("Dovecot did not start:\n" + self._tail())

    def stop(self):
        if self.process:
            self.process.end(grace=10)
            self.process = None

    def remove(self):
        """Ends the server and deletes everything. Nothing is kept: it need not end in order, which takes 1 s."""
        if self.process:
            self.process.kill()
            self.process = None
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def client(self, user=None):
        return MailClient(self.imaps_port, self.ca_file, user or self.users[0], self.password)

    def drop_connections(self, user):
        """Ends the user's IMAP processes: every client of that user loses its connection."""
        for pid in self.process.session():
            try:
                title = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if f"/imap [{user} " in title:  # verbose_proctitle
                Process(pid).signal(signal.SIGTERM)

    def refused_logins(self, user):
        """How often somebody tried to log in as the user, and could not."""
        log = self.log_file.read_text(errors="replace")
        tried = re.findall(rf"auth failed, (\d+) attempts.*user=<{re.escape(user)}>", log)
        return sum(int(n) for n in tried)

    def log_position(self):
        return self.log_file.stat().st_size

    def bytes_sent(self, user, since=0):
        """IMAP bytes that the server sent in those sessions of the user that have ended since that position of the
        log, without TLS framing."""
        log = self.log_file.read_bytes()[since:].decode(errors="replace")
        return sum(int(n) for n in re.findall(rf"imap\({re.escape(user)}\).* out=(\d+)", log))

    def description(self):
        return {
            "directory": str(self.directory), "imap": self.imap_port, "imaps": self.imaps_port,
            "ca": str(self.ca_file), "users": self.users, "password": self.password,
            "mail": {user: str(self.maildir(user)) for user in self.users},
        }

    # How it is made

    def _prepare(self):
        for name in ("run", "mail", "certs"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        if len(str(self.directory)) > 70:
            raise DovecotError(f"{self.directory}: too long for the names of Unix sockets; set TMPDIR to a short path")
        if self.privileged:
            self.directory.chmod(0o711)
            for parent in self.directory.parents:
                if not parent.stat().st_mode & 0o001:
                    raise DovecotError(f"{parent} is closed to Dovecot's users; set TMPDIR to an open directory")
        if not self.ca_file.exists():
            self._make_certificates()
        lines = []
        for user in self.users:
            uid, gid = self._ids(user)
            home = self.directory / "mail" / user
            (home / "Maildir").mkdir(parents=True, exist_ok=True)
            lines.append(f"{user}:{{PLAIN}}{self.password}:{uid}:{gid}::{home}::\n")
        (self.directory / "passwd").write_text("".join(lines))
        (self.directory / "masters").write_text(f"{MASTER}:{{PLAIN}}{self.password}\n")
        (self.directory / "acl").write_text(
            "".join(f"{folder} owner {rights}\n" for folder, rights in self.rights.items()))

    def _ids(self, user):
        # A user id has 128 inotify instances by default and every IDLE takes one: as root, each account has its own.
        if self.privileged:
            return FIRST_UID + self.users.index(user), FIRST_UID
        return os.getuid(), os.getgid()

    def _hand_over(self, user, path):
        if self.privileged:
            os.chown(path, *self._ids(user))

    def _own_mail(self):
        for user in self.users if self.privileged else ():
            for path, folders, files in os.walk(self.directory / "mail" / user):
                for name in [path, *(os.path.join(path, entry) for entry in folders + files)]:
                    self._hand_over(user, name)

    def _make_certificates(self):
        def openssl(*arguments):
            done = subprocess.run(["openssl", *arguments], cwd=self.directory / "certs", capture_output=True, text=True)
            if done.returncode:
                raise DovecotError(f"openssl {arguments[0]}: {done.stderr.strip()}")

        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        openssl("req", "-x509", *curve, "-days", "30", "-keyout", "ca.key", "-out", "ca.pem",
                "-subj", "/CN=Sentmark private CA", "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        openssl("req", *curve, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
        (self.directory / "certs" / "names").write_text(
            "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", "30", "-out", "server.pem", "-extfile", "names")

    def _launch(self):
        self.log_file.touch()
        read_from = self.log_file.stat().st_size
        with open(self.directory / "stdout.log", "ab") as out:
            child = spawn([self.program, "-F", "-c", str(self.directory / "dovecot.conf")], self.tied,
                          stdout=out, stderr=out, cwd="/")
        self.process = Process(child.pid)

        def settled():
            return child.poll() is not None or self._accepts_login()

        if wait_until(settled, 15, pause=0.05) and child.poll() is None:
            return True
        self.stop()
        log = self.log_file.read_bytes()[read_from:] + (self.directory / "stdout.log").read_bytes()
        if b"already in use" not in log:
            raise DovecotError("Dovecot did not start:\n" + self._tail())
        return False

    def _accepts_login(self):
        try:
            self.client().close()
            return True
        except (OSError, imaplib.IMAP4.error):
            return False

    def _tail(self):
        parts = [path.read_text(errors="replace") for path in (self.directory / "stdout.log", self.log_file)
                 if path.exists()]
        return "\n".join("\n".join(parts).splitlines()[-10:])

    def _configuration(self):
        d = self.directory
        if self.privileged:
            internal, group, login, chroot = "dovecot", "dovecot", "dovenull", ""
        else:
            # Dovecot as one ordinary user: that user in every role, and no chroot, which only root may do.
            try:
                internal = login = pwd.getpwuid(os.getuid()).pw_name
                group, chroot = grp.getgrgid(os.getgid()).gr_name, "chroot ="
            except KeyError as error:
                raise DovecotError(f"Dovecot needs a name for the user it runs as: {error.args[0]}") from None
        folders = "".join(
            f"  mailbox {name} {{\n    special_use = {use}\n    auto = subscribe\n  }}\n"
            for name, use in FOLDERS.items())
        many = len(self.users) >= MANY
        text = f"""\
protocols = imap
listen = 127.0.0.1
base_dir = {d}/run/
state_dir = {d}/run/
log_path = {self.log_file}
instance_name = sentmark{self.imaps_port}
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
first_valid_gid = 1
ssl = yes
ssl_cert = <{d}/certs/server.pem
ssl_key = <{d}/certs/server.key
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = no
auth_mechanisms = plain login
# No pause and no growing penalty after a failed login.
auth_failure_delay = 0
mail_location = maildir:~/Maildir
mail_max_userip_connections = 1000
mailbox_list_index = yes
verbose_proctitle = yes
imap_logout_format = in=%i out=%o
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {d}/masters
  master = yes
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {d}/passwd
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {d}/passwd
}}
namespace inbox {{
  inbox = yes
  separator = /
{folders}}}
service imap-login {{
  {chroot}
  {"service_count = 0" if many else ""}
  {"process_min_avail = 2" if many else ""}
  {"client_limit = 6000" if many else ""}
  inet_listener imap {{
    port = {self.imap_port}
  }}
  inet_listener imaps {{
    port = {self.imaps_port}
    ssl = yes
  }}
}}
service anvil {{
  {chroot}
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""
        if many:
            text += "default_client_limit = 20000\ndefault_vsz_limit = 2G\nservice imap {\n  process_limit = 6000\n}\n"
        if self.hibernate:
            text += f"""\
imap_hibernate_timeout = 2s
service imap-hibernate {{
  client_limit = 6000
  unix_listener imap-hibernate {{
    mode = 0666
  }}
}}
service imap {{
  unix_listener imap-master {{
    user = {internal}
  }}
}}
"""
        if self.capability:
            text += f"imap_capability = {self.capability}\n"
        plugins = "zlib acl" if self.rights else "zlib"
        # imap_zlib: COMPRESS=DEFLATE.
        text += f"mail_plugins = {plugins}\nprotocol imap {{\n  mail_plugins = {plugins} imap_zlib\n}}\n"
        if self.rights:
            text += f"plugin {{\n  acl = vfile:{d}/acl\n}}\n"
        return text


def free_ports(count):
    """Loopback ports that nobody listens on now. Somebody may take one before it is used: callers try again."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports

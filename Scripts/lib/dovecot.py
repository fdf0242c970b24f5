"""A private Dovecot 2.3 on loopback: its own CA, Maildir, IMAPS and STARTTLS, nothing from /etc/dovecot.

Runs as root (each account then has a user id of its own) and as an ordinary user alike.
"""

import base64
import grp
import hashlib
import hmac
import json
import os
import pwd
import re
import shutil
import signal
import time
from pathlib import Path

from privateserver import PrivateServer, ServerError
from processes import Process

FOLDERS = {"Sent": "\\Sent", "Drafts": "\\Drafts", "Archive": "\\Archive"}
MASTER = "postmaster"  # opens any mailbox with the users' password, by SASL PLAIN with an authorization identity
MANY = 50  # from this number of accounts on, one login process serves many connections


class Dovecot(PrivateServer):
    name = "Dovecot"

    def __init__(self, directory=None, users=("alice", "bob"), password="secret", capability=None, rights=None,
                 tied=True, hibernate=False, nameless=False, compresses=True):
        """`capability` replaces what the server offers after login. `rights` maps a folder to the ACL rights (RFC 4314)
        that its owner keeps there: a folder without `w` drops keywords. `hibernate`: connections that idle for 2 s give
        their process back, as on a server of many. `nameless`: neither greeting nor ID tells what it is. `compresses`:
        COMPRESS=DEFLATE is offered."""
        super().__init__(directory, users, password, tied)
        self.capability, self.rights, self.hibernate = capability, rights or {}, hibernate
        self.nameless, self.compresses = nameless, compresses
        self._delivered = 0
        self._token_key = os.urandom(32)
        self.program = shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        if not self.program:
            raise ServerError("dovecot is not installed: run Scripts/install-dependencies")
        self._prepare()

    log_file = property(lambda self: self.directory / "dovecot.log")

    def deliver(self, user, folder, message, when):
        """Writes a message, read by its owner, into the Maildir itself: for folders that no client has opened yet."""
        self._delivered += 1
        body = message.replace(b"\r\n", b"\n")
        name = f"{int(when)}.M{self._delivered:06d}.mail,S={len(body)},W={len(body) + body.count(10)}:2,S"
        for part in ("", "cur", "new", "tmp"):
            if not (self.maildir(user, folder) / part).exists():
                (self.maildir(user, folder) / part).mkdir(parents=True)
                self.hand_over(user, self.maildir(user, folder) / part)
        path = self.maildir(user, folder) / "cur" / name
        path.write_bytes(body)
        os.utime(path, (when, when))
        self.hand_over(user, path)

    def access_token(self, user, lifetime):
        """A JSON Web Token that logs the user in for so many seconds, by XOAUTH2 or OAUTHBEARER."""
        now = int(time.time())
        parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": user, "iat": now, "exp": now + lifetime}]
        text = ".".join(_base64url(json.dumps(part).encode()) for part in parts)
        return f"{text}.{_base64url(hmac.digest(self._token_key, text.encode(), hashlib.sha256))}"

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

    # How it is made

    def _prepare(self):
        lines = []
        for user in self.users:
            uid, gid = self.ids(user)
            home = self.directory / "mail" / user
            (home / "Maildir").mkdir(parents=True, exist_ok=True)
            lines.append(f"{user}:{{PLAIN}}{self.password}:{uid}:{gid}::{home}::\n")
        (self.directory / "passwd").write_text("".join(lines))
        (self.directory / "masters").write_text(f"{MASTER}:{{PLAIN}}{self.password}\n")
        keys = self.directory / "keys" / "default" / "HS256"
        keys.mkdir(parents=True, exist_ok=True)
        (keys / "default").write_text(base64.b64encode(self._token_key).decode())
        (self.directory / "oauth2").write_text(
            f"introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={self.directory}/keys/\n"
            "username_attribute = sub\n")
        (self.directory / "acl").write_text(
            "".join(f"{folder} owner {rights}\n" for folder, rights in self.rights.items()))

    def _own_mail(self):
        for user in self.users if self.privileged else ():
            for path, folders, files in os.walk(self.directory / "mail" / user):
                for name in [path, *(os.path.join(path, entry) for entry in folders + files)]:
                    self.hand_over(user, name)

    def _configure(self):
        self._own_mail()
        (self.directory / "dovecot.conf").write_text(self._configuration())

    def _command(self):
        return [self.program, "-F", "-c", str(self.directory / "dovecot.conf")]

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
                raise ServerError(f"Dovecot needs a name for the user it runs as: {error.args[0]}") from None
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
auth_mechanisms = plain login xoauth2 oauthbearer
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
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {d}/oauth2
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
        if self.nameless:
            text += "login_greeting = ready\nimap_id_send =\n"
        if self.capability:
            text += f"imap_capability = {self.capability}\n"
        plugins = "zlib acl" if self.rights else "zlib"
        more = " imap_zlib" if self.compresses else ""
        text += f"mail_plugins = {plugins}\nprotocol imap {{\n  mail_plugins = {plugins}{more}\n}}\n"
        if self.rights:
            text += f"plugin {{\n  acl = vfile:{d}/acl\n}}\n"
        return text


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

"""A private Cyrus IMAP 3.6 on loopback, from Debian's packages, nothing of which is installed.

Its `master` refuses to serve as root: as root it runs as the user `mail`. Passwords are asked of this process, by the
protocol of saslauthd. It logs to syslog alone.
"""

import os
import pwd
import shutil

from authsocket import AuthSocket, saslauthd
from privateserver import PrivateServer

USER = "mail"  # as root; on every Debian
FOLDERS = {"Sent": "xlist-sent", "Drafts": "xlist-drafts", "Archive": "xlist-archive"}
SUBDIRECTORIES = ("db", "lock", "log", "msg", "proc", "quota", "socket", "user")


class Cyrus(PrivateServer):
    name = "Cyrus"
    keeps_maildirs = False

    def __init__(self, directory=None, users=("alice", "bob"), password="secret", tied=True):
        super().__init__(directory, users, password, tied)
        self.program = self.copy_program("cyrus")
        self.conf = self.directory / "run" / "imapd.conf"
        for name in SUBDIRECTORIES:
            (self.directory / "run" / name).mkdir(exist_ok=True)
        self.auth = AuthSocket(self.directory / "auth", saslauthd(
            lambda user, given: user in self.users and given == self.password))

    def _command(self):
        run = self.directory / "run"
        return [self.program / "bin" / "master", "-D", "-C", self.conf, "-M", run / "cyrus.conf",
                "-p", run / "master.pid"]

    def _spawn_options(self):
        options = {"cwd": "/", "env": os.environ | {"LD_LIBRARY_PATH": str(self.program / "lib")}}
        if self.privileged:
            options |= {"user": USER, "group": pwd.getpwnam(USER).pw_gid, "extra_groups": []}
        return options

    def _configure(self):
        d, run, bin = self.directory, self.directory / "run", self.program / "bin"
        user = USER if self.privileged else pwd.getpwuid(os.getuid()).pw_name
        uses = "".join(f"{option}: {folder}\n" for folder, option in FOLDERS.items())
        self.conf.write_text(f"""\
configdirectory: {run}
proc_path: {run}/proc
mboxname_lockpath: {run}/lock
defaultpartition: default
partition-default: {d}/mail
cyrus_user: {user}
servername: localhost
altnamespace: yes
unixhierarchysep: yes
autocreate_quota: 0
autocreate_post: yes
autocreate_inbox_folders: {"|".join(FOLDERS)}
{uses}specialusealways: yes
specialuse_protect: \\Trash
delete_mode: immediate
expunge_mode: immediate
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: {d}/auth
sasl_mech_list: PLAIN
allowplaintext: yes
tls_server_cert: {d}/certs/server.pem
tls_server_key: {d}/certs/server.key
idlesocket: {run}/socket/idle
notifysocket: {run}/socket/notify
""")
        (run / "cyrus.conf").write_text(f"""\
START {{
  recover cmd="{bin}/ctl_cyrusdb -r -C {self.conf}"
  idled cmd="{bin}/idled -C {self.conf}"
}}
SERVICES {{
  imap cmd="{bin}/imapd -C {self.conf}" listen="127.0.0.1:{self.imap_port}"
  imaps cmd="{bin}/imapd -s -C {self.conf}" listen="127.0.0.1:{self.imaps_port}"
}}
EVENTS {{
}}
""")
        if self.privileged:
            for top in ("run", "mail", "certs"):
                for path, _, files in os.walk(d / top):
                    for name in (path, *(os.path.join(path, file) for file in files)):
                        shutil.chown(name, USER)

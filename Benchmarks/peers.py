"""The programs that Sentmark is measured against: how each is told to look at one Sent folder, and run.

None is installed by a benchmark: Benchmarks/install-peers does that. One that is missing is shown as missing.
"""

import os
import select
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from world import AgentError, resident_peak, spawn

HERE = Path(__file__).parent
VENV = HERE.parent / ".build" / "peers" / "bin" / "python"
DEADLINE = 1200


@dataclass
class Run:
    seconds: float
    cpu: float  # seconds, its own
    peak: float  # MB in memory
    said: str  # last line of its output


def run(arguments, directory, deadline=DEADLINE):
    """Runs a program to its end. Its home is the directory, and its words go to a file there."""
    said = directory / "said.log"
    inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    begin = time.monotonic()
    with open(said, "wb") as log:
        child = spawn(arguments, True, stdout=log, stderr=log, cwd=directory,
                      env=inherited | {"HOME": str(directory)})
    peak, ended = 0.0, os.pidfd_open(child.pid)
    try:
        while not select.select([ended], [], [], 0.05)[0]:
            peak = max(peak, resident_peak(child.pid))
            if time.monotonic() - begin > deadline:
                raise AgentError(f"{arguments[0]} did not end within {deadline} s")
        seconds = time.monotonic() - begin
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    finally:
        os.close(ended)
        child.kill()
        child.wait()
    lines = said.read_text(errors="replace").strip().splitlines()
    if child.returncode:
        raise AgentError(f"{arguments[0]} ended with {child.returncode}: " + "\n".join(lines[-5:]))
    return Run(seconds, usage.ru_utime + usage.ru_stime, peak, lines[-1] if lines else "")


class Peer:
    """One program with its state. `port` may change between runs; the state stays."""

    title = ""
    slow = False  # half a minute and more with a large folder
    finds = False  # prints how many messages hold a pixel
    maildir = None  # below its directory, if it copies the folder into one

    def __init__(self, world):
        self.world, self.dovecot = world, world.dovecot
        self.prefix = f"{world.pixels.url}/i/"
        self.directory = world.directory / "peers" / type(self).__name__.lower()
        self.directory.mkdir(parents=True)
        self.synced = False

    def run(self, port):
        for name, text in self.files(port).items():
            (self.directory / name).write_text(text)
            (self.directory / name).chmod(0o600)
        done = run(self.command(port), self.directory)
        self.synced = True
        return done

    def files(self, port):
        return {}

    def find_tokens(self):
        """Finds the tokens in what was copied."""
        return run([sys.executable, HERE / "scripts" / "maildir_tokens.py", self.directory / self.maildir, self.prefix],
                   self.directory)

    def forget(self):
        """Gives the disk back."""
        shutil.rmtree(self.directory)

    @classmethod
    def installed(cls):
        return shutil.which(cls.program) is not None


class ImapclientScript(Peer):
    title = "IMAPClient script, HTML parts in batches"
    program = str(VENV)
    finds = True

    def command(self, port):
        return [VENV, HERE / "scripts" / "imapclient_parts.py", *_login(self, port), self.prefix]


class ImaplibScript(Peer):
    title = "imaplib script, whole messages one by one"
    program = sys.executable
    finds = slow = True

    def command(self, port):
        return [sys.executable, HERE / "scripts" / "imaplib_whole.py", *_login(self, port), self.prefix]


class Imapfilter(Peer):
    """Its server searches; it learns which messages hold a pixel, and no token."""

    title = "imapfilter, SEARCH BODY on the server"
    program = "imapfilter"
    finds = True

    def files(self, port):
        return {"config.lua": f"""\
options.timeout = 600
account = IMAP {{ server = 'localhost', port = {port}, username = '{self.world.user}',
                 password = '{self.dovecot.password}', ssl = 'auto' }}
print(#account['Sent']:contain_body('{self.prefix}'))
"""}

    def command(self, port):
        return ["imapfilter", "-t", self.dovecot.ca_file, "-c", self.directory / "config.lua"]


class Isync(Peer):
    title = "isync, pulls all into a Maildir"
    program = "mbsync"
    maildir = "mail"
    slow = True

    def files(self, port):
        (self.directory / "mail").mkdir(exist_ok=True)
        return {"mbsyncrc": f"""\
IMAPAccount server
Host localhost
Port {port}
User {self.world.user}
Pass {self.dovecot.password}
SSLType IMAPS
CertificateFile {self.dovecot.ca_file}

IMAPStore far
Account server

MaildirStore near
Path {self.directory}/mail/
Inbox {self.directory}/mail/Inbox

Channel sent
Far :far:Sent
Near :near:Sent
Create Near
Sync Pull
SyncState *
"""}

    def command(self, port):
        return ["mbsync", "-c", self.directory / "mbsyncrc", "sent"]


class OfflineIMAP(Peer):
    title = "offlineimap3, pulls all into a Maildir"
    program = "offlineimap"
    maildir = "mail"
    slow = True

    def files(self, port):
        return {"offlineimaprc": f"""\
[general]
accounts = sent
ui = quiet
metadata = {self.directory}/state
fsync = False
[Account sent]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {self.directory}/mail
[Repository far]
type = IMAP
remotehost = localhost
remoteport = {port}
remoteuser = {self.world.user}
remotepass = {self.dovecot.password}
ssl = yes
sslcacertfile = {self.dovecot.ca_file}
folderfilter = lambda name: name == 'Sent'
maxconnections = 1
readonly = True
"""}

    def command(self, port):
        return ["offlineimap", "-c", self.directory / "offlineimaprc", "-o"]


class InterIMAP(Peer):
    """Its other side is a second mailbox on the same Dovecot, which the relay does not see."""

    title = "interimap, copies all to an IMAP server"
    program = "interimap"
    slow = True

    def files(self, port):
        side = (f"type = imaps\nhost = localhost\npassword = {self.dovecot.password}\n"
                f"SSL_CAfile = {self.dovecot.ca_file}\n")
        return {"config": f"""\
database = {self.directory}/state.db
list-mailbox = Sent
[local]
{side}port = {self.dovecot.imaps_port}
username = {self.world.spare}
[remote]
{side}port = {port}
username = {self.world.user}
"""}

    def command(self, port):
        return ["interimap", "--config", self.directory / "config"]


SCRIPTS = (ImapclientScript, Imapfilter, ImaplibScript)
SYNCERS = (InterIMAP, Isync, OfflineIMAP)


def _login(peer, port):
    return [str(port), peer.dovecot.ca_file, peer.world.user, peer.dovecot.password]

"""What every benchmark needs: a private Dovecot with a mailbox, an agent, and how to measure them."""

import argparse
import hashlib
import hmac
import base64
import os
import secrets
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "Scripts" / "lib"))

from agent import Agent, AgentError, load_pixel  # noqa: E402
from dovecot import Dovecot  # noqa: E402
from mailclient import MailClient  # noqa: E402
from privateserver import free_ports  # noqa: E402
from processes import wait_until  # noqa: E402
from terminal import fit  # noqa: E402

import genbox  # noqa: E402

USER = "alice"
PATIENCE = 300  # seconds for the longest single step


class World:
    """Dovecot, an agent, and the pixel server: in the agent's process, or in one of its own (`apart`)."""

    def __init__(self, program, apart=False, users=None):
        """`users`: as many accounts, all opened by the master user, in place of one."""
        self.directory = Path(tempfile.mkdtemp(prefix="sentmark-benchmark-"))
        if os.geteuid() == 0:
            self.directory.chmod(0o711)
        self.dovecot = Dovecot(self.directory / "dovecot", users=users or [USER], hibernate=bool(users)).start()
        self.agent = Agent(program, self.directory / "agent")
        self.pixels = Agent(program, self.directory / "agent", name="pixels") if apart else self.agent
        self.box = None
        port, = free_ports(1)
        accounts, everybody = ([], self.dovecot) if users else ([(USER, self.dovecot)], None)
        self.pixels.configure(accounts, port, everybody=everybody)
        self.pixels.add_stream("benchmark")
        if apart:
            self.agent.configure(accounts, port, server=False, everybody=everybody)
            self.pixels.start("serve")
        self.new_token = mint((self.directory / "agent" / "keys" / "px").read_text().strip())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.agent.kill()
        self.pixels.kill()
        self.dovecot.remove()
        shutil.rmtree(self.directory, ignore_errors=True)

    def new_url(self):
        return f"{self.pixels.url}/i/{self.new_token()}.gif"

    def fill(self, count):
        """`count` messages in Sent, known to Dovecot's caches as those of a mailbox in use are."""
        self.box = genbox.generate(
            lambda message, when: self.dovecot.deliver(USER, "Sent", message, when), count, self.new_url)
        with self.client() as client:
            client.select("Sent")
            client.imap.sock.settimeout(PATIENCE)
            client.imap.uid("FETCH", "1:*", "(UID RFC822.SIZE BODYSTRUCTURE BODY.PEEK[HEADER])")

    def client(self):
        return self.dovecot.client(USER)

    def forget(self):
        """The agent forgets everything, and its keywords go."""
        for path in (self.directory / "agent" / "state" / "sentmark").glob("agent.db*"):
            path.unlink()
        with self.client() as client:
            client.store("Sent", "1:*", "-FLAGS.SILENT", ["tracked", "opened", "reached"])

    def run_agent(self):
        self.agent.start(wait_for_server=self.pixels is self.agent)

    def tracked(self, client):
        client.select("Sent")
        return len(client.imap.uid("SEARCH", "KEYWORD", "tracked")[1][0].split())

    def await_tracked(self, count):
        with self.client() as client:
            if not wait_until(lambda: self.tracked(client) >= count or not self.agent.running(), PATIENCE, pause=0.02):
                raise AgentError(f"{self.tracked(client)} of {count} tracked after {PATIENCE} s")
        if not self.agent.running():
            raise AgentError("the agent has ended:\n" + self.agent.log_tail())


def mint(credential):
    """Makes tokens as the contract says, from the text of a stream's credential."""
    raw = _from_base32(credential.removeprefix("smk1_"))
    stream, epoch, key = raw[:3], raw[3], raw[4:36]

    def token():
        body = bytes([1 << 6 | 1 << 4 | epoch]) + stream + secrets.token_bytes(8) + b"\0"
        mac = hmac.digest(key, b"sentmark/token/1" + body, hashlib.sha256)[:12]
        return base64.b32encode(body + mac).decode().lower()
    return token


def _from_base32(text):
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def milliseconds(values):
    return (f"p50 {percentile(values, 0.5) * 1000:.1f}  p99 {percentile(values, 0.99) * 1000:.1f}  "
            f"max {max(values) * 1000:.1f} ms  n {len(values)}")


def median(values):
    return statistics.median(values)


def progress(text):
    print(f"  … {text}", file=sys.stderr, flush=True)


class Table:
    """Rows of (what, measured, goal), printed as they come."""

    def __init__(self):
        print(f"\n  {fit('', 46)} {fit('measured', 42)} goal\n  " + "─" * 104)

    def row(self, what, measured, goal=""):
        print(f"  {fit(what, 46)} {fit(measured, 42)} {goal}".rstrip(), flush=True)


def main(measure, document):
    parser = argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True, help="the release build of sentmark")
    parser.add_argument("--messages", type=int, help="size of the mailbox, where there is one")
    parser.add_argument("--seconds", type=float, help="time of a measurement, where it is fixed")
    arguments = parser.parse_args()
    options = {name: value for name, value in vars(arguments).items() if name != "program" and value is not None}
    try:
        measure(arguments.program.absolute(), Table(), **options)
    except AgentError as error:
        sys.exit(f"{parser.prog}: {error}")

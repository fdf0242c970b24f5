"""What every benchmark needs: a private Dovecot with a mailbox, an agent, and how to measure them."""

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parent.parent / "Scripts" / "lib"))

from agent import Agent, AgentError, load_pixel  # noqa: E402
from dovecot import Dovecot  # noqa: E402
from mailclient import MailClient  # noqa: E402
from privateserver import free_ports  # noqa: E402
from processes import spawn, wait_until  # noqa: E402
from terminal import fit  # noqa: E402
from tokens import mint  # noqa: E402

import genbox  # noqa: E402

USER, SPARE = "alice", "bob"
PATIENCE = 300  # seconds for the longest single step


class World:
    """Dovecot, an agent, and the pixel server: in the agent's process, or in one of its own (`apart`)."""

    user, spare = USER, SPARE  # `spare` has a mailbox that the agent knows nothing of

    def __init__(self, program, apart=False, users=None):
        """`users`: as many accounts, all opened by the master user, in place of one."""
        self.directory = Path(tempfile.mkdtemp(prefix="sentmark-benchmark-"))
        if os.geteuid() == 0:
            self.directory.chmod(0o711)
        self.dovecot = Dovecot(
            self.directory / "dovecot", users=users or [USER, SPARE], hibernate=bool(users),
            compresses=False).start()  # or some would be counted compressed
        self.agent = Agent(program, self.directory / "agent")
        self.pixels = Agent(program, self.directory / "agent", name="pixels") if apart else self.agent
        self.box = None
        self.peers = {}
        self.everybody = self.dovecot if users else None
        self.port, = free_ports(1)
        self.pixels.configure(self._accounts(), self.port, everybody=self.everybody)
        self.pixels.add_stream("benchmark")
        if apart:
            self.route(self.dovecot.imaps_port)
            self.pixels.start("serve")
        self.new_token = mint(self.agent.credential)

    def _accounts(self, port=None):
        if self.everybody:
            return []
        return [(USER, SimpleNamespace(imaps_port=port or self.dovecot.imaps_port, password=self.dovecot.password,
                                       ca_file=self.dovecot.ca_file))]

    def route(self, port, more=""):
        """From its next start on the agent reaches Dovecot through this port, a relay's, with `more` lines in its
        account. For an agent without the pixel server."""
        self.agent.configure(self._accounts(port), self.port, server=False, everybody=self.everybody, more=more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.agent.kill()
        self.pixels.kill()
        self.dovecot.remove()
        shutil.rmtree(self.directory, ignore_errors=True)

    def new_url(self):
        return f"{self.pixels.url}/i/{self.new_token()}.gif"

    def peer(self, kind):
        """The one program of this kind (peers.py), with what it remembers."""
        if kind not in self.peers:
            self.peers[kind] = kind(self)
        return self.peers[kind]

    def fill(self, count, **sizes):
        """`count` messages in Sent, known to Dovecot's caches as those of a mailbox in use are."""
        self.urls = []
        self.box = genbox.generate(
            lambda message, when: self.dovecot.deliver(USER, "Sent", message, when), count, self._noted_url, **sizes)
        with self.client() as client:
            client.select("Sent")
            client.imap.sock.settimeout(PATIENCE)
            client.imap.uid("FETCH", "1:*", "(UID RFC822.SIZE BODYSTRUCTURE BODY.PEEK[HEADER])")

    def client(self):
        return self.dovecot.client(USER)

    def _noted_url(self):
        self.urls.append(url := self.new_url())
        return url

    @property
    def database(self):
        return self.directory / "agent" / "state" / "sentmark" / "agent.db"

    def forget(self):
        """The agent forgets everything, and its keywords go."""
        for path in self.database.parent.glob("agent.db*"):
            path.unlink()
        self.take_keywords()

    def forget_hits(self):
        """The pixel server, in a process of its own, knows of no load any more."""
        self.pixels.stop()
        for path in self.database.parent.glob("hits.db*"):
            path.unlink()
        self.pixels.start("serve")

    def scanned(self):
        """The agent has looked at every message."""
        return self.database.exists() and self._ask("SELECT min(scan_complete) FROM folder")

    def at_rest(self):
        """The agent has judged all it knows and brought all keywords up to date."""
        return self.scanned() and not self._ask(
            "SELECT EXISTS (SELECT 1 FROM message WHERE judge_due) OR EXISTS (SELECT 1 FROM copy "
            "JOIN message ON message.id = copy.message_id WHERE plan_due AND tracked)")

    def _ask(self, question):
        try:
            with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=PATIENCE)) as database:
                return database.execute(question).fetchone()[0]
        except sqlite3.OperationalError:
            return None  # it is being made

    def await_scanned(self):
        """Until the agent has looked at every message, and has read back the last keyword. Whether all are there is for
        another client to see."""
        wait_until(lambda: self.at_rest() or not self.agent.running(), PATIENCE, pause=0.01)
        if not self.agent.running() or not self.at_rest():
            raise AgentError(f"the scan is not complete after {PATIENCE} s:\n" + self.agent.log_tail())

    def take_keywords(self, *keywords):
        """Takes these off all messages, or all of the agent's."""
        with self.client() as client:
            client.imap.sock.settimeout(PATIENCE)
            client.store("Sent", "1:*", "-FLAGS.SILENT", keywords or ["tracked", "opened", "reached"])

    def run_agent(self):
        self.agent.start(wait_for_server=self.pixels is self.agent)

    def tracked(self, client):
        client.select("Sent")
        return len(client.imap.uid("SEARCH", "KEYWORD", "tracked")[1][0].split())

    def await_tracked(self, count):
        with self.client() as client:
            if not wait_until(lambda: self.tracked(client) >= count or not self.agent.running(), PATIENCE, pause=0.05):
                raise AgentError(f"{self.tracked(client)} of {count} tracked after {PATIENCE} s")
        if not self.agent.running():
            raise AgentError("the agent has ended:\n" + self.agent.log_tail())


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def milliseconds(values):
    return (f"p50 {percentile(values, 0.5) * 1000:.1f}  p99 {percentile(values, 0.99) * 1000:.1f}  "
            f"max {max(values) * 1000:.1f} ms  n {len(values)}")


def median(values):
    return statistics.median(values)


def resident_peak(pid):
    """MB that a process has had in memory at most, 0 if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in status.splitlines() if line.startswith("VmHWM:")), 0.0)


def progress(text):
    print(f"  … {text}", file=sys.stderr, flush=True)


class Table:
    """Rows of (what, measured, goal), printed as they come and kept with their plain figures."""

    def __init__(self):
        self.rows = []
        print(f"\n  {fit('', 46)} {fit('measured', 78)} goal\n  " + "─" * 140)

    def row(self, what, measured, goal="", **figures):
        self.rows.append({"what": what.strip(), "measured": measured, "goal": goal} | figures)
        print(f"  {fit(what, 46)} {fit(measured, 78)} {goal}".rstrip(), flush=True)

    def save(self, path):
        path.write_text(json.dumps(self.rows, ensure_ascii=False, indent=1) + "\n")


def main(measure, document):
    parser = argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True, help="the release build of sentmark")
    parser.add_argument("--messages", type=int, help="size of the mailbox, where there is one")
    parser.add_argument("--seconds", type=float, help="time of a measurement, where it is fixed")
    parser.add_argument("--slow", action="store_true", help="run also the peers that take a minute and more")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    arguments = parser.parse_args()
    options = {name: value for name, value in vars(arguments).items()
               if name not in ("program", "json") and value is not None}
    table = Table()
    try:
        measure(arguments.program.absolute(), table, **options)
    except AgentError as error:
        sys.exit(f"{parser.prog}: {error}")
    finally:
        if arguments.json:
            table.save(arguments.json)

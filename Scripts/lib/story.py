"""The story of Scripts/demo: a private mailbox, a private pixel server, and what a mail client sees of them."""

import json
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import letters
from agent import Agent, load_pixel
from dovecot import Dovecot
from letters import Letter
from mailclient import MailClient
from privateserver import free_ports
from provider import Provider, pixel_of, submit
from view import View
from watcher import OWNED, Watcher

MESSAGES = 320
BACKLOG = 6  # of which so many carry a pixel of ours
KEPT = Path(tempfile.gettempdir()) / f"sentmark-demo-{os.getuid()}"

# Who loads pixels here. Readers have addresses reserved for documentation (RFC 5737, RFC 3849); the machines have
# addresses of the services they stand for.
THUNDERBIRD = ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.5.0", "192.0.2.10")
OUTLOOK = ("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/8.0; .NET4.0C; .NET4.0E; "
           "Microsoft Outlook 16.0.4266; ms-office; MSOffice 16)", "198.51.100.20")
IPHONE = ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
          "Mobile/15E148", "203.0.113.80")
ANDROID = ("Mozilla/5.0 (Linux; Android 14; SM-S911B Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
           "Version/4.0 Chrome/140.0.7339.51 Mobile Safari/537.36", "2001:db8:10::42")
EXCHANGE_FILTER = ("Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/57.0.2987.133 "
                   "Safari/537.36", "40.107.218.12")
APPLE_PREFETCH = ("Mozilla/5.0", "172.225.0.9")


class Failed(Exception):
    pass


@dataclass
class Row:
    """A message of the story."""
    to: tuple
    subject: str
    pixel: str  # its URL, or "" for a message without
    uid: int
    appended: float
    message_id: str
    goal: frozenset


class Story:
    def __init__(self, program, keep, deadline, screen):
        self.screen, self.view = screen, View(screen)
        self.keep, self.deadline = keep, deadline
        self.calm = 0.7 if screen.live else 0  # between two scenes, so that eyes can follow
        self.directory = self._make_directory()
        self.agent = Agent(program, self.directory / "agent", tied=not keep)
        self.dovecot = self.watcher = self.provider = None
        self.sent = self.submission_port = 0
        self.clients, self.rows, self.backlog = [], [], {}
        self.opens, self.tracks, self.reaches = [], [], []
        self.begun = time.monotonic()

    def run(self):
        self.prepare()
        self.screen.begin(self.lines)
        self.first_scan()
        self.somebody_reads()
        self.machines_look()
        self.nothing_to_see()
        self.crash()
        self.why = self.agent.command("why", self.rows[1].message_id)
        self.once_more()
        self.judge_everything()

    # Scenes

    def prepare(self):
        begin = time.monotonic()
        self.dovecot = Dovecot(self.directory / "dovecot", tied=not self.keep).start()
        self._note_running()
        self.provider = Provider(self.directory / "provider", "alice", self.dovecot.password)
        self.configure()
        self.agent.add_stream()
        pixels = [self.agent.new_token()["html"] for _ in range(BACKLOG)]
        folder, tracked = letters.sent_folder(MESSAGES, time.time(), pixels)
        for letter in folder:
            self.dovecot.deliver("alice", "Sent", letter.as_bytes(), letter.when)
        self.view.report("A mailbox", f"{MESSAGES} messages in Sent, Dovecot on port {self.dovecot.imaps_port}, TLS",
                    time.monotonic() - begin)

        reader, writer = (self.open_client() for _ in range(2))
        by_name = reader.uids_by_message_id("Sent")
        self.backlog = {uid: name in tracked for name, uid in by_name.items()}
        if len(self.backlog) != MESSAGES or sum(self.backlog.values()) != BACKLOG:
            raise Failed(f"Dovecot shows {len(self.backlog)} messages instead of {MESSAGES}")
        self.watcher = Watcher(reader, writer, "Sent", on_change=self.screen.refresh)
        for uid, is_tracked in self.backlog.items():
            self.watcher.allow(uid, {"tracked"} if is_tracked else set())
        self.watcher.start()

    def configure(self):
        trusted = self.directory / "authorities.pem"
        trusted.write_bytes(self.dovecot.ca_file.read_bytes() + self.provider.ca_file.read_bytes())
        port, self.submission_port = free_ports(2)
        excluded = next(address for name, address in letters.PEOPLE if name == "Hannah Vogt")
        self.agent.configure(
            [("alice", self.dovecot)], port, ca=trusted, more=f'addresses = ["{letters.ADDRESS}"]', sections=f"""\
[submission]
listen = "127.0.0.1:{self.submission_port}"
upstream = "{self.provider.url}"
track = "always"
exclude = ["{excluded}"]
""")

    def first_scan(self):
        begin = time.monotonic()
        self.screen.wait("sentmark run")
        self.start_agent()
        self.view.report("The agent", f"pixel server on port {self.agent.port}, SMTP proxy on {self.submission_port}",
                    time.monotonic() - begin)
        tracked = [uid for uid, is_tracked in self.backlog.items() if is_tracked]
        seen = self.expect(tracked, {"tracked"}, "the first scan")
        self.view.report("First scan", f"{BACKLOG} tracked messages found among {MESSAGES}", seen - begin)
        self.screen.say("")

    def somebody_reads(self):
        row = self.send("Vera Lindqvist", "Offer for the second floor")
        self.show_tracked(row, "Alice sends Vera an offer")
        self.show_opened(row, "Vera opens it in Thunderbird", THUNDERBIRD)

    def machines_look(self):
        row = self.send("Grace Okafor", "Contract, your comments", goal={"tracked", "reached"})
        self.show_tracked(row, "A contract for Grace")
        begin = time.monotonic()
        self.load(row, EXCHANGE_FILTER, method="HEAD")
        self.load(row, EXCHANGE_FILTER)
        self.show_reached(row, "Microsoft's mail filter looks first", begin)

        row = self.send("Mia Chen", "Photos from the workshop", goal={"tracked", "reached"})
        self.show_tracked(row, "Photos for Mia")
        begin = time.monotonic()
        self.load(row, APPLE_PREFETCH)
        self.show_reached(row, "Apple fetches them, her phone in her pocket", begin)

    def nothing_to_see(self):
        row = self.send("Hannah Vogt", "Lunch on Thursday?", goal=set())
        # The message after it is seen to be handled: the agent has then passed this one.
        later = self.send("Jonas Weber", "Invoice 2026-117")
        self.show_tracked(later, "An invoice for Jonas")
        if self.watcher.keywords(row.uid):
            raise Failed(f"the message without a pixel has {self.watcher.keywords(row.uid)}")
        self.view.outcome("A note to Hannah, who is never tracked", "nothing")

    def crash(self):
        invoice = self.rows[-1]
        self.load(invoice, OUTLOOK)
        self.agent.kill()
        self.view.outcome("Jonas opens the invoice; that instant, SIGKILL", "killed")
        minutes = self.send("Luca Bianchi", "Minutes of the meeting", way=self.by_sendmail)
        time.sleep(max(self.calm, 0.3))
        if self.watcher.keywords(minutes.uid):
            raise Failed("somebody writes keywords although the agent is dead")
        self.view.outcome("Nobody home: minutes to Luca, by sendmail", "waits")
        begin = time.monotonic()
        self.screen.wait("the agent starts again")
        self.start_agent()
        opened = self.expect([invoice.uid], {"tracked", "opened"}, "the open before the crash")
        # The keyword may have been written in the instant before the kill.
        self.view.outcome("Started again: the open is not lost", "opened", max(0, opened - begin))
        tracked = self.expect([minutes.uid], {"tracked"}, "the message sent while the agent was down")
        self.view.outcome("… nor is the mail sent meanwhile", "tracked", tracked - begin)
        self.show_opened(minutes, "Luca opens the minutes on his phone", IPHONE)

    def once_more(self):
        code, took = self.agent.stop()
        if code != 0 or took > 2:
            raise Failed(f"SIGTERM: exit status {code} after {took:.1f} s; 0 within 2 s was expected")
        self.view.outcome("The agent is asked to stop", "stopped", took)
        before = self.quiet_reading()
        self.screen.wait("a further run")
        self.start_agent()
        row = self.send("Priya Raman", "Thank you")
        self.show_tracked(row, "A further run; one more message")
        self.show_opened(row, "Priya opens it on Android", ANDROID)
        after = self.quiet_reading()
        moved = sorted(uid for uid in before if after.get(uid) != before[uid])
        if moved:
            raise Failed(f"a further run without news changed messages {moved}")
        self.view.outcome(f"The other {len(before)} messages", "untouched")

    def judge_everything(self):
        goals = {uid: {"tracked"} if is_tracked else set() for uid, is_tracked in self.backlog.items()}
        goals |= {row.uid: set(row.goal) for row in self.rows}
        with MailClient(self.dovecot.imaps_port, self.dovecot.ca_file, "alice", self.dovecot.password) as client:
            seen = {uid: flags & OWNED for uid, flags in client.flags("Sent").items()}
        different = [f"message {uid}: {sorted(seen.get(uid, set()))} instead of {sorted(goal)}"
                     for uid, goal in goals.items() if seen.get(uid) != goal]
        if different or seen.keys() != goals.keys():
            raise Failed("the end state is wrong: " + "; ".join(different[:5] or ["messages came or went"]))
        self.check()

    # What scenes are made of

    def send(self, name, subject, goal=frozenset({"tracked", "opened"}), way=None):
        """As mail programs do it: the mail to the provider, then a copy into Sent, as it was written."""
        time.sleep(self.calm)
        to = next(person for person in letters.PEOPLE if person[0] == name)
        letter = Letter(to=to, subject=subject, when=time.time(), seed=900_000 + len(self.rows),
                        cte=["quoted-printable", "base64"][len(self.rows) % 2])
        message = letter.as_bytes()
        (way or self.by_smtp)(message, to[1])
        self.sent += 1
        pixel = pixel_of(self.provider.delivered(self.sent))
        if bool(pixel) != ("tracked" in goal):
            raise Failed(f"{name} received a mail {'with' if pixel else 'without'} a pixel")
        uid, appended = self.watcher.append(message, goal)
        row = Row(to, subject, pixel, uid, appended, letter.message_id, frozenset(goal))
        self.rows.append(row)
        self.screen.refresh()
        return row

    def by_smtp(self, message, recipient):
        password = (self.agent.home / "keys" / "submission").read_text().strip()
        submit(self.submission_port, "alice", password, letters.ADDRESS, recipient, message)

    def by_sendmail(self, message, recipient):
        self.agent.sendmail(message, "-i", "-f", letters.ADDRESS, "--", recipient)

    def load(self, row, client, method="GET"):
        user_agent, address = client
        status = load_pixel(row.pixel, user_agent, address, method=method)
        if status != 200:
            raise Failed(f"{method} {row.pixel}: the pixel server answered {status}")

    def show_tracked(self, row, text):
        seen = self.expect([row.uid], {"tracked"}, f"“{row.subject}”")
        self.tracks.append(seen - row.appended)
        self.view.outcome(text, "tracked", self.tracks[-1])

    def show_opened(self, row, text, client):
        time.sleep(self.calm)
        begin = time.monotonic()
        self.load(row, client)
        seen = self.expect([row.uid], {"tracked", "opened"}, f"“{row.subject}”")
        self.opens.append(seen - begin)
        self.view.outcome(text, "opened", self.opens[-1])

    def show_reached(self, row, text, begin):
        seen = self.expect([row.uid], {"tracked", "reached"}, f"“{row.subject}”")
        self.reaches.append(seen - begin)
        self.view.outcome(text, "reached", self.reaches[-1])

    def expect(self, uids, keywords, what):
        self.screen.wait(f"{what}: waiting for {' and '.join(sorted(keywords))}")
        seen = self.watcher.wait_for(uids, keywords, self.deadline)
        self.screen.wait("")
        self.check()
        if seen is None:
            missing = [f"{uid}: {sorted(self.watcher.keywords(uid)) or 'no keyword'}" for uid in uids
                       if not keywords <= self.watcher.keywords(uid)]
            state = "" if self.agent.running() else " (and the agent is not running)"
            raise Failed(f"{what}: no {' + '.join(sorted(keywords))} within {self.deadline} s{state}; "
                         f"the server has {', '.join(missing[:5])}")
        return seen

    def check(self):
        if self.watcher.failure:
            raise Failed(f"the mail client lost its connection: {self.watcher.failure}")
        if self.watcher.wrong:
            raise Failed("; ".join(self.watcher.wrong[:5]))

    def quiet_reading(self):
        with MailClient(self.dovecot.imaps_port, self.dovecot.ca_file, "alice", self.dovecot.password) as client:
            return client.flags_and_modseq("Sent")

    def open_client(self):
        self.clients.append(MailClient(self.dovecot.imaps_port, self.dovecot.ca_file, "alice", self.dovecot.password))
        return self.clients[-1]

    # What is shown of it

    def lines(self):
        found = sum("tracked" in self.watcher.keywords(uid) for uid, tracked in self.backlog.items() if tracked)
        rows = [(row.to[0], row.subject, self.watcher.keywords(row.uid)) for row in self.rows]
        return self.view.table(rows, f"{MESSAGES} older messages, {found} of them tracked")

    def conclude(self):
        latencies = {"pixel loaded → opened": self.opens, "pixel loaded → reached": self.reaches,
                     "message in Sent → tracked": self.tracks}
        self.view.summary(latencies, time.monotonic() - self.begun, self.why)
        if self.keep:
            self.view.connection(self.dovecot, self.agent, self.agent.new_token(), THUNDERBIRD)
        else:
            self.view.own_mailbox(self.agent.program)

    # Beginning and end

    def _make_directory(self):
        if not self.keep:
            path = Path(tempfile.mkdtemp(prefix="sentmark-demo-"))
        else:
            try:
                KEPT.mkdir(mode=0o700)
            except FileExistsError:
                raise Failed(f"a demo is there already ({KEPT}); end it with Scripts/demo --stop") from None
            path = KEPT
        path.chmod(0o711 if os.geteuid() == 0 else 0o700)  # as root, Dovecot's users must pass through
        return path

    def start_agent(self):
        self.agent.start()
        self._note_running()

    def leave_running(self):
        self._note_running()
        self._close_clients()
        self.provider.remove()

    def _note_running(self):
        """For `--stop`, which must find everything even if this process is killed."""
        living = {"agent": self.agent.process, "dovecot": self.dovecot.process}
        (self.directory / "running.json").write_text(
            json.dumps({name: [process.pid, process.born] for name, process in living.items() if process}))

    def clean_up(self):
        """Ends all that was started and deletes it; says what would not go."""
        self.screen.end()
        self._close_clients()
        started = [p for p in (self.agent.process, self.dovecot and self.dovecot.process) if p]
        self.agent.stop()
        for server in (self.dovecot, self.provider):
            if server:
                server.remove()
        shutil.rmtree(self.directory, ignore_errors=True)
        return [pid for process in started for pid in process.session()]

    def _close_clients(self):
        if self.watcher:
            self.watcher.stop()
            self.watcher = None
        for client in self.clients:
            client.close()
        self.clients = []

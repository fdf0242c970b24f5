"""The program under observation: its configuration, its commands, its process."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from dovecot import MASTER
from privateserver import free_ports
from processes import Process, spawn, wait_until


class AgentError(Exception):
    pass


class Agent:
    def __init__(self, program, home, tied=True, name="sentmark"):
        """`home` takes keys and state, and a configuration and a log called `name`. `tied`: the agent ends when this
        process dies."""
        self.program, self.home, self.tied = Path(program), Path(home), tied
        self.config_file = self.home / f"{name}.toml"
        self.log_file = self.home / f"{name}.log"
        self.port = None
        self.process = self.child = None
        for name in ("keys", "state", "run"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
            (self.home / name).chmod(0o700)

    def configure(self, accounts, port, server=True, source=True, everybody=None, more="", ca=None, sections=""):
        """`accounts`: (name, Dovecot) pairs; each name is also the user. The pixel server is on loopback `port`.
        `more`: further lines of each account. `ca`: what they trust instead of their Dovecot's authority. `sections`:
        what the configuration has besides.
        `everybody`: a Dovecot all of whose users are accounts, opened by its master user."""
        self.port = port
        text = []
        if everybody:
            (self.home / "people.csv").write_text("user\n" + "".join(f"{user}\n" for user in everybody.users))
            (self.home / "people.csv").chmod(0o600)
            _write_secret(self.home / "keys" / "administrator", everybody.password)
            text.append(f"""\
[[account]]
each = "people.csv"
imap = "imaps://127.0.0.1:{everybody.imaps_port}"
user = "{MASTER}"
authorization = "{{user}}"
password_file = "keys/administrator"
ca_file = "{everybody.ca_file}"
since = "all"
""")
        for name, dovecot in accounts:
            secret = self.home / "keys" / f"{name}.password"
            _write_secret(secret, dovecot.password)
            text.append(f"""\
[[account]]
name = "{name}"
imap = "imaps://127.0.0.1:{dovecot.imaps_port}"
user = "{name}"
password_file = "keys/{name}.password"
ca_file = "{ca or dovecot.ca_file}"
since = "all"
{more}
""")
        if source:
            text.append(f"""\
[[source]]
kind = "sentmark"
url = "{self.url}"
credential_file = "keys/px"
""")
        if server:
            # Loads come from all over the world, by X-Forwarded-For as a reverse proxy would set it.
            text.append(f"""\
[server]
listen = "127.0.0.1:{port}"
public_url = "{self.url}"
trusted_proxies = ["127.0.0.1/32"]
""")
        self.config_file.write_text("\n".join(text + [sections]))
        self.config_file.chmod(0o600)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and k != "NOTIFY_SOCKET"}
        return kept | {
            "HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_STATE_HOME": str(self.home / "state"), "XDG_RUNTIME_DIR": str(self.home / "run"),
        }

    def command(self, *arguments):
        """Runs one subcommand with our configuration; its standard output."""
        return self._run([*arguments, "--config", self.config_file]).decode()

    def sendmail(self, message, *arguments):
        """Hands a message to the sendmail command."""
        self._run(["sendmail", *arguments], message)

    def _run(self, words, data=b""):
        environment = self.environment | {"SENTMARK_CONFIG": str(self.config_file)}
        try:
            done = subprocess.run([self.program, *words], env=environment, input=data, capture_output=True, timeout=30)
        except subprocess.TimeoutExpired:
            raise AgentError(f"sentmark {words[0]} did not end within 30 s") from None
        if done.returncode:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise AgentError(f"sentmark {words[0]} ended with {done.returncode}: {said}")
        return done.stdout

    def add_stream(self, name="demo"):
        self.command("stream", "add", name, "--output", str(self.home / "keys" / "px"))

    @property
    def credential(self):
        """Of the stream."""
        return (self.home / "keys" / "px").read_text().strip()

    def new_token(self):
        """{"token", "url", "html"}"""
        said = self.command("token", "new", "--json")
        try:
            token = json.loads(said)
            return {name: token[name] for name in ("token", "url", "html")}
        except (ValueError, KeyError, TypeError):
            raise AgentError(f"sentmark token new --json said {said!r}") from None

    def start(self, subcommand="run", wait_for_server=True):
        with open(self.log_file, "ab") as log:
            self.child = spawn([self.program, subcommand, "--config", self.config_file], self.tied, stdout=log,
                               stderr=log, env=self.environment, cwd=self.home)
        self.process = Process(self.child.pid)
        if not wait_for_server:
            return
        wait_until(lambda: not self.running() or self._healthy(), 20)
        if not self.running() or not self._healthy():
            code = self.child.poll()
            self.kill()
            how = f"ended with {code}" if code is not None else "is not healthy after 20 s"
            raise AgentError(f"sentmark {subcommand} {how}:\n{self.log_tail()}")

    def kill(self):
        """SIGKILL: no last word, no clean-up."""
        if self.process:
            self.process.signal(signal.SIGKILL)
            self.process.kill()
        self.process = self.child = None

    def stop(self):
        """SIGTERM. Exit status and the seconds it took; after 10 s it is killed and the status is None."""
        if not self.process:
            return 0, 0.0
        begin = time.monotonic()
        self.process.signal(signal.SIGTERM)
        try:
            code = self.child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            code = None
        took = time.monotonic() - begin
        self.process.kill()
        self.process = self.child = None
        return code, took

    def running(self):
        return self.child is not None and self.child.poll() is None

    def log_tail(self, lines=12):
        if not self.log_file.exists():
            return ""
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])

    def _healthy(self):
        try:
            with direct.open(self.url + "/health", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False


def pixel_server(program, home, name="demo"):
    """An agent that is to be started as `serve`: on a free port, without accounts, with one stream."""
    server = Agent(program, home)
    server.configure([], *free_ports(1), source=False)
    server.add_stream(name)
    return server


def load_pixel(url, user_agent, address, method="GET", **headers):
    """One request as a mail client or a machine would make it. The answer's status; a refusal is an answer too."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        url, method=method, headers={"User-Agent": user_agent, "X-Forwarded-For": address} | names)
    try:
        with direct.open(request, timeout=10) as answer:
            answer.read()
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


# Loopback only, whatever proxy the environment names.
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _write_secret(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")

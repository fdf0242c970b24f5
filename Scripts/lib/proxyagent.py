"""The agent as a submission proxy before an upstream, for scripts."""

import socket
import time

from agent import Agent, AgentError
from privateserver import free_ports
from processes import wait_until


class ProxyAgent(Agent):
    """One account, `alice`, whose mailbox is away: what is sent is all that happens. Everybody at far.example is tracked."""

    def __init__(self, program, home):
        super().__init__(program, home)
        self.port, self.submission_port, self.tls_port = free_ports(3)

    def prepare(self, upstream, smtp, tokens="shared", certificates=None):
        """`smtp`: lines of the account that say where the mail goes. `certificates`: a directory with `server.pem` and
        `server.key`; with it mail programs may use TLS, from the first octet on at `tls_port`."""
        secret = self.home / "keys" / "alice.password"
        secret.write_text(upstream.password)
        secret.chmod(0o600)
        self.config_file.write_text(f"""\
[[account]]
name = "alice"
imap = "imap://127.0.0.1:1"
cleartext = true
user = "{upstream.user}"
password_file = "keys/alice.password"
ca_file = "{upstream.ca_file}"
addresses = ["alice@example.org"]
{smtp}

[[source]]
kind = "sentmark"
url = "{self.url}"
credential_file = "keys/px"

[server]
listen = "127.0.0.1:{self.port}"
public_url = "{self.url}"

[submission]
listen = "127.0.0.1:{self.submission_port}"
recipients = ["*@far.example"]
short = "inject"
tokens = "{tokens}"
{self._listen_tls(certificates) if certificates else ""}
""")
        self.config_file.chmod(0o600)
        self.add_stream()

    def _listen_tls(self, certificates):
        for name in ("server.pem", "server.key"):
            copy = self.home / "keys" / name
            copy.write_bytes((certificates / name).read_bytes())
            copy.chmod(0o600)
        return (f'listen_tls = "127.0.0.1:{self.tls_port}"\n'
                'certificate_file = "keys/server.pem"\nkey_file = "keys/server.key"')

    def launch(self):
        """Starts it; returns when it takes mail. While it was away, one of its ports may have become that of somebody's
        connection: then it is started until that is over."""
        for _ in range(20):
            self.start(wait_for_server=False)
            wait_until(lambda: self._takes_mail() or not self.running(), 20)
            if self.running() or "in use" not in self.log_tail(3):
                break
            time.sleep(1)
        if not self._takes_mail():
            raise AgentError(f"no proxy on port {self.submission_port}:\n{self.log_tail()}")

    @property
    def submission_password(self):
        return (self.home / "keys" / "submission").read_text().strip()

    def _takes_mail(self):
        try:
            with socket.create_connection(("127.0.0.1", self.submission_port), 5) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False

"""OpenSMTPD 6.8 from Debian's package, of which nothing is installed."""

import subprocess

from upstreamserver import UnpackedServer


class OpenSMTPD(UnpackedServer):
    name = "opensmtpd"

    def _configure(self):
        d = self.directory
        self.environment = {"NORIGHTS_ROOT": str(d), "NORIGHTS_KEY": str(d / "certs" / "server.key")}
        for below, mode in {"run": 0o755, "lib/opensmtpd/empty": 0o755, "spool/smtpd": 0o711,
                            "spool/smtpd/purge": 0o700}.items():
            (d / "var" / below).mkdir(parents=True, exist_ok=True)
            (d / "var" / below).chmod(mode)
        hashed = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=self.password, capture_output=True,
                                text=True, check=True).stdout.strip()
        (d / "credentials").write_text(f"{self.user} {hashed}\n")
        (d / "credentials").chmod(0o600)
        (d / "certs" / "server.key").chmod(0o600)
        (d / "smtpd.conf").write_text(f"""\
smtp max-message-size 100M
pki localhost cert "{d}/certs/server.pem"
pki localhost key "{d}/certs/server.key"
table credentials file:{d}/credentials
listen on 127.0.0.1 port {self.port} tls-require pki localhost hostname localhost auth <credentials>
listen on 127.0.0.1 port {self.tls_port} smtps pki localhost hostname localhost auth <credentials>
action "keep" relay host "smtp+notls://127.0.0.1:{self.store.port}"
match auth from any for any action "keep"
""")

    def _command(self):
        return [self.program / "bin" / "smtpd", "-d", "-f", self.directory / "smtpd.conf"]

    def _queue(self):
        return self.directory / "var" / "spool" / "smtpd" / "queue"

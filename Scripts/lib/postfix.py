"""Postfix 3.7 from Debian's package, nothing of which is installed.

Passwords are asked of this process, by the protocol of saslauthd.
"""

import os

from authsocket import AuthSocket, saslauthd
from upstreamserver import UnpackedServer, server_user

MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt
127.0.0.1:{tls} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix(UnpackedServer):
    name = "postfix"

    def _configure(self):
        d, bin = self.directory, self.program / "bin"
        for below in ("queue", "data", "conf", "conf/sasl"):
            (d / below).mkdir(exist_ok=True)
        for below in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private",
                      "public", "maildrop", "pid", "saved", "trace"):
            (d / "queue" / below).mkdir(exist_ok=True)
        self.environment = {"MAIL_CONFIG": str(d / "conf")}
        if not (d / "auth").exists():
            self.auth = AuthSocket(d / "auth", saslauthd(lambda *given: given == (self.user, self.password)))
        (d / "conf" / "sasl" / "smtpd.conf").write_text(
            f"pwcheck_method: saslauthd\nsaslauthd_path: {d}/auth\nmech_list: PLAIN LOGIN\n")
        (d / "conf" / "master.cf").write_text(MASTER.format(port=self.port, tls=self.tls_port))
        (d / "conf" / "main.cf").write_text(f"""\
compatibility_level = 3.6
queue_directory = {d}/queue
data_directory = {d}/data
daemon_directory = {bin}
command_directory = {bin}
shlib_directory = {self.program}/lib
meta_directory = {d}/conf
mail_owner = {server_user().pw_name}
default_privs = nobody
setgid_group = news
maillog_file = {d}/maillog
maillog_file_prefixes = {d}
import_environment = MAIL_CONFIG LD_PRELOAD LD_LIBRARY_PATH
export_environment = LD_PRELOAD LD_LIBRARY_PATH
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost.example
mydestination =
mynetworks =
alias_maps =
local_recipient_maps =
relayhost = [127.0.0.1]:{self.store.port}
smtp_tls_security_level = none
smtp_line_length_limit = 0
smtp_dns_support_level = disabled
disable_mime_output_conversion = yes
message_size_limit = 104857600
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = {d}/conf/sasl
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = {d}/certs/server.pem
smtpd_tls_key_file = {d}/certs/server.key
""")
        os.utime(d / "conf" / "main.cf", (0, 0))  # it waits 2 s where somebody may still be writing

    def remove(self):
        if self.process:
            self.process.kill()  # master takes 1 s to end in order
        super().remove()

    def _command(self):
        return [self.program / "bin" / "master", "-d", "-c", self.directory / "conf"]

    def _queue(self):
        return self.directory / "queue"

    def _queued(self):
        return sum(len(files) for name in ("incoming", "active", "deferred")
                   for _, _, files in os.walk(self.directory / "queue" / name))

    def _tail(self):
        log = self.directory / "maillog"
        return super()._tail() + "\n" + ("\n".join(log.read_text().splitlines()[-15:]) if log.exists() else "")

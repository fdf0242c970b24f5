"""Python's aiosmtpd from Debian's package, which is not installed, in this process."""

import logging
import ssl
import sys
import warnings

from privateserver import UNPACKED, ServerError, free_ports
from upstreamserver import UpstreamServer


class AioSMTP(UpstreamServer):
    name = "aiosmtpd"

    def _launch(self):
        sys.path.append(str(UNPACKED / "aiosmtpd" / "lib"))
        try:
            from aiosmtpd.controller import Controller
            from aiosmtpd.smtp import AuthResult
        except ImportError as error:
            raise ServerError(f"{error}: run Scripts/install-dependencies --test")
        warnings.filterwarnings("ignore", module="aiosmtpd")  # it does not see that TLS lies around a session
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certs = self.directory / "certs"
        context.load_cert_chain(certs / "server.pem", certs / "server.key")

        def authenticate(server, session, envelope, mechanism, login):
            given = (login.login, login.password)
            return AuthResult(success=given == (self.user.encode(), self.password.encode()), handled=False)

        options = {"hostname": "127.0.0.1", "authenticator": authenticate, "auth_required": True,
                   "enable_SMTPUTF8": True, "data_size_limit": 100 << 20}
        self.port, self.tls_port = free_ports(2)  # it takes no 0: it connects to what it was given
        plain = Controller(self, port=self.port, tls_context=context, require_starttls=True, **options)
        secure = Controller(self, port=self.tls_port, ssl_context=context, auth_require_tls=False, **options)
        for controller in (plain, secure):
            controller.start()

    async def handle_DATA(self, server, session, envelope):
        sender = "" if envelope.mail_from == "<>" else envelope.mail_from
        mail = " ".join([f"MAIL FROM:<{sender}>", *envelope.mail_options])
        rcpt = [" ".join([f"RCPT TO:<{name}>", *envelope.rcpt_options]) for name in envelope.rcpt_tos]
        self.deliveries.add(sender, envelope.rcpt_tos, mail, rcpt, envelope.original_content)
        return "250 2.0.0 ok"

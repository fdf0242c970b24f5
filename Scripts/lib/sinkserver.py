"""The sink of sink.py as a server like the others: TLS, one user, deliveries."""

import json
import ssl

from sink import Sink
from upstreamserver import UpstreamServer


class SinkServer(UpstreamServer):
    name = "sink"

    def __init__(self, behaviour=None, **options):
        super().__init__(**options)
        self.behaviour = behaviour

    _log = property(lambda self: self.directory / "transactions")

    def transactions(self):
        """What came, accepted or not: see sink.py."""
        with self.sink.lock:
            return [json.loads(line) for line in self._log.read_text().splitlines()] if self._log.exists() else []

    def _launch(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certs = self.directory / "certs"
        context.load_cert_chain(certs / "server.pem", certs / "server.key")
        self.sink = Sink(self.deliveries, self._log, context, self.user, self.password, self.behaviour)
        self.port, self.tls_port = self.sink.port, self.sink.tls_port

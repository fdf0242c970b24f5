#!/usr/bin/env python3
"""An SMTP server to submit mail to, for another program's tests.

upstream.py KIND [--directory PATH] [--certificate valid|expired] [--behaviour JSON]
starts one on loopback, prints where it is as one line of JSON (`port`: STARTTLS, `tls`: implicit TLS, `ca`, `user`,
`password`, `deliveries`: directory of deliveries.py), then answers one JSON request a line:
  {"do": "deliveries", "count": N}          all mails, once there are N and the server holds none back
  {"do": "behave", "behaviour": {...}}      sink alone: from now on (see sink.py)
  {"do": "log"}                             sink alone: -> transactions, those not accepted too
At the end of its input or on SIGTERM the server ends and its directory goes. Mail is taken from who logs in, by PLAIN or
LOGIN, under TLS.
"""

import argparse
import json
import signal
import sys

from aiosmtp import AioSMTP
from exim import Exim
from opensmtpd import OpenSMTPD
from postfix import Postfix
from privateserver import ServerError
from sinkserver import SinkServer

KINDS = {kind.name: kind for kind in (Postfix, OpenSMTPD, Exim, AioSMTP, SinkServer)}


def answer(server, request):
    if request["do"] == "deliveries":
        return {"deliveries": server.settled(request.get("count", 0))}
    if isinstance(server, SinkServer) and request["do"] == "behave":
        server.sink.behave(request["behaviour"])
        return {}
    if isinstance(server, SinkServer) and request["do"] == "log":
        return {"transactions": server.transactions()}
    raise ServerError(f"{server.name} does not know how to {request['do']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--directory", help="made if it is not there; without: a temporary one")
    parser.add_argument("--certificate", choices=("valid", "expired"), default="valid")
    parser.add_argument("--behaviour", type=json.loads)
    arguments = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller decides; it closes our input
    options = {"directory": arguments.directory, "certificate": arguments.certificate}
    if arguments.behaviour is not None:
        if arguments.kind != SinkServer.name:
            parser.error("--behaviour is for the sink alone")
        options["behaviour"] = arguments.behaviour
    try:
        with KINDS[arguments.kind](**options) as server:
            server.start()
            print(json.dumps(server.description()), flush=True)
            for line in sys.stdin:
                try:
                    said = answer(server, json.loads(line))
                except (ServerError, OSError, KeyError, ValueError) as error:
                    said = {"error": f"{type(error).__name__}: {error}"}
                print(json.dumps(said), flush=True)
    except ServerError as error:
        sys.exit(f"upstream.py: {error}")


if __name__ == "__main__":
    main()

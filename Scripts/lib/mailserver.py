#!/usr/bin/env python3
"""A private mail server for another program's tests, driven by lines of JSON.

mailserver.py serve [--kind dovecot|cyrus|courier] [--users alice,bob] [--capability LIST] [--nameless]
    [--rights Sent=lrsi]
starts one in a temporary directory, prints where it is as one line of JSON, then answers one JSON request a line
(see REQUESTS). At the end of its input or on SIGTERM it stops the server and removes the directory: a caller that
dies leaves nothing behind.
"""

import argparse
import base64
import imaplib
import json
import signal
import sys

from courier import Courier
from cyrus import Cyrus
from dovecot import Dovecot
from privateserver import ServerError
from plainrelay import PlainRelay

KINDS = {"dovecot": Dovecot, "cyrus": Cyrus, "courier": Courier}


def _append(server, request):
    with server.client(request.get("user")) as client:
        message = base64.b64decode(request["message"])
        return {"uid": client.append(request["folder"], message, request.get("flags", ["\\Seen"]), request.get("date"))}


def _flags(server, request):
    with server.client(request.get("user")) as client:
        found = client.flags_and_modseq(request["folder"])
    return {"messages": [{"uid": u, "flags": sorted(f), "modseq": m or 0} for u, (f, m) in sorted(found.items())]}


def _texts(server, request):
    with server.client(request.get("user")) as client:
        found = client.texts(request["folder"])
    return {"texts": [{"uid": uid, "message": base64.b64encode(text).decode()} for uid, text in sorted(found.items())]}


def _dates(server, request):
    with server.client(request.get("user")) as client:
        found = client.dates(request["folder"])
    return {"dates": [{"uid": uid, "date": date} for uid, date in sorted(found.items())]}


def _with_client(action):
    def run(server, request):
        with server.client(request.get("user")) as client:
            action(client, request)
        return {}
    return run


def _start(server, _):
    server.start()
    return {}


def _stop(server, _):
    server.stop()
    return {}


def _drop(server, request):
    server.drop_connections(request.get("user", server.users[0]))
    return {}


def _sent(server, request):
    return {"bytes": server.bytes_sent(request.get("user", server.users[0]))}


def _refused(server, request):
    return {"logins": server.refused_logins(request.get("user", server.users[0]))}


def _token(server, request):
    return {"token": server.access_token(request.get("user", server.users[0]), request["lifetime"])}


def _sessions(server, _):
    sessions = [[{"line": line, "received": received, "number": number} for line, received, number in session.commands]
                for session in server.relay.sessions]
    return {"sessions": sessions}


REQUESTS = {
    "append": _append,  # user folder message(base64) [flags] [date] -> uid
    "flags": _flags,  # user folder -> messages: uid flags modseq
    "store": _with_client(lambda c, r: c.store(r["folder"], r["uid"], r["change"], r["flags"])),
    "expunge": _with_client(lambda c, r: c.expunge(r["folder"], r["uid"])),
    "move": _with_client(lambda c, r: c.move(r["folder"], r["uid"], r["to"])),
    "create": _with_client(lambda c, r: c.create(r["folder"])),
    "texts": _texts,  # user folder -> texts: uid message(base64); none if there is no such folder
    "dates": _dates,  # user folder -> dates: uid date(seconds since 1970)
    "recreate": _with_client(lambda c, r: c.recreate(r["folder"])),
    "drop": _drop,  # user: every connection of that user ends
    "stop": _stop,  # the server ends, its directory and ports are kept
    "start": _start,
    "sent": _sent,  # user -> bytes sent in finished sessions
    "refused": _refused,  # user -> logins that failed
    "token": _token,  # user lifetime (seconds) -> token, with which the user may log in
    "sessions": _sessions,  # what each connection over the relay asked, and the bytes that it got
}


def serve(arguments):
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller decides; it closes our input
    kind, options = KINDS[arguments.kind], {"users": arguments.users.split(",")}
    if kind is Dovecot:
        options["capability"] = arguments.capability
        options["nameless"] = arguments.nameless
        options["rights"] = dict(item.split("=", 1) for item in arguments.rights)
    elif arguments.capability or arguments.nameless or arguments.rights:
        raise ServerError(f"{kind.name} takes none of --capability, --nameless and --rights")
    with kind(**options) as server:
        server.start()
        server.relay = PlainRelay(server.imap_port)
        print(json.dumps(server.description() | {"relay": server.relay.port}), flush=True)
        for line in sys.stdin:
            try:
                request = json.loads(line)
                answer = REQUESTS[request["do"]](server, request)
            except (ServerError, OSError, AttributeError, KeyError, ValueError, imaplib.IMAP4.error) as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("serve")
    command.add_argument("--kind", choices=KINDS, default="dovecot")
    command.add_argument("--users", default="alice,bob")
    command.add_argument("--capability", help="Dovecot: capabilities after login, instead of its own")
    command.add_argument("--nameless", action="store_true", help="Dovecot: neither greeting nor ID tells what it is")
    command.add_argument("--rights", action="append", default=[], metavar="FOLDER=RIGHTS",
                         help="Dovecot: rights that the owner keeps")
    command.set_defaults(run=serve)
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except ServerError as error:
        sys.exit(f"mailserver.py: {error}")


if __name__ == "__main__":
    main()

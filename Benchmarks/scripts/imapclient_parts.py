#!/usr/bin/env python3
"""What a careful user would write with IMAPClient: structure and headers of 500 messages at once, then their HTML
parts, grouped by section. The library has one command in flight.

PORT CAFILE USER PASSWORD PATTERN (the URL's beginning, as text)
"""

import binascii
import re
import ssl
import sys

from imapclient import IMAPClient

BATCH = 500
FIELDS = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE SUBJECT TO CC)]"


def leaves(structure, section=""):
    if isinstance(structure[0], list):
        for number, part in enumerate(structure[0], 1):
            yield from leaves(part, f"{section}.{number}" if section else str(number))
    else:
        yield section or "1", structure


def batches(uids):
    return (uids[start:start + BATCH] for start in range(0, len(uids), BATCH))


port, ca_file, user, password, prefix = sys.argv[1:]
pattern = re.compile(re.escape(prefix).encode() + rb"([a-z2-7]{40})\.gif")
client = IMAPClient("localhost", int(port), ssl_context=ssl.create_default_context(cafile=ca_file))
client.login(user, password)
client.select_folder("Sent", readonly=True)
groups, found = {}, set()
for batch in batches(client.search("ALL")):
    for uid, answer in client.fetch(batch, ["FLAGS", "INTERNALDATE", "BODYSTRUCTURE", FIELDS]).items():
        for section, leaf in leaves(answer[b"BODYSTRUCTURE"]):
            if leaf[0].lower() == b"text" and leaf[1].lower() == b"html":
                groups.setdefault((section, leaf[5].lower()), []).append(uid)
                break
decode = {b"base64": binascii.a2b_base64, b"quoted-printable": binascii.a2b_qp}
for (section, encoding), uids in groups.items():
    for batch in batches(uids):
        for answer in client.fetch(batch, [f"BODY.PEEK[{section}]"]).values():
            text = decode.get(encoding, bytes)(answer[f"BODY[{section}]".encode()])
            if match := pattern.search(text):
                found.add(match.group(1))
client.logout()
print(len(found))

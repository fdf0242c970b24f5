#!/usr/bin/env python3
"""What a user would write: RFC822 of every message, one by one, taken apart by Python's email, searched for a pixel.

PORT CAFILE USER PASSWORD PATTERN (the URL's beginning, as text)
"""

import email
import imaplib
import re
import ssl
import sys

port, ca_file, user, password, prefix = sys.argv[1:]
pattern = re.compile(re.escape(prefix).encode() + rb"([a-z2-7]{40})\.gif")
imap = imaplib.IMAP4_SSL("localhost", int(port), ssl_context=ssl.create_default_context(cafile=ca_file))
imap.login(user, password)
imap.select("Sent", readonly=True)
found = set()
for uid in imap.uid("SEARCH", "ALL")[1][0].split():
    message = email.message_from_bytes(imap.uid("FETCH", uid, "(RFC822)")[1][0][1])
    for part in message.walk():
        if part.get_content_type() == "text/html" and (match := pattern.search(part.get_payload(decode=True))):
            found.add(match.group(1))
imap.logout()
print(len(found))

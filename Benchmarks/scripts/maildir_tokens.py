#!/usr/bin/env python3
"""After a whole pull: finds the pixels in the Maildirs below a folder. HTML parts are decoded: a search in the files
themselves finds none that is in base64 or folded by quoted-printable.

DIRECTORY PATTERN (the URL's beginning, as text)
"""

import email
import re
import sys
from pathlib import Path

directory, prefix = sys.argv[1:]
pattern = re.compile(re.escape(prefix).encode() + rb"([a-z2-7]{40})\.gif")
found = set()
for path in (path for name in ("cur", "new") for path in Path(directory).glob(f"**/{name}/*")):
    for part in email.message_from_bytes(path.read_bytes()).walk():
        if part.get_content_type() == "text/html" and (match := pattern.search(part.get_payload(decode=True))):
            found.add(match.group(1))
print(len(found))

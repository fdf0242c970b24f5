"""Accepted mails, a file of JSON each: who sent to whom, by which commands, and all bytes."""

import base64
import json
import os
import threading


class Deliveries:
    """NNNNNN.json in a directory, in order: `sender`, `recipients`, `mail` and `rcpt` (the commands, as far as the
    server tells them), `data` (base64; the message, without what SMTP's transparency added)."""

    def __init__(self, directory):
        self.directory, self.count, self.lock = directory, 0, threading.Lock()
        directory.mkdir()

    def add(self, sender, recipients, mail, rcpt, data):
        with self.lock:
            path = self.directory / f"{self.count + 1:06}.json"
            entry = {"sender": sender, "recipients": recipients, "mail": mail, "rcpt": rcpt,
                     "data": base64.b64encode(data).decode()}
            new = path.with_suffix(".new")
            new.write_text(json.dumps(entry))
            os.replace(new, path)
            self.count += 1

    def all(self):
        return [json.loads(path.read_text()) for path in sorted(self.directory.glob("*.json"))]

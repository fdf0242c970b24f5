#!/usr/bin/env python3
"""Programs that submit mail, for another program's tests: one JSON request a line, each answered by one line.

  {"do": "submit", "program": NAME, "security": "tls|starttls|none", "sender": …, "recipients": […], "message": BASE64,
   "server": {"port", "tls", "ca", "user", "password"}}     -> {}, or {"error": what the program said}
  {"do": "smuggle", "security": …, "server": {…}}           -> {"probes": […]} (smuggle.py)
NAME is one of submitters.py. Ends when its input does.
"""

import base64
import json
import sys
import tempfile
from pathlib import Path

import smuggle
from submitters import SubmissionError, submit


def answer(request):
    server = {"host": "127.0.0.1"} | request["server"]
    if request["do"] == "smuggle":
        return {"probes": smuggle.send(server, request["security"])}
    with tempfile.TemporaryDirectory(prefix="mailprograms-") as directory:
        submit(request["program"], server, request["security"], request["sender"], request["recipients"],
               base64.b64decode(request["message"]), Path(directory))
    return {}


def main():
    for line in sys.stdin:
        try:
            said = answer(json.loads(line))
        except (SubmissionError, OSError, KeyError, ValueError) as error:
            said = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Looks for words where they must not be, and listens on a wire. Driven by lines of JSON, one answer a line.

{"do": "tap", "port": P, "target": T, "folder": F}
    relays what comes to loopback port P to port T from now on, and keeps every octet, a file for each direction of each
    connection.
{"do": "search", "folders": [F, …], "words": [W, …]}
    every file below the folders: each place of a word, as it is in either case, or in base64, hexadecimal, percent or
    quoted-printable coding, or UTF-16; also within gzip. Answers {"found": [{"word", "form", "file"}, …], "bytes": N}.
"""

import base64
import json
import os
import quopri
import socket
import sys
import threading
import urllib.parse
import zlib
from pathlib import Path


def forms(word):
    """Every way in which the word may have been written, by name, lower case."""
    text = word.encode()
    yield "plain", text.lower()
    yield "hexadecimal", text.hex().encode()
    yield "utf-16", word.lower().encode("utf-16-le")
    yield "percent", urllib.parse.quote(word, safe="").lower().encode()
    yield "percent, all", "".join(f"%{octet:02x}" for octet in text).encode()
    yield "quoted-printable", quopri.encodestring(text, quotetabs=True).strip().lower()
    for shift in range(3):
        # What depends on the word alone, whatever stands before and after it.
        coded = base64.b64encode(b"\0" * shift + text)
        yield f"base64, {shift}", coded[[0, 2, 3][shift]:len(coded) - [0, 4, 4][(len(text) + shift) % 3]]


def contents(path):
    """The file's octets, and those of whatever is gzipped in it."""
    data = path.read_bytes()
    yield data
    start = data.find(b"\x1f\x8b\x08")
    while start >= 0:
        try:
            yield zlib.decompressobj(wbits=31).decompress(data[start:])
        except zlib.error:
            pass
        start = data.find(b"\x1f\x8b\x08", start + 1)


def search(request):
    found, size = [], 0
    sought = [(word, form, octets) for word in request["words"] for form, octets in forms(word)]
    for path in (Path(root) / name for folder in request["folders"] for root, _, names in os.walk(folder)
                 for name in names):
        if not path.is_file():
            continue
        for data in contents(path):
            size += len(data)
            lower = data.lower()
            for word, form, octets in sought:
                # base64 has both cases.
                if octets in (data if form.startswith("base64") else lower):
                    found.append({"word": word, "form": form, "file": str(path)})
    return {"found": found, "bytes": size}


def pump(source, sink, path):
    with open(path, "wb", buffering=0) as file:
        try:
            while data := source.recv(1 << 16):
                file.write(data)
                sink.sendall(data)
        except OSError:
            pass
        for end, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
            try:
                end.shutdown(how)
            except OSError:
                pass


def relay(listener, target, folder):
    for number in range(1 << 20):
        client, _ = listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", target), 5)
        except OSError:
            client.close()
            continue
        server.settimeout(None)
        for source, sink, name in ((client, server, "up"), (server, client, "down")):
            threading.Thread(target=pump, args=(source, sink, folder / f"{number}-{name}"), daemon=True).start()


def tap(request):
    folder = Path(request["folder"])
    folder.mkdir(parents=True)
    listener = socket.create_server(("127.0.0.1", request["port"]))
    threading.Thread(target=relay, args=(listener, request["target"], folder), daemon=True).start()
    return {}


def main():
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps({"tap": tap, "search": search}[request["do"]](request)), flush=True)


if __name__ == "__main__":
    main()

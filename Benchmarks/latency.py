#!/usr/bin/env python3
"""How long until another mail client sees it.

Opens: from just before the pixel is requested to the moment a client that polls the server reads `opened`.
New mail: from the moment an independent client in IDLE is told of the message (EXISTS), and from the tagged OK of
the APPEND, to `tracked`. Dovecot 2.3 tells IDLE clients about 500 ms after the APPEND, whoever they are.
"""

import email.utils
import threading
import time

from world import MailClient, World, load_pixel, main, milliseconds, progress

READER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.5.0"
OPENS, APPENDS = 200, 40


class Idler:
    """Says when an EXISTS reaches a client in IDLE."""

    def __init__(self, client):
        self.client = client
        client.select("Sent")
        self.told = threading.Event()
        self.at = 0.0
        self.file = client.imap.file
        client.imap.send(b"idle IDLE\r\n")
        self.file.readline()
        client.imap.sock.settimeout(None)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while line := self.file.readline():
            if line.rstrip().endswith(b"EXISTS"):
                self.at = time.monotonic()
                self.told.set()


def letter(n, url):
    text = "Dear reader, the drawings are ready and the price holds until the end of the month. " * 8
    return (f"From: Alice <alice@example.net>\r\nTo: Reader {n} <r{n}@example.com>\r\nSubject: Letter {n}\r\n"
            f"Date: {email.utils.formatdate()}\r\nMessage-ID: <latency-{n}-{time.time_ns()}@example.net>\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
            f'<html><body><p>{text}</p><img src="{url}" alt="" width="1" height="1"></body></html>\r\n').encode()


def seen(client, uid, keyword, seconds=10):
    """The time at which the keyword was read. Polled without a pause: a client in IDLE would be told 500 ms late."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if keyword in client.flags("Sent", str(uid)).get(uid, set()):
            return time.monotonic()
        time.sleep(0.001)
    raise SystemExit(f"message {uid} had no {keyword!r} after {seconds} s")


def measure(program, table, **_):
    with World(program) as world:
        world.run_agent()
        with world.client() as writer, world.client() as reader:
            progress(f"{OPENS} opens")
            urls = [world.new_url() for _ in range(OPENS)]
            uids = [writer.append("Sent", letter(n, url)) for n, url in enumerate(urls)]
            world.await_tracked(OPENS)
            opens = []
            for n, (uid, url) in enumerate(zip(uids, urls)):
                begin = time.monotonic()
                load_pixel(url, READER, f"198.18.{n}.10")  # a network each (RFC 2544): readers, not a scanner's burst
                opens.append(seen(reader, uid, "opened") - begin)

            progress(f"{APPENDS} new messages")
            idler = Idler(MailClient(world.dovecot.imaps_port, world.dovecot.ca_file, "alice", world.dovecot.password))
            from_exists, from_ok, exists = [], [], []
            for n in range(APPENDS):
                idler.told.clear()
                uid = writer.append("Sent", letter(OPENS + n, world.new_url()))
                stored = time.monotonic()
                tracked = seen(reader, uid, "tracked")
                if not idler.told.wait(10):
                    raise SystemExit("Dovecot did not announce the message")
                from_ok.append(tracked - stored)
                from_exists.append(max(0.0, tracked - idler.at))
                exists.append(idler.at - stored)
    table.row("pixel loaded → opened, seen by another client", milliseconds(opens), "p50 ≤ 100, p99 ≤ 500 ms")
    table.row("EXISTS on an idle socket → tracked", milliseconds(from_exists), "p50 ≤ 100 ms")
    table.row("APPEND answered → tracked", milliseconds(from_ok))
    table.row("APPEND answered → EXISTS (Dovecot alone)", milliseconds(exists))


if __name__ == "__main__":
    main(measure, __doc__)

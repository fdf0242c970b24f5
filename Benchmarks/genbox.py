#!/usr/bin/env python3
"""A synthetic Sent folder of any size, written straight into a Maildir. Same count and seed: same sizes.

 60 %  multipart/alternative(text/plain, text/html)                                  html is part 2
 20 %  text/plain
 20 %  multipart/mixed(multipart/alternative(text/plain, text/html), attachment)     html is part 1.2

HTML is 2-30 KiB decoded (log-uniform), quoted-printable 65 % or base64 35 %; attachments are 50-400 KiB, unless other
sizes are given. One message in ten carries one of our pixels in its HTML; one tenth of the other HTML messages carries
a stranger's.
"""

import base64
import binascii
import email.utils
import os
import random
import string
from dataclasses import dataclass, field
from pathlib import Path

WORDS = ("offer invoice quarterly report meeting please find attached regards drawing façade Grüße naïve 日本 second "
         "floor permit delivery window door price until Friday call me back thank you for your patience contract "
         "signed copies north side measurements stairs oak glass steel concrete week plan draft").split()
BASE32 = string.ascii_lowercase + "234567"
OWNER = "Alice Example <alice@example.net>"


@dataclass
class Box:
    """What was written. Sizes are of CRLF text, as IMAP sends it."""
    count: int
    bytes: int = 0
    header_bytes: int = 0  # top-level headers, complete
    html_bytes: int = 0  # HTML parts in their transfer encoding
    tracked: set = field(default_factory=set)  # numbers of messages with our pixel; the first message is 1
    sections: dict = field(default_factory=dict)  # IMAP section of the HTML part -> message numbers


@dataclass(frozen=True)
class Sizes:
    """Octets, least and most: of HTML before it is encoded, of attachments."""
    html: tuple = (2 << 10, 30 << 10)
    attachment: tuple = (50 << 10, 400 << 10)


# For boxes of very many messages: some 4 KB each.
SMALL = Sizes(html=(512, 2 << 10), attachment=(1 << 10, 4 << 10))


def generate(deliver, count, new_url, seed=1, newest=1_790_000_000, sizes=Sizes()):
    """`deliver(bytes, time)` stores a message, oldest first; `new_url()` makes the URL of one of our pixels."""
    choose = random.Random(seed)
    noise = choose.randbytes(1 << 20)
    paragraphs = [" ".join(choose.choices(WORDS, k=choose.randint(8, 40))) for _ in range(400)]
    shapes = choose.choices(["alternative", "plain", "mixed"], [60, 20, 20], k=count)
    with_html = [n for n, shape in enumerate(shapes) if shape != "plain"]
    tracked = set(choose.sample(with_html, min(len(with_html), count // 10)))
    box, names = Box(count), []
    for n, shape in enumerate(shapes):
        when = newest - (count - n) * 3 * 365 * 86400 // max(count, 1000)
        image = ""
        if n in tracked:
            image = f'<img src="{new_url()}" alt="" width="1" height="1">'
            box.tracked.add(n + 1)
        elif choose.random() < 0.1:
            name = "".join(choose.choices(BASE32, k=40))
            image = f'<img src="https://t.other.example.net/i/{name}.gif" width="1" height="1" alt="">'
        name = f"<gen-{seed}-{n}@example.test>"
        head = _head(choose, n, when, name, names)
        names = [*names[-49:], name]
        text = "\n".join(choose.choices(paragraphs, k=choose.randint(2, 12))) + "\n"
        body = _part("text/plain; charset=utf-8", text.encode(), "quoted-printable")
        if shape != "plain":
            encoding = choose.choices(["quoted-printable", "base64"], [65, 35])[0]
            page = _encode(_page(choose, paragraphs, image, sizes.html), encoding)
            box.html_bytes += _crlf_length(page)
            box.sections.setdefault("2" if shape == "alternative" else "1.2", []).append(n + 1)
            body = _multipart(choose, "alternative", [body, _encoded_part("text/html; charset=utf-8", page, encoding)])
        if shape == "mixed":
            start, size = choose.randrange(len(noise) // 2), choose.randint(*sizes.attachment)
            file = f'name="doc{n}.pdf"'
            body = _multipart(choose, "mixed", [body, _part(
                f"application/pdf; {file}", noise[start:start + size], "base64",
                f"Content-Disposition: attachment; file{file}\n")])
        message = head.encode() + body
        box.bytes += _crlf_length(message)
        box.header_bytes += _crlf_length(message[:message.index(b"\n\n") + 2])
        deliver(message, when)
    return box


def _head(choose, n, when, name, earlier):
    copies = f"Cc: c{n % 89}@example.org, d{n % 83}@example.org\n" if n % 4 == 0 else ""
    thread = ""
    if earlier and choose.random() < 0.4:
        thread = f"In-Reply-To: {earlier[-1]}\nReferences: {' '.join(earlier[-3:])}\n"
    subject = " ".join(word for word in choose.choices(WORDS, k=6) if word.isascii())
    return (f"From: {OWNER}\nTo: Person {n % 997} <p{n % 997}@example.com>\n{copies}Subject: {subject} #{n}\n"
            f"Date: {email.utils.formatdate(when)}\nMessage-ID: {name}\n{thread}"
            "User-Agent: genbox\nMIME-Version: 1.0\n")


def _page(choose, paragraphs, image, sizes):
    least, most = sizes
    wanted, rows, size = int(least * (most / least) ** choose.random()), [], 120
    while size < wanted - 200:
        link = f"https://www.example.com/{choose.getrandbits(64):x}"
        row = (f'<tr><td style="font-family:Arial,sans-serif;font-size:14px;padding:4px">'
               f'<a href="{link}">{choose.choice(paragraphs)}</a></td></tr>')
        rows.append(row)
        size += len(row.encode()) + 1
    if image:
        rows.insert(choose.choice([0, len(rows), len(rows)]), image)
    table = "\n".join(rows)
    return f'<html><head><meta charset="utf-8"></head><body><table>\n{table}\n</table></body></html>\n'.encode()


def _encode(content, encoding):
    return base64.encodebytes(content) if encoding == "base64" else binascii.b2a_qp(content, istext=True)


def _part(kind, content, encoding, more=""):
    return _encoded_part(kind, _encode(content, encoding), encoding, more)


def _encoded_part(kind, encoded, encoding, more=""):
    return f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n{more}\n".encode() + encoded


def _multipart(choose, kind, parts):
    boundary = f"=_{choose.getrandbits(128):032x}"
    return (f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n'.encode()
            + b"".join(b"--" + boundary.encode() + b"\n" + part + b"\n" for part in parts)
            + f"--{boundary}--\n".encode())


def _crlf_length(text):
    return len(text) + text.count(b"\n")


def main():
    import argparse
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("maildir", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--host", default="https://px.example.org")
    arguments = parser.parse_args()
    for name in ("cur", "new", "tmp"):
        (arguments.maildir / name).mkdir(parents=True, exist_ok=True)
    tokens, number = random.Random(arguments.seed + 1), iter(range(1, arguments.count + 1))

    def deliver(message, when):
        path = arguments.maildir / "cur" / (
            f"{when}.M{next(number):06d}.gen,S={len(message)},W={_crlf_length(message)}:2,S")
        path.write_bytes(message)
        os.utime(path, (when, when))

    box = generate(deliver, arguments.count,
                   lambda: f"{arguments.host}/i/{''.join(tokens.choices(BASE32, k=40))}.gif", arguments.seed)
    print(f"{box.count} messages, {box.bytes} bytes; headers {box.header_bytes}, html {box.html_bytes}; "
          f"{len(box.tracked)} tracked")


if __name__ == "__main__":
    main()

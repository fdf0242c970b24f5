"""Seeds and dictionaries of the fuzz targets, made from the fixtures of the tests.

In an input the text stands in front; the choices that a target makes are read from its end (FuzzInput)."""

import base64
import hashlib
import json
import re
import zlib
from pathlib import Path

# As in SessionTarget's list of acts.
ACTS = {
    "noop": 0, "idle": 1, "done": 2, "select": 3, "examine": 3, "fetch": 4, "search": 5, "store": 6, "append": 7,
    "list": 8, "create": 9, "enable": 10, "id": 11, "logout": 12, "status": 16, "capability": 17,
    "compress": 19, "copy": 20, "subscribe": 21, "notify": 22, "label": 6,
}
TIME_PASSES, LONG_TIME_PASSES, HANG_UP, NOTHING = 13, 14, 15, 18
MOST_ACTS = 23
# The token that is "ours" in the targets of outgoing mail.
PLANTED = base64.b32encode(b"\x50" + b"\x09" * 24).lower()
# As in NetworkListTarget; one more is the file in which a list is kept.
LISTS = ["apple-relay", "google", "aws", "azure", "microsoft-365", "oracle", "zscaler", "geofeed"]
STORED_LIST = b"""sentmark-ranges 1
list linode
source https://geoip.linode.com/
fetched 2026-11-26T08:00:00.000Z
published 2
class linode 2
45.33.0.0/17
2600:3c00::/32
"""
PROXY_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
DICTIONARY_LIMIT = 600
SWOLLEN_LIMIT = 40


def write(target, folder, dictionary, longest):
    """Seeds of at most `longest` bytes into `folder`, and the dictionary; how many there are of both."""
    kept = (file.read_bytes() for file in Path("Tests/FuzzingTests/Fixtures", target).glob("*"))
    seeds = {seed for seed in [*SEEDS[target](), *kept] if len(seed) <= longest}
    seeds |= _swollen(sorted(seeds), longest)
    for number, seed in enumerate(sorted(seeds)):
        (folder / f"{number:04}").write_bytes(seed)
    words = sorted(WORDS[target]())[:DICTIONARY_LIMIT]
    dictionary.write_text("".join(f'"{_escaped(word)}"\n' for word in words))
    return len(seeds), len(words)


def _swollen(seeds, longest):
    """Some of the seeds with a word of theirs over and over: what is quadratic shows in them."""
    swollen = set()
    for seed in seeds[:: len(seeds) // SWOLLEN_LIMIT + 1]:
        start = max(0, seed.rfind(b" ", 0, len(seed) // 2))
        end = seed.find(b" ", start + 1, start + 32)
        word = seed[start : end if end > 0 else start + 8]
        swollen.add(seed[:start] + word * ((longest - len(seed)) // len(word) + 1) + seed[start + len(word) :])
    return swollen


def _input(text, *choices):
    """The choices in the order in which they are made."""
    return text + bytes(reversed(choices))


def _responses():
    for path in _fixtures("*.imap"):
        text = b"".join(content for kind, content in _dialogue(path) if kind == "server")
        for tightness in range(3):
            yield _input(text, tightness, 0)
    for line in _server_lines():
        yield _input(line, 0, 0)


def _sessions():
    for path in _fixtures("*.imap"):
        acts = [(NOTHING, b"")]
        for kind, content in _dialogue(path):
            if kind == "server":
                while content:
                    act, sent = acts[-1]
                    room = 255 - len(sent)
                    acts[-1] = act, sent + content[:room]
                    content = content[room:]
                    if content:
                        acts.append((NOTHING, b""))
            elif kind == "act":
                acts.append((content, b""))
        acts = acts[:MOST_ACTS]
        text = b"".join(sent for _, sent in acts)
        yield _input(text, 0, 0, len(acts), *(number for act, sent in acts for number in (act, len(sent))))


def _submissions():
    for path in _fixtures("*.smtp"):
        if path.parent.name == "server":
            text = b"".join(_said(path, "C"))
            for configuration in (0, 6):
                yield _input(text, configuration, 0, 0)
    # A driver that offers little.
    yield _input(text, 0, 63, 0)


def _replies():
    for path in _fixtures("*.smtp"):
        if path.parent.name == "client":
            yield _input(b"".join(_said(path, "S")), 11, 0)


def _messages():
    for message in _messages_as_they_are():
        yield _input(message, 0, 255)
        yield _input(message, 1, len(message) // 32)


def _outgoing():
    for message in _messages_as_they_are():
        yield _input(message, 0, 0, 0, 0, 0, 0)
        yield _input(message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), 0, 0, 0, 0, 1, 0)
    for path in _fixtures("*.html"):
        head = b"Message-ID: <1@a>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        yield _input(head + path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), 2, 0, 0, 0, 0, 0)


def _filed():
    own = b'<img src="https://px.example.org/i/' + PLANTED + b'.gif" width="1" height="1" alt="">'
    for path in _fixtures("*.html"):
        page = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        for html in (page, page.replace(b"</body>", own + b"</body>"), own + page):
            yield _input(b"Message-ID: <1@a>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html, 1)
    for message in _messages_as_they_are():
        message = message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        yield _input(message, 0)
        yield _input(message.replace(b"</body>", own + b"</body>"), 0)


def _decodings():
    for text in [*_messages_as_they_are(), *(path.read_bytes() for path in _fixtures("*.html"))]:
        for encoding in range(3):
            yield _input(text, encoding, encoding, 0)
        # UTF-16 and ISO-2022-JP, as they are.
        for label in range(2, 6):
            yield _input(text, 0, label, 0)
    for line in _header_values():
        yield _input(line, 1, 0, 0)


def _pages():
    for path in _fixtures("*.html"):
        for scanner in range(2):
            yield _input(path.read_bytes(), scanner, 0, 0, 0)
    for message in _messages_as_they_are():
        body = message.partition(b"\n\n")[2] or message.partition(b"\r\n\r\n")[2]
        for encoding in range(3):
            yield _input(body, 1, encoding, encoding, 0)


def _compressed():
    for line in _server_lines():
        yield _input(_deflated(line), 0, 0)
    # More than one piece of output each: what is inflated, and what is deflated first.
    yield _input(_deflated(bytes(200_000)), 0, 0)
    yield _input(b"".join(sorted(_server_lines()))[:2_000], 63, 0)


def _deflated(text):
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(text) + stream.flush(zlib.Z_SYNC_FLUSH)


def _answers():
    for path in _fixtures("*.json"):
        if path.parts[1] in ("HitSourcesTests", "PixelServerTests"):
            yield _input(path.read_bytes(), 0, 0)


def _providers():
    """Answers as documented; with a next page, and a name, that lead elsewhere."""
    names = ["mailgun-logs", "mailgun-events", "postmark", "sparkpost", "json"]
    folder = Path("Tests/HitSourcesTests/Fixtures/providers")
    for place, name in enumerate(names):
        text = (folder / f"{name}.json").read_bytes()
        for minimal in range(2):
            yield _input(text, place, 0, minimal, 0)
        yield _input(b"<html>", place, 5, 0, 0)
    for link in ("https://api.kept.example/x?y", "/x", "//x/", "https://api.kept.example.org/", "https://api.\u212aept.example/",
                 "HTTPS://API.KEPT.EXAMPLE/", "https://api.kept.example/\r\nX: y", "\u0301", ":7:"):
        for place, answer in ((1, {"items": [{"id": "a", "timestamp": 1795689018.5}], "paging": {"next": "@"}}),
                              (3, {"results": [], "links": {"next": "@"}}),
                              (4, {"data": {"opens": [{"n": 1, "when.ms": 1795689018530, "token": "t"}]}, "more": "@"}),
                              (5, {"data": {"opens": [{"n": 1, "when.ms": "2026-11-26T10:30:18Z"}]}, "more": "@"})):
            yield _input(json.dumps(answer).replace("@", link).encode(), place, 0, 0, 0)
    yield _input((folder / "postmark-details.json").read_bytes(), 2, 0, 0, 0)
    yield _input(b"927e56d4-dc66-4070-bbf0-1db76c2ae14b", 2, 0, 0, 0)


def _log_lines():
    """Lines as servers write them; and what a stranger puts into one, with the cuts where a field ends."""
    lines = [
        '192.0.2.10 - - [26/Nov/2026:05:37:58 +0000] "GET /i/t.gif HTTP/1.1" 200 43 "-" "Thunderbird/140"',
        '2001:db8::1 - ann [26/Nov/2026:06:37:58 +0100] "HEAD /i/t.gif?x=1 HTTP/2.0" 304 - "https://m.example/" "-" "x"',
        r'192.0.2.10 - - [26/Nov/2026:05:37:58 +0000] "GET /i/t.gif HTTP/1.1" 200 43 "-" "a \"b\" \x22c\x22 \\ d"',
        '192.0.2.10 - - [26/Nov/2026:05:37:58 +0000] "GET /i/t.gif HTTP/1.1" 200 43',
        '{"time_iso8601":"2026-11-26T05:37:58+00:00","msec":1795671478.000,"remote_addr":"192.0.2.10",'
        '"request":"GET /i/t.gif HTTP/1.1","status":200,"http_referer":"","http_user_agent":"Thunderbird/140"}',
        '{"time_local":"26/Nov/2026:05:37:58 +0000","remote_addr":"192.0.2.10","request_method":"GET",'
        '"request_uri":"/i/t.gif","http_user_agent":"Thunderbird/140"}',
        '{"time":"2026-11-26T06:37:58+01:00","remote_addr":"192.0.2.10","uri":"/i/t.gif"}',
        '{"ts":1795671478.0,"request":{"remote_ip":"10.0.0.1","client_ip":"192.0.2.10","method":"GET","uri":"/i/t.gif",'
        '"headers":{"User-Agent":["Thunderbird/140"],"Referer":["https://m.example/"]}},"status":200}',
    ]
    for line in lines:
        yield _input(line.encode(), 1, 0, 0, 85, 85)
    request, referer = b"GET /i/x.gif?a=1 HTTP/1.1", b"https://mail.example.org/"
    agents = [b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0", b"-", b'\\x22 "a" \\',
              "Ünïcode ✓ e\u0301".encode(), b"\xff\xfe\xc3(", b"\r\n\t\b\v\0\x7f"]
    for agent in agents:
        for server in range(3):
            yield _input(request + referer + agent, 2 - server, server, server % 2, len(request), len(referer))


def _request_heads():
    fields = [b"Host: px.example.org", b"User-Agent: A/1 (b; c)", b"X-Y: \t c d \t", b"Empty:", b"Connection: x, Close",
              b"Content-Length: 0", b"Upgrade: h2c", b"Accept: image/*;q=0.8", b"Transfer-Encoding: identity", b"DNT: 1"]
    for target in (b"/i/abcdefghabcdefghabcdefgh.gif", b"/i/x.gif?a=b#c", b"http://h/p?q", b"*", b"/v1/hits?limit=10&wait=5"):
        for version, rest in ((b"1.1", fields[:4]), (b"1.1", fields[:1]), (b"1.0", []), (b"1.1", [*fields[:1], *fields[4:8]])):
            head = b"\r\n".join([b"GET " + target + b" HTTP/" + version, *rest, b"", b""])
            yield _input(head, 0, 0)
            yield _input(b"\r\n" + head + head, 0, 0)
            yield _input(head + b"POST" + head[3:], 0, 1)
    for field in fields:
        yield _input(b"HEAD / HTTP/1.1\r\nHost: a\r\n" + field + b"\r\n\r\n", 0, 0)


def _proxy_headers():
    four = bytes([203, 0, 113, 1, 198, 51, 100, 1, 0x12, 0x67, 1, 0xBB])
    six = bytes.fromhex("20010db8" + 23 * "00" + "01") + bytes(8) + four[8:]
    behind = b"GET /i/x.gif HTTP/1.1\r\nHost: px\r\n\r\n"
    for line in (b"TCP4 203.0.113.1 198.51.100.1 56324 443", b"TCP6 2001:db8::1 2001:db8::2 56324 443",
                 b"TCP6 ::ffff:203.0.113.1 ::ffff:198.51.100.1 1 2", b"UNKNOWN", b"UNKNOWN ffff::1 ffff::2 1 2"):
        yield _input(b"PROXY " + line + b"\r\n" + behind, 0)
    for command, family, rest in ((0x21, 0x11, four), (0x21, 0x21, six), (0x21, 0x11, four + b"\4\0\1\7"),
                                  (0x20, 0x00, b""), (0x21, 0x00, b""), (0x21, 0x11, four + bytes(508))):
        head = PROXY_SIGNATURE + bytes([command, family]) + len(rest).to_bytes(2, "big")
        yield _input(head + rest + behind, 0)


def _client_addresses():
    texts = [
        "203.0.113.1", "192.0.2.66, 203.0.113.1\n10.1.2.3", "203.0.113.1:4711", "[2001:db8::1]:443", "::ffff:203.0.113.1",
        "203.0.113.1, unknown, 10.9.9.9", ",,", "For=203.0.113.1;proto=https;by=10.0.0.1", "for=192.0.2.66, for=203.0.113.1",
        'for="[2001:db8::1]:443"', r'for="203.0.113.\1"', "for=_hidden;host=x", 'for="x,for=192.0.2.66"',
        'for=192.0.2.66, for="203.0.113.1', '"', '\\"', '\\\\",\\', "for=203.0.113.1;for=192.0.2.66",
    ]
    for text in texts:
        for choice in range(2):
            yield _input(text.encode(), choice)


def _lists():
    for place, name in enumerate(LISTS):
        for path in _fixtures(f"{name}.*"):
            if path.parent.name == "lists":
                yield _input(path.read_bytes(), place)
    yield _input(STORED_LIST + b"sha256 " + hashlib.sha256(STORED_LIST).hexdigest().encode() + b"\n", len(LISTS))


def _values():
    texts = {value.encode() for path in _fixtures("tokens.json") for value in _strings(json.loads(path.read_text()))}
    for line in _server_lines():
        texts |= set(re.findall(rb"[0-9*][0-9:,*]*[0-9*]", line)) | set(re.findall(rb'"([^"]+)"', line))
    for text in texts:
        yield _input(text, 20, len(text) // 2)


SEEDS = {
    "imap-responses": _responses, "imap-session": _sessions, "smtp-server": _submissions, "smtp-client": _replies,
    "mime-message": _messages, "mime-decoding": _decodings, "outgoing": _outgoing, "cleaning": _filed,
    "beacon": _pages, "inflate": _compressed, "pull-answer": _answers, "provider": _providers, "access-log": _log_lines,
    "request-head": _request_heads, "proxy-header": _proxy_headers, "client-address": _client_addresses, "network-list": _lists, "values": _values,
}


def _imap_words():
    words = {b"\r\n", b"{5}\r\n", b"{0}\r\n", b"~{3}\r\n", b"+ \r\n", b"* ", b"(", b") ", b'"', b"\\", b"NIL", b"<0>"}
    words |= {f"t{number} {end}\r\n".encode() for number in range(1, 8) for end in ("OK x", "NO x", "BAD x")}
    for line in _server_lines():
        words |= set(re.findall(rb"\\?[A-Za-z][A-Za-z0-9.=-]{2,23}", line))
    return words


def _smtp_words():
    words = {b"\r\n", b"\r\n.\r\n", b"\n.\n", b"\r.\r", b"..", b"250-", b"250 ", b"354 ", b"421 ", b"=", b"+2B", b"<>"}
    for path in _fixtures("*.smtp"):
        for line in _said(path, "C"):
            words |= set(re.findall(rb"[A-Z][A-Z0-9]{2,9}[ =:]?|(?:FROM|TO):<[^>]*>|AUTH PLAIN [\w+/=]+\r\n", line))
    return words


def _mail_words():
    words = {b"\r\n", b"\r\n\r\n", b"\n", b"--", b"--\r\n", b"=\r\n", b"=20", b"=?utf-8?Q?", b"=?utf-8?B?", b"?="}
    words |= {b"multipart/mixed; boundary=b", b"*0*=", b"utf-8''"}
    words |= {b"\x1b(B", b"\x1b$B", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"}
    for message in _messages_as_they_are():
        words |= set(re.findall(rb"^[A-Za-z-]{2,30}:", message, re.M))
        words |= set(re.findall(rb"[A-Za-z0-9/-]{3,30}(?=[;=\r\n])", message[:2_000]))
    return words


def _html_words():
    words = {b"<!--", b"-->", b"<!--[if mso]>", b"<![endif]-->", b"&#x41;", b"&sol;", b"%2F", b"%25", b"\\2f "}
    for path in _fixtures("*.html"):
        html = path.read_bytes()
        words |= set(re.findall(rb"</?[a-zA-Z:]{1,20}|\b[a-z-]{2,12}=\"?|(?<=\")[A-Za-z_-]{4,32}(?=\")", html))
        words |= set(re.findall(rb"/i/[a-z2-7A-Z]{40}\.gif|url\(", html))
    return words


def _json_words():
    words = {b'"', b"\\u0000", b"\\ud800", b"null", b"true", b"1e400", b"-1", b"9223372036854775808", b"{", b"}]", b","}
    for path in _fixtures("*.json"):
        if path.parts[1] == "HitSourcesTests" or path.parent.name == "lists":
            words |= set(re.findall(rb'"[^"]*":?', path.read_bytes()))
    return words | {line + b"\n" for line in STORED_LIST.splitlines()}


def _log_words():
    words = {b'" "', b'" 200 43 "', b"\\x22", b'\\"', b"\\\\", b"\\x", b"\\u0000", b"\\ud800", b" HTTP/1.1", b"GET /", b"\xcc\x81",
             b'"},{"', b"[26/Nov/2026:05:37:58 +0000]", b"Z", b"+00:00", b"T", b"1e400", b"-1", b"0x1p3", b".5", b"/i/"}
    for line in _log_lines():
        words |= set(re.findall(rb'"[a-zA-Z_]+":', line))
    return words


def _request_words():
    return {b"\r\n", b"\r\n\r\n", b"GET ", b"HEAD ", b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", b"Host: a\r\n", b"\r\n ", b":", b"\t",
            b"Content-Length: 0\r\n", b"Content-Length: 1\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n",
            b"Upgrade: h2c\r\n", b"http://", b"/i/", b".gif", b"?", b"#", b"%00", b"\xff"}


def _proxy_words():
    return {PROXY_SIGNATURE, PROXY_SIGNATURE + b"\x21\x11\0\x0c", PROXY_SIGNATURE + b"\x21\x21\0\x24", b"PROXY ",
            b"TCP4 ", b"TCP6 ", b"UNKNOWN", b"\r\n", b"::ffff:", b"%", b" 65535", b"+1", b"0", b"2001:db8::1", b"192.0.2.1"}


def _address_words():
    return {b"for=", b"For=", b"by=", b"proto=https", b";", b",", b'"', b'\\"', b"\\", b"[", b"]", b":443", b"unknown", b"_x",
            b"::ffff:", b"%", b"127.0.0.1", b"10.0.0.1", b"192.0.2.1", b"2001:db8::1", b"\t", b"\n"}


def _value_words():
    return {b"smk1_", b"smp1_", b"4294967295", b"*", b":*", b",", b"&-", b"&AOk-", b"&", b"-", b"1:", b"=" * 6}


def _deflate_words():
    return {b"\0\0\xff\xff", b"\x01\0\0\xff\xff", b"\x03\0", b"\x4b\x04\0", b"\xed\xc1\x01\x01"}


WORDS = {
    "imap-responses": _imap_words, "imap-session": _imap_words, "smtp-server": _smtp_words,
    "smtp-client": _smtp_words, "mime-message": _mail_words,
    "mime-decoding": _mail_words, "outgoing": lambda: _mail_words() | _html_words(),
    "cleaning": lambda: _mail_words() | _html_words() | {PLANTED}, "beacon": _html_words,
    "inflate": _deflate_words, "pull-answer": _json_words, "provider": _json_words, "access-log": _log_words,
    "request-head": _request_words, "proxy-header": _proxy_words,
    "client-address": _address_words, "network-list": _json_words, "values": _value_words,
}


def _fixtures(pattern):
    """The fuzz targets' own, which hold choices as well, left out."""
    return sorted(path for path in Path("Tests").rglob(pattern)
                  if "Fixtures" in path.parts and path.parts[1] != "FuzzingTests")


def _messages_as_they_are():
    return [path.read_bytes() for path in _fixtures("*.eml")]


def _header_values():
    return {line.partition(b":")[2].strip() for message in _messages_as_they_are()
            for line in message.splitlines() if b":" in line}


def _server_lines():
    return {line for path in _fixtures("*.imap") for kind, content in _dialogue(path) if kind == "server"
            for line in content.splitlines(keepends=True)}


def _dialogue(path):
    """("server", bytes) and ("act", number): what Tests/Dialogues describes, as far as a session sees it."""
    for line in path.read_text().split("\n"):
        kind, content = line[:2], line[3:] if line[2:3] == " " else line[2:]
        if kind in ("S:", "S+", "S*"):
            yield "server", _bytes(kind, content)
        elif kind == "S.":
            yield "act", HANG_UP
        elif kind == "T:":
            yield "act", TIME_PASSES if int(content) < 600_000 else LONG_TIME_PASSES
        elif line.startswith(">"):
            word = line[1:].split()[0]
            yield "act", ACTS[word]


def _said(path, side):
    """What the client ("C") or the server ("S") of a dialogue says, line by line."""
    for line in path.read_text().split("\n"):
        kind, content = line[:2], line[3:] if line[2:3] == " " else line[2:]
        if kind in (side + ":", side + "+", side + "*"):
            yield _bytes(kind, content)


def _bytes(kind, content):
    if kind[1] == ":":
        return content.encode() + b"\r\n"
    if kind[1] == "+":
        return _unescaped(content)
    count, _, text = content.partition(" ")
    return _unescaped(text) * min(int(count), 40)


def _unescaped(text):
    plain = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}
    return re.sub(rb"\\(x[0-9A-Fa-f]{2}|.)", lambda match: (
        bytes([int(match[1][1:], 16)]) if match[1][:1] == b"x" else plain[match[1].decode()]), text.encode())


def _strings(value):
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for item in items for text in _strings(item)]


def _escaped(word):
    return "".join(chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\x{byte:02x}" for byte in word)

"""What a client and an IMAP server said to each other, taken apart into commands."""

import re
from dataclasses import dataclass

LITERAL = re.compile(rb"\{(\d+)\+?\}\r?\n$")
COMMAND = re.compile(rb"(\S+) ((?:UID )?[A-Za-z]+)( .*)?\r?\n", re.DOTALL)
LOGIN = {"AUTHENTICATE", "LOGIN"}
IDLE = "IDLE"
LAST = {IDLE, "LOGOUT"}  # nothing is asked for any more


@dataclass
class Command:
    tag: bytes
    verb: str
    text: bytes  # the whole line without tag and end, a literal included
    sent: float  # monotonic
    done: float = 0.0  # when its tagged answer had come; 0: not yet
    answer: bytes = b""  # "OK", "NO", "BAD"
    received: int = 0  # bytes after the tagged answer before it, to the end of its own


class Dialogue:
    def __init__(self, answers=True):
        self.answers = answers
        self.over = False
        self.down = self.up = 0
        self._client, self._server = [], []  # (time, bytes)

    def said(self, data, from_client, when):
        if from_client:
            self._client.append((when, data))
            self.up += len(data)
        else:
            self.down += len(data)
            if self.answers:
                self._server.append((when, data))

    @property
    def commands(self):
        """All of them, in order; with their answers if those were kept."""
        found = self._sent()
        waiting, since = {command.tag: command for command in found}, 0
        for when, line in _lines(self._server):
            since += len(line)
            tag, _, rest = line.partition(b" ")
            if command := waiting.pop(tag, None):
                command.done, command.answer, command.received = when, rest.split(b" ")[0].strip().upper(), since
                since = 0
        return found

    def work(self):
        """What the client asked for after its login, but for IDLE and LOGOUT."""
        asked = self.commands
        begin = max((n + 1 for n, command in enumerate(asked) if command.verb in LOGIN), default=len(asked))
        return [command for command in asked[begin:] if command.verb not in LAST]

    def settled(self):
        """An IDLE has ended and the client had nothing to ask before it began the next."""
        if not self._client or IDLE.encode() not in self._client[-1][1]:
            return False
        return [command.verb for command in self._sent()[-2:]] == [IDLE, IDLE]

    def _sent(self):
        found = []
        for when, line in _lines(self._client):
            if match := COMMAND.fullmatch(line):
                tag, verb, rest = match.groups()
                found.append(Command(tag, verb.decode().upper(), verb + (rest or b""), when))
        return found


def _lines(pieces):
    """(time at which its end had come, line) of a stream; the literals of a line belong to it."""
    buffer, position, line, wanted = bytearray(), 0, 0, 0
    for when, data in pieces:
        buffer += data
        while True:
            if wanted > len(buffer) - position:
                break
            position += wanted
            wanted = 0
            end = buffer.find(b"\n", position)
            if end < 0:
                break
            position = end + 1
            if literal := LITERAL.search(buffer, max(line, position - 24), position):
                wanted = int(literal.group(1))
            else:
                yield when, bytes(buffer[line:position])
                line = position
        if line > 1 << 20:
            del buffer[:line]
            position, line = position - line, 0

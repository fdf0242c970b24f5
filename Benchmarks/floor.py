"""The floor of a measurement: the same commands, sent at once by a program that throws the answers away (floor.c)."""

import json
import shutil
import subprocess
from pathlib import Path

import peers
from world import AgentError

LINE = 8000  # octets of a command, about what every server takes
FIELDS = "MESSAGE-ID DATE SUBJECT TO CC IN-REPLY-TO REFERENCES"


def compiled(name, directory, *libraries):
    """One of the programs in C beside this file, built into the directory."""
    compiler = shutil.which("cc")
    if not compiler:
        raise AgentError(f"there is no C compiler (cc), which Benchmarks/{name} needs")
    source, program = Path(__file__).with_name(name), directory / Path(name).stem
    done = subprocess.run([compiler, "-O2", "-o", program, source, *libraries], capture_output=True, text=True)
    if done.returncode:
        raise AgentError(f"Benchmarks/{name} cannot be built:\n{done.stderr}")
    return program


class Floor:
    def __init__(self, world):
        self.world = world
        self.directory = world.directory / "floor"
        self.directory.mkdir()
        self.program = compiled("floor.c", self.directory, "-lssl", "-lcrypto")

    def run(self, commands, port):
        """Sends the commands (without tags), of which the first must be a SELECT."""
        lines = self.directory / "commands"
        lines.write_bytes(b"".join(command + b"\n" for command in commands))
        dovecot = self.world.dovecot
        position = dovecot.log_position()
        try:
            done = peers.run([self.program, dovecot.ca_file, str(port), self.world.user, dovecot.password, lines],
                             self.directory)
        except AgentError as error:
            said = dovecot.log_file.read_text(errors="replace")[position:].strip()
            raise AgentError(f"{error}\nDovecot said:\n{said}") from None
        if json.loads(done.said)["commands"] != len(commands) + 1:
            raise AgentError(f"the floor's commands are not as they were given: {done.said}")
        return done


def parts_known_beforehand(box):
    """What a client would send that knew where each HTML part is: everything about all messages, then these parts."""
    commands = [b"SELECT Sent", f"UID FETCH 1:* (UID FLAGS INTERNALDATE BODYSTRUCTURE "
                f"BODY.PEEK[HEADER.FIELDS ({FIELDS})])".encode()]
    for section, numbers in box.sections.items():
        commands += [f"UID FETCH {part} (UID BODY.PEEK[{section}])".encode() for part in sets(numbers)]
    return commands


def sets(numbers, length=LINE):
    """The numbers as UID sets of at most `length` octets."""
    ranges = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    text = ""
    for first, last in ranges:
        piece = str(first) if first == last else f"{first}:{last}"
        if text and len(text) + 1 + len(piece) > length:
            yield text
            text = ""
        text += ("," if text else "") + piece
    if text:
        yield text

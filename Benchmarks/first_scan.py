#!/usr/bin/env python3
"""The first scan of a Sent folder: time and bytes, beside two others that do the same work.

floor    a Python client that knows beforehand where each HTML part is: it asks for structure, five header fields and
         those parts in pipelined commands and throws the answers away
imaplib  what a user would write: RFC822 of every message one by one, parsed by Python's email, on a small box

Bytes are what Dovecot says it sent (without TLS). All find Dovecot's caches warm, as in a mailbox in use; how long
its very first look at the box takes is Dovecot's affair, not ours.
"""

import email
import re
import socket
import ssl
import time

from world import PATIENCE, USER, World, main, median, progress, wait_until

FIELDS = "DATE SUBJECT TO CC MESSAGE-ID"
SMALL = 2_000


def agent(world):
    """Seconds from the start of the process to the last `tracked`, and bytes received."""
    world.forget()
    position = world.dovecot.log_position()
    with world.client() as watcher:  # stays until the agent's session has been counted
        begin = time.monotonic()
        world.run_agent()
        world.await_tracked(len(world.box.tracked))
        took = time.monotonic() - begin
        waiting = world.dovecot.bytes_sent(USER, position)
        world.agent.stop()
        received = wait_until(lambda: world.dovecot.bytes_sent(USER, position) - waiting, 10)
        found = world.tracked(watcher)
    if found != len(world.box.tracked):
        raise SystemExit(f"{found} messages tracked instead of {len(world.box.tracked)}")
    return took, received


def floor(world):
    begin = time.monotonic()
    context = ssl.create_default_context(cafile=world.dovecot.ca_file)
    with context.wrap_socket(socket.create_connection(("127.0.0.1", world.dovecot.imaps_port), PATIENCE),
                             server_hostname="localhost") as connection:
        commands = [f"LOGIN {USER} {world.dovecot.password}", "EXAMINE Sent",
                    f"UID FETCH 1:* (UID FLAGS RFC822.SIZE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS ({FIELDS})])"]
        for section, numbers in world.box.sections.items():
            commands += [f"UID FETCH {','.join(map(str, numbers[n:n + 500]))} (BODY.PEEK[{section}])"
                         for n in range(0, len(numbers), 500)]
        # Not LOGOUT: Dovecot's TLS proxy can close before it has passed on the last of a large answer.
        commands.append("NOOP")
        connection.sendall("".join(f"a{n} {command}\r\n" for n, command in enumerate(commands)).encode())
        received, tail, last = 0, b"", f"\r\na{len(commands) - 1} ".encode()
        while last not in tail:
            if not (block := connection.recv(1 << 18)):
                raise SystemExit("the floor client was not answered to the end")
            received += len(block)
            tail = tail[-200:] + block
    return time.monotonic() - begin, received


def one_by_one(world):
    pattern = re.compile(re.escape(world.pixels.url).encode() + rb"/i/[a-z2-7]{40}\.gif")
    position, found = world.dovecot.log_position(), 0
    begin = time.monotonic()
    with world.client() as client:
        client.imap.select("Sent", readonly=True)
        for uid in client.imap.uid("SEARCH", "ALL")[1][0].split():
            message = email.message_from_bytes(client.imap.uid("FETCH", uid, "(RFC822)")[1][0][1])
            found += any(part.get_content_type() == "text/html" and pattern.search(part.get_payload(decode=True))
                         is not None for part in message.walk())
    took = time.monotonic() - begin
    if found != len(world.box.tracked):
        raise SystemExit(f"imaplib found {found} messages instead of {len(world.box.tracked)}")
    return took, wait_until(lambda: world.dovecot.bytes_sent(USER, position), 10)


def rounds(world, count, *clients):
    """Median seconds and bytes of each client; they take turns."""
    results = [[client(world) for client in clients] for _ in range(count)]
    return [(median([row[i][0] for row in results]), median([row[i][1] for row in results]))
            for i in range(len(clients))]


def measure(program, table, messages=20_000, **_):
    progress(f"a box of {messages:,} messages")
    with World(program, apart=True) as world:
        world.fill(messages)
        measure_large(world, table)
    measure_small(program, table)


def measure_small(program, table):
    progress(f"a box of {SMALL:,} messages")
    with World(program, apart=True) as world:
        world.fill(SMALL)
        ours, theirs = rounds(world, 3, agent, one_by_one)
        table.row(f"first scan, {SMALL:,} messages", _shown(*ours))
        table.row("  imaplib, whole messages one by one", f"{_shown(*theirs)}",
                  f"ours: {theirs[0] / ours[0]:.1f}x faster, {theirs[1] / ours[1]:.1f}x fewer bytes")


def measure_large(world, table):
    box = world.box
    needed = box.header_bytes + box.html_bytes
    progress("first scan, three rounds")
    ours, raw = rounds(world, 3, agent, floor)
    table.row(f"first scan, {box.count:,} messages", _shown(*ours))
    table.row("  floor: same parts, nothing parsed", _shown(*raw),
              f"ours: {ours[0] / raw[0]:.2f}x the time, {ours[1] / raw[1]:.2f}x the bytes")
    table.row("  bytes / (headers + HTML parts)", f"{ours[1] / needed:.3f}", "≤ 1.15")
    table.row("  bytes / whole box", f"{ours[1] / box.bytes:.3f}", f"headers + HTML are {needed / box.bytes:.3f} of it")


def _shown(seconds, count):
    return f"{seconds:.2f} s  {count / 1e6:.1f} MB"


if __name__ == "__main__":
    main(measure, __doc__)

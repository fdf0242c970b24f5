"""Reads pairs of mails, before and after a picture was put in, with Python's email package, and says where they differ in
more than that. Input: a line with two lengths, then the two mails, over and over."""

import email
import email.policy
import sys

TOKEN = b"kaaaaaibencwpcnlzxxqbd4o4jz6d5kig5jhfol6"


def main():
    read = wrong = 0
    while line := sys.stdin.buffer.readline():
        before, after = (sys.stdin.buffer.read(int(length)) for length in line.split())
        read += 1
        problem = compare(before, after)
        if problem:
            wrong += 1
            print(f"  another reader: {problem}\n{before.decode('latin-1')[:2000]}", file=sys.stderr)
    print(f"  read again by Python's email package {read}, wrong {wrong}", file=sys.stderr)
    return 1 if wrong else 0


def compare(before, after):
    """What is wrong, or None."""
    pairs = [list(email.message_from_bytes(text, policy=email.policy.compat32).walk()) for text in (before, after)]
    if len(pairs[0]) != len(pairs[1]):
        return f"{len(pairs[0])} parts have become {len(pairs[1])}"
    changed = 0
    for old, new in zip(*pairs):
        if old.items() != new.items():
            return "a header has changed"
        if (old.preamble, old.epilogue) != (new.preamble, new.epilogue):
            return "what is around the parts has changed"
        if old.is_multipart() or old.get_payload() == new.get_payload():
            continue
        changed += 1
        if old.get_content_type() != "text/html" or old.get_content_disposition() == "attachment":
            return f"{old.get_content_type()} has changed"
        problem = insertion(old.get_payload(decode=True), new.get_payload(decode=True))
        if problem:
            return problem
    return None if changed == 1 else f"{changed} parts have changed"


def insertion(old, new):
    length = len(new) - len(old)
    start = 0
    while start < len(old) and old[start] == new[start]:
        start += 1
    # What was put in may begin as what follows it does.
    for begin in range(start, -1, -1):
        if old[begin:] == new[begin + length:]:
            put_in = new[begin:begin + length]
            return None if put_in.count(TOKEN) == 1 else f"put in: {put_in[:200]!r}"
    return "more than one place has changed"


if __name__ == "__main__":
    sys.exit(main())

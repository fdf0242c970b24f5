#!/usr/bin/env python3
"""The frames of asynchronous functions: how much of its task's memory each takes while it waits, in octets.

A task keeps the memory of its deepest calls until it ends, so what an account waits in for hours has to be small
(docs/decisions.md). The compiler writes the size of a frame behind the function's address, into a symbol that ends in `Tu`.

    python3 Benchmarks/frames.py --program .build/release/sentmark FolderWatch Connection.next
"""

import argparse
import struct
import subprocess
import sys
from pathlib import Path


def output(*command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def sections(program):
    """(address, offset in the file, size) of all that is loaded from the file."""
    for line in output("readelf", "--sections", "--wide", program).splitlines():
        name, _, rest = line.strip().partition("]")
        fields = rest.split()
        if name.startswith("[") and len(fields) > 4 and fields[1] not in ("NULL", "NOBITS") and fields[0].startswith("."):
            yield tuple(int(field, 16) for field in fields[2:5])


def frames(program):
    """(size, mangled name) of every asynchronous function."""
    content = program.read_bytes()
    loaded = [section for section in sections(program) if section[0]]
    for line in output("nm", program).splitlines():
        address, _, name = line.rpartition(" ")
        if not name.endswith("Tu"):
            continue
        address = int(address.split()[0], 16)
        for start, offset, size in loaded:
            if start <= address < start + size:
                yield struct.unpack_from("<I", content, offset + address - start + 4)[0], name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True, help="the release build of sentmark")
    parser.add_argument("--most", type=int, default=40, help="how many are shown, the largest")
    parser.add_argument("words", nargs="*", help="only functions whose names contain one of these")
    arguments = parser.parse_args()
    found = sorted(set(frames(arguments.program)), reverse=True)
    if not found:
        sys.exit(f"{parser.prog}: {arguments.program} has no symbols of asynchronous functions: is it stripped?")
    names = output("swift", "demangle", "--simplified", "--compact", text="\n".join(name for _, name in found)).splitlines()
    shown = [(size, name.removeprefix("async function pointer to ")) for (size, _), name in zip(found, names)]
    if arguments.words:
        shown = [one for one in shown if any(word in one[1] for word in arguments.words)]
    for size, name in shown[:arguments.most]:
        print(f"{size:8,}  {name}")


if __name__ == "__main__":
    main()

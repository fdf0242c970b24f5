#!/usr/bin/env python3
"""What Scripts/fuzz does: builds the targets, makes their seeds, runs libFuzzer and says what it found."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fuzzseeds
from fuzzbuild import BuildError, build

# Target -> bytes of its longest inputs: what is quadratic shows in them, and many are tried in a second.
LENGTHS = {
    "imap-responses": 2_048, "imap-session": 1_024, "smtp-server": 2_048, "smtp-client": 1_024, "mime-message": 2_048,
    "mime-decoding": 1_024, "outgoing": 2_048, "cleaning": 2_048, "beacon": 2_048, "inflate": 2_048, "pull-answer": 4_096, "provider": 4_096,
    "access-log": 2_048, "request-head": 2_048, "proxy-header": 768, "client-address": 1_024, "network-list": 2_048, "values": 512,
}
MEMORY_MB = 512
FOLDER = Path(".build/fuzz")
FINDINGS = FOLDER / "findings"
# Swift's own report of a crash would hide libFuzzer's. Leaks are left to the limit of memory: Swift's enums keep tags in
# the bits of their pointers, which the leak sanitizer then takes for lost.
ENVIRONMENT = os.environ | {
    "SWIFT_BACKTRACE": "enable=no", "SWIFT_DETERMINISTIC_HASHING": "1",
    "ASAN_OPTIONS": "quarantine_size_mb=16:detect_leaks=0",
}


def main():
    options = _options()
    try:
        program = build(FOLDER)
    except BuildError as error:
        sys.exit(f"Scripts/fuzz: {error}")
    if options.replay:
        return subprocess.run([program, f"--target={options.targets[0]}", *_limits(options.targets[0]), options.replay],
                              env=ENVIRONMENT).returncode
    FINDINGS.mkdir(parents=True, exist_ok=True)
    _print_row("target", ("inputs", "a second", "edges", "corpus", "MB", "work"), "found")
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        campaigns = list(pool.map(lambda target: _campaign(program, target, options), options.targets))
    return 0 if all(campaigns) else 1


def _options():
    parser = argparse.ArgumentParser(
        prog="Scripts/fuzz", description="Feeds the parsers with hostile bytes, ten minutes each and one on each core, "
        "and ends with 1 if one of them crashes, hangs, grows, works too much or breaks its promises.",
        epilog=f"targets (all of them if none is named): {', '.join(LENGTHS)}")
    parser.add_argument("--seconds", type=_count, default=600, metavar="N", help="for each target")
    parser.add_argument("--runs", type=_count, metavar="N",
                        help="N inputs for each target, from the seeds alone and a fixed random one, as in Scripts/test")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="try this one input on the one TARGET")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    options = parser.parse_args()
    unknown = [target for target in options.targets if target not in LENGTHS]
    if unknown:
        parser.error(f"there is no target {unknown[0]}")
    if options.replay and len(options.targets) != 1:
        parser.error("--replay needs the one target that the input is for")
    if options.replay and not options.replay.is_file():
        parser.error(f"there is no file {options.replay}")
    options.targets = options.targets or list(LENGTHS)
    return options


def _count(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def _limits(target):
    return [f"-max_len={LENGTHS[target]}", f"-rss_limit_mb={MEMORY_MB}", "-timeout=10"]


def _campaign(program, target, options):
    """Fuzzes one target and reports. Whether all went well."""
    log = FOLDER / f"{target}.log"
    with tempfile.TemporaryDirectory() as scratch:
        seeds, artifacts, dictionary = (Path(scratch, name) for name in ("seeds", "artifacts", "dictionary"))
        corpus = Path(scratch, "corpus") if options.runs else FOLDER / "corpus" / target
        for folder in (seeds, artifacts, corpus):
            folder.mkdir(parents=True, exist_ok=True)
        fuzzseeds.write(target, seeds, dictionary, LENGTHS[target])
        until = [f"-runs={options.runs}", "-seed=1"] if options.runs else [f"-max_total_time={options.seconds}"]
        with open(log, "wb") as output:
            done = subprocess.run(
                [program, f"--target={target}", *_limits(target), *until, f"-dict={dictionary}",
                 f"-artifact_prefix={artifacts}/", "-print_final_stats=1", corpus, seeds],
                env=ENVIRONMENT, stdout=output, stderr=output)
        found = [Path(shutil.move(file, FINDINGS / f"{target}-{file.name}")) for file in sorted(artifacts.iterdir())]
    _report(target, log, found, done.returncode)
    return not found and done.returncode == 0


def _report(target, log, found, status):
    said = log.read_text(errors="replace")

    def last(pattern):
        return (re.findall(pattern, said) or ["–"])[-1]

    figures = (last(r"number_of_executed_units: +(\d+)"), last(r"average_exec_per_sec: +(\d+)"), last(r"cov: (\d+)"),
               last(r"corp: (\d+)"), last(r"peak_rss_mb: +(\d+)"), last(r"work: (\d+)"))
    lines = []
    reason = re.search(r"Fatal error: (.*)|ERROR: (libFuzzer: .*)|SUMMARY: (.*)", said)
    if status or found:
        lines += ["", f"  {reason[0][:400] if reason else f'it ended with {status}'}", f"    the log      {log}"]
    for file in found:
        kept = f"Tests/FuzzingTests/Fixtures/{target}/WHAT-IT-IS"
        lines += [f"    again        Scripts/fuzz --replay {file} {target}",
                  f"    once fixed   keep it for the tests: cp {file} {kept}", ""]
    _print_row(target, figures, len(found) or ("no input" if status else "nothing"), *lines)


def _print_row(name, figures, found, *lines):
    columns = "".join(f"{figure:>{width}}" for figure, width in zip(figures, (10, 10, 8, 8, 6, 6)))
    print(f"  {name:16}{columns}  {found}", *lines, sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""Runs `swift test` with the arguments given, and passes its output on without a line for every case.

What failed is said once more at the end, where it is looked for; the last line is the test runner's own. Tests that say
nothing for a long time hang: then the place is shown, as far as the debugger knows it, and all ends with status 1."""

import os
import selectors
import signal
import subprocess
import sys
from pathlib import Path

SILENCE = 600  # seconds; the longest test needs two minutes on a slow machine
REPEATED = 60  # lines


def main():
    # Whole lines as they come, though it is no terminal: what was said last is where it hangs.
    tests = subprocess.Popen(["stdbuf", "-oL", "swift", "test", *sys.argv[1:]],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    report = Report()
    for line in lines(tests):
        if line is None:
            print(f"✘ The tests have said nothing for {SILENCE} s and are ended. Where they are:", flush=True)
            for process in members(tests.pid):
                show(process)
            os.killpg(tests.pid, signal.SIGKILL)
            tests.wait()
            return 1
        report.take(line)
    return tests.wait()


def lines(process):
    """The lines of its output, and None if there is none for too long; ends with it."""
    pipe, rest = process.stdout, b""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            if not selector.select(SILENCE):
                yield None
                return
            chunk = os.read(pipe.fileno(), 65536)
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line.decode(errors="replace")
            if not chunk:
                if rest:
                    yield rest.decode(errors="replace")
                return


class Report:
    def __init__(self):
        self.failures, self.was_failure = [], False

    def take(self, line):
        if line.startswith("◇ Test case"):
            return
        if line[1:].startswith(" Test run with"):
            for failure in self.failures[:REPEATED]:
                print(failure)
        self.was_failure = line.startswith("✘") or self.was_failure and line.startswith("↳")
        if self.was_failure:
            self.failures.append(line)
        print(line, flush=True)


def members(session):
    """The processes of a session that are tests, by what they were started as."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            status = (entry / "stat").read_text()
            command = (entry / "cmdline").read_bytes().split(b"\0")[0]
        except OSError:
            continue  # it has ended
        if int(status.rsplit(")", 1)[1].split()[3]) == session and b".xctest" in command:
            found.append(int(entry.name))
    return found


def show(process):
    try:
        done = subprocess.run(
            ["gdb", "--batch", "--quiet", "-p", str(process), "-ex", "set pagination off", "-ex", "thread apply all bt 40"],
            capture_output=True, text=True, errors="replace", timeout=180, stdin=subprocess.DEVNULL)
        frames = [line[:200] for line in done.stdout.splitlines() if line.startswith(("#", "Thread"))]
        print("\n".join(frames or [done.stderr]), flush=True)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"process {process}: no debugger has looked: {error}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""Processes that we started: known by id and start time, ended by id, waited for."""

import ctypes
import os
import resource
import signal
import subprocess
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)


def _stat(pid):
    """Fields of /proc/PID/stat from the state on (proc(5): number 3 is index 0), or None."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None


def _is_over(pid, fields):
    """Whether nothing of it runs any more. A first thread that has ended waits for the others, which may be writing."""
    if fields is None or fields[0] == "X":
        return True
    try:
        return fields[0] == "Z" and len(os.listdir(f"/proc/{pid}/task")) <= 1
    except OSError:
        return True


def resident_bytes(pid):
    """What it has in memory: `VmRSS` of proc(5)."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


class Process:
    """A process that is never confused with a later one of the same id."""

    def __init__(self, pid, born=None):
        self.pid = pid
        fields = _stat(pid)
        self.born = born if born is not None else (fields[19] if fields else None)

    def alive(self):
        fields = _stat(self.pid)
        return not _is_over(self.pid, fields) and fields[19] == self.born

    def session(self):
        """Ids of all living processes of the session that this process leads."""
        found = []
        for entry in Path("/proc").iterdir():
            fields = _stat(entry.name) if entry.name.isdigit() else None
            if fields and fields[3] == str(self.pid) and not _is_over(entry.name, fields):
                found.append(int(entry.name))
        return found

    def signal(self, number):
        if self.alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def end(self, grace):
        """SIGTERM, then SIGKILL after `grace` seconds to whatever is left of its session. True: it left by itself."""
        self.signal(signal.SIGTERM)
        by_itself = wait_until(self._gone, grace)
        if not by_itself:
            self.kill()
        return by_itself

    def kill(self):
        """SIGKILL to the whole session; returns when it is empty."""
        members = [Process(pid) for pid in self.session()]
        for member in [self, *members]:
            member.signal(signal.SIGKILL)
        wait_until(self._gone, 5)

    def _gone(self):
        return self._reaped() and not self.session()

    def _reaped(self):
        try:
            os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            pass
        return not self.alive()


def spawn(arguments, tied, **options):
    """Starts a program in a session of its own. `tied`: it is told to end when this process dies, however that is."""
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def before_exec():
        # A caller may have blocked signals (worker threads do), and a mask is inherited: SIGTERM would never arrive.
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
        if tied:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=before_exec, **options)


def wait_until(condition, seconds, pause=0.02):
    """The condition's first true value, or its last false one after `seconds`."""
    limit = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < limit:
        time.sleep(pause)
    return value

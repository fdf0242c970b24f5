#!/usr/bin/env python3
"""Many accounts in one agent: what each costs while nothing happens, and how soon all of them have their keywords when
each gets an open within ten seconds.

One message with a pixel lies in each Sent folder. The accounts are one [[account]] with a list of users, opened by
Dovecot's master user over TLS; Dovecot hibernates what idles, as a server of many does. The pixel server runs in another
process. Keywords are read from the Maildirs, which costs the server nothing, and in twenty accounts by IMAP too.
"""

import argparse
import concurrent.futures
import sys
import time
from pathlib import Path

from idle import cpu_seconds, mebibytes
from latency import READER, letter
from world import AgentError, Table, World, load_pixel, percentile, progress, wait_until

PATIENCE = 300
# Seconds after the last account is idle: IDLE is ended and begun again after 1, 9 and 73 s, and rarely from then on.
SETTLE = 90
SPREAD = 10.0  # seconds over which the opens come


class Mailboxes:
    """The Sent folder of each user, looked at from the disk."""

    def __init__(self, world):
        self.folders = {user: world.dovecot.maildir(user, "Sent") for user in world.dovecot.users}

    def having(self, keyword, users):
        return {user for user in users if self._has(self.folders[user], keyword)}

    @staticmethod
    def _has(folder, keyword):
        try:
            names = dict(reversed(line.split(" ", 1)) for line in (folder / "dovecot-keywords").read_text().splitlines())
        except FileNotFoundError:
            return False
        letters = {name: chr(ord("a") + int(number)) for name, number in names.items()}
        mark = letters.get(keyword)
        return mark is not None and all(mark in path.name.rpartition(",")[2] for path in (folder / "cur").iterdir())


def await_all(mailboxes, keyword, seconds):
    """When each user's message was first seen with the keyword."""
    left, seen = set(mailboxes.folders), {}
    limit = time.monotonic() + seconds
    while left:
        found = mailboxes.having(keyword, left)
        now = time.monotonic()
        seen.update(dict.fromkeys(found, now))
        left -= found
        if now > limit:
            raise AgentError(f"{len(left)} of {len(mailboxes.folders)} accounts without {keyword!r} after {seconds} s")
        time.sleep(0.05)
    return seen


def open_all(urls):
    """Loads every pixel, evenly over the time, each from a network of its own; when each was loaded."""
    loaded = {}
    begin = time.monotonic()

    def load(n, user, url):
        time.sleep(max(0.0, begin + n * SPREAD / len(urls) - time.monotonic()))
        load_pixel(url, READER, f"81.{n // 250}.{n % 250}.10")
        loaded[user] = time.monotonic()

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(load, n, user, url) for n, (user, url) in enumerate(urls.items())]:
            done.result()
    return loaded


def run_until_idle(world, count):
    """Starts the agent and returns the seconds until as many accounts watch their folder."""
    log = world.agent.log_file
    said = log.stat().st_size if log.exists() else 0
    begin = time.monotonic()
    world.run_agent()

    def watching():
        with open(log, "rb") as file:
            file.seek(said)
            return file.read().count(b" watching")
    if not wait_until(lambda: watching() >= count or not world.agent.running(), PATIENCE, pause=0.1):
        raise AgentError(f"{watching()} of {count} accounts watch their folder after {PATIENCE} s")
    if not world.agent.running():
        raise AgentError("the agent has ended:\n" + world.agent.log_tail())
    return time.monotonic() - begin


def resident(world):
    """MiB of the agent now, and how much of it is its own."""
    pid = world.agent.process.pid
    return mebibytes(pid, "VmRSS"), mebibytes(pid, "Pss", "smaps_rollup")


def measure(program, table, accounts=1000, seconds=60):
    users = [f"m{n}" for n in range(accounts)]
    progress(f"{accounts:,} mailboxes")
    with World(program, apart=True, users=users) as world:
        urls = {user: world.new_url() for user in users}
        for n, user in enumerate(users):
            world.dovecot.deliver(user, "Sent", letter(n, urls[user]), time.time() - 3600)
        mailboxes = Mailboxes(world)
        people = world.agent.home / "people.csv"
        everybody = people.read_text()

        people.write_text("user\nm0\n")
        run_until_idle(world, 1)
        time.sleep(10)
        one = resident(world)
        world.agent.stop()
        table.row("one account: resident memory", f"{one[0]:.1f} MiB  (own {one[1]:.1f} MiB)")

        people.write_text(everybody)
        begin = time.monotonic()
        run_until_idle(world, accounts)
        await_all(mailboxes, "tracked", PATIENCE)
        table.row(f"{accounts:,} accounts: logged in, scanned, tracked", f"{time.monotonic() - begin:.1f} s")
        world.agent.stop()

        # As it runs from now on: started with everything known.
        table.row("  started again, all idle", f"{run_until_idle(world, accounts):.1f} s")
        time.sleep(SETTLE)
        measure_idle(world, table, accounts, one, seconds)
        measure_opens(world, table, mailboxes, urls)


def measure_idle(world, table, accounts, one, seconds):
    pid = world.agent.process.pid
    now = resident(world)
    each = [(now[i] - one[i]) * 1024 / (accounts - 1) for i in (0, 1)]
    table.row("  resident memory", f"{now[0]:.1f} MiB  (own {now[1]:.1f} MiB)")
    table.row("  of it per account, over TLS", f"{each[0]:.0f} KiB  (own {each[1]:.0f} KiB)", "≤ 150 KB")
    threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    table.row("  threads", f"{threads}", "none per account")
    progress(f"{seconds:.0f} s of nothing")
    cpu = cpu_seconds(pid)
    time.sleep(seconds)
    cpu = cpu_seconds(pid) - cpu
    table.row("  idle CPU", f"{100 * cpu / seconds:.3f} % of a core", "< 1 %")


def measure_opens(world, table, mailboxes, urls):
    progress(f"{len(urls):,} opens in {SPREAD:.0f} s")
    pid = world.agent.process.pid
    cpu = cpu_seconds(pid)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        loading = pool.submit(open_all, urls)
        seen = await_all(mailboxes, "opened", SPREAD + 120)
        loaded = loading.result()
    cpu = cpu_seconds(pid) - cpu
    late = [max(0.0, seen[user] - loaded[user]) for user in urls]
    after = max(seen.values()) - max(loaded.values())
    table.row("  an open each: last one loaded → all written", f"{max(0.0, after):.1f} s", "≤ 15 s")
    table.row("    loaded → written", f"p50 {percentile(late, 0.5):.2f}  p99 {percentile(late, 0.99):.2f}  "
              f"max {max(late):.2f} s")
    table.row("    CPU for all of them", f"{cpu:.1f} s")
    for user in list(urls)[:: max(1, len(urls) // 20)]:
        with world.dovecot.client(user) as client:
            for uid, flags in client.flags("Sent", "1:*").items():
                if not {"tracked", "opened"} <= set(flags):
                    raise AgentError(f"message {uid} of {user} has {sorted(flags)} by IMAP")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True, help="the release build of sentmark")
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60, help="of doing nothing")
    arguments = parser.parse_args()
    try:
        measure(arguments.program.absolute(), Table(), arguments.accounts, arguments.seconds)
    except AgentError as error:
        sys.exit(f"{parser.prog}: {error}")


if __name__ == "__main__":
    main()

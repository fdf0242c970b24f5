#!/usr/bin/env python3
"""What the agent costs while nothing happens: one account, a large Sent folder, the pixel server in another process."""

import os
import time
from pathlib import Path

from world import World, main, progress

SETTLE = 10  # seconds after the first scan


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def context_switches(pid):
    return sum(int(line.split()[1]) for task in Path(f"/proc/{pid}/task").iterdir()
               for line in (task / "status").read_text().splitlines() if "ctxt_switches" in line)


def mebibytes(pid, name, file="status"):
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure(program, table, messages=20_000, seconds=60, **_):
    progress(f"a box of {messages:,} messages")
    with World(program, apart=True) as world:
        world.fill(messages)
        measure_idle(world, table, seconds)


def measure_idle(world, table, seconds):
    world.forget()
    world.route(world.dovecot.imaps_port)
    world.run_agent()
    world.await_tracked(len(world.box.tracked))
    peak = mebibytes(world.agent.process.pid, "VmHWM")
    world.agent.stop()
    world.run_agent()  # as it runs from now on: started with everything known
    time.sleep(SETTLE)
    pid = world.agent.process.pid
    progress(f"{seconds:.0f} s of nothing")
    cpu, switches = cpu_seconds(pid), context_switches(pid)
    time.sleep(seconds)
    cpu, switches = cpu_seconds(pid) - cpu, context_switches(pid) - switches
    count = f"{world.box.count:,} messages"
    table.row(f"idle CPU, {count}",
              f"{100 * cpu / seconds:.3f} % of a core  {switches / seconds:.1f} switches/s", "< 0.1 %")
    table.row(f"resident memory, {count}",
              f"{mebibytes(pid, 'VmRSS'):.1f} MiB  (own {mebibytes(pid, 'Pss', 'smaps_rollup'):.1f} MiB)", "≤ 40 MB")
    table.row("  its peak in the first scan", f"{peak:.1f} MiB")


if __name__ == "__main__":
    main(measure, __doc__)

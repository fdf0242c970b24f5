#!/usr/bin/env python3
"""All benchmarks, one table. The large box is made once."""

import os
import time
from pathlib import Path

import compression
import first_scan
import idle
import large
import latency
import no_change
import writeback
from world import World, main, progress


def measure(program, table, messages=20_000, seconds=60, slow=False, **_):
    begin = time.monotonic()
    latency.measure(program, table)
    first_scan.measure_small(program, table)
    progress(f"a box of {messages:,} messages")
    with World(program, apart=True) as world:
        world.fill(messages)
        first_scan.measure_large(world, table, slow)
        compression.measure_large(world, table)
        idle.measure_idle(world, table, seconds)
        writeback.measure_large(world, table)
        no_change.measure_box(world, table, slow)
    no_change.measure_small(program, table)
    large.measure(program, table)
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown processor")
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"\n  {os.cpu_count()} cores, {model}; load {load}; {time.monotonic() - begin:.0f} s\n")


if __name__ == "__main__":
    main(measure, __doc__)

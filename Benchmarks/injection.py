#!/usr/bin/env python3
"""How fast the place for a pixel is found and the pixel put in, on one core, beside what the machine does with the same
bytes at best. Builds Tests/Campaign in release."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOAL = 200  # MB a second, for the first row


def main():
    argparse.ArgumentParser(description=__doc__).parse_args()
    subprocess.run([ROOT / "Scripts/lib/build", "release", "--product", "campaign"], check=True)
    folder = subprocess.run(["swift", "build", "-c", "release", "--show-bin-path"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout.strip()
    said = subprocess.run([f"{folder}/campaign", "speed"], check=True, capture_output=True, text=True).stdout
    rows = json.loads(said)
    print(f"  {'':32}{'MB/s':>8}{'ms':>10}{'memchr':>10}{'memcpy':>10}")
    for row in rows:
        took = row["bytes"] / row["injection"] / 1e3
        ratios = "".join(f"{row[other] / row['injection']:>9.0f}x" for other in ("memchr", "memcpy"))
        print(f"  {row['mail']:32}{row['injection']:>8.0f}{took:>10.3f}{ratios}")
    print(f"  goal for the first: {GOAL} MB/s, {'met' if rows[0]['injection'] >= GOAL else 'missed'}")


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Whether the time of an answer tells a good token from a bad one.

timingoracle.py --program FILE [--requests N] [--seed N]

Sends requests one after the other over one connection, each with a good or a made-up token as chance decides, and compares
the two sets of times by Welch's t: below 4.5 they cannot be told apart (the threshold of side-channel testing; Goodwill et
al., "A testing methodology for side-channel resistance validation", 2011). The slowest are left out as well, since one
pause of the machine outweighs a thousand answers.
"""

import argparse
import math
import random
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

from agent import AgentError, pixel_server
from tokens import mint

THRESHOLD = 4.5
SHARES = (1.0, 0.99, 0.9, 0.5)  # of the quickest


def welch(first, second):
    spread = statistics.variance(first) / len(first) + statistics.variance(second) / len(second)
    return (statistics.fmean(first) - statistics.fmean(second)) / math.sqrt(spread) if spread else 0.0


def measure(port, new_token, requests, chance):
    """Seconds of each answer: [of bad ones, of good ones]."""
    times = [[], []]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(requests + requests // 100):
            token, is_good = new_token(), chance.random() < 0.5
            if not is_good:  # its last characters, which are the signature's
                token = token[:-8] + ("aaaaaaaa" if token[-8:] != "aaaaaaaa" else "bbbbbbbb")
            request = f"GET /i/{token}.gif HTTP/1.1\r\nHost: px.example.org\r\nUser-Agent: A/1\r\n\r\n".encode()
            start = time.perf_counter()
            connection.sendall(request)
            answer = connection.recv(4096)
            spent = time.perf_counter() - start
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise AgentError(f"the server answered {answer[:40]!r}")
            if number >= requests // 100:  # the first warm up
                times[is_good].append(spent)
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sentmark-timing-") as home:
        server = pixel_server(options.program.absolute(), Path(home))
        try:
            server.start("serve")
            bad, good = measure(server.port, mint(server.credential), options.requests, random.Random(options.seed))
        except (AgentError, OSError) as error:
            sys.exit(f"timingoracle.py: {error}")
        finally:
            server.kill()
    worst = 0.0
    for share in SHARES:
        limit = sorted(bad + good)[int(share * (len(bad) + len(good))) - 1]
        sets = [[time for time in times if time <= limit] for times in (good, bad)]
        t = welch(*sets)
        worst = max(worst, abs(t))
        middle = [1000 * statistics.median(times) for times in sets]
        print(f"quickest {share:4.0%}: good {middle[0]:.3f} ms, bad {middle[1]:.3f} ms at the median, t = {t:+.2f}")
    print(f"{len(bad) + len(good):,} requests, |t| at most {worst:.2f}, {THRESHOLD} allowed")
    sys.exit(0 if worst < THRESHOLD else 1)


if __name__ == "__main__":
    main()

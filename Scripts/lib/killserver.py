#!/usr/bin/env python3
"""Kills the pixel server under load, again and again, and looks whether an answered hit is missing or there twice.

killserver.py --program FILE [--kills N] [--seed N]

Several connections load pixels, each token once, and note which were answered with 200. At a moment of chance the server
gets SIGKILL and is started again. What must hold after each start: every token that was answered is in the log exactly
once, no token is there twice, sequence numbers ascend, and a cursor from before goes on where it was.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from agent import AgentError, pixel_server
from hitlog import HitLog
from tokens import bearer, mint

CONNECTIONS = 16
LONGEST = 0.25  # seconds under load


class Load:
    def __init__(self, port, new_token):
        self.port, self.new_token = port, new_token
        self.answered, self.asked = set(), 0

    async def run(self, seconds, kill):
        tasks = [asyncio.create_task(self.connection()) for _ in range(CONNECTIONS)]
        await asyncio.sleep(seconds)
        kill()
        await asyncio.gather(*tasks)

    async def connection(self):
        """Until the server is gone."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return
        try:
            while True:
                token = self.new_token()
                writer.write(f"GET /i/{token}.gif HTTP/1.1\r\nHost: px\r\n\r\n".encode())
                self.asked += 1
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(43)
                if not head.startswith(b"HTTP/1.1 200 "):
                    raise AgentError(f"the server answered {head[:40]!r}")
                self.answered.add(token)
        except (OSError, EOFError):
            pass  # the kill
        finally:
            writer.close()


def campaign(program, home, kills, seed):
    chance = random.Random(seed)
    server = pixel_server(program, home)
    load, log = Load(server.port, mint(server.credential)), HitLog(server.port, bearer(server.credential))
    wrong = 0
    for number in range(kills):
        server.start("serve")
        log.read()
        lost = [token for token in load.answered if not log.tokens[token]]
        twice = [token for token, count in log.tokens.items() if count > 1]
        wrong += len(lost) + len(twice)
        for what, tokens in (("answered and not in the log", lost), ("twice in the log", twice)):
            for token in tokens[:3]:
                print(f"kill {number}: {what}: {token}")
        load.answered.clear()
        log.tokens.clear()
        asyncio.run(load.run(chance.uniform(0, LONGEST), server.kill))
    server.start("serve")
    log.read()
    wrong += sum(not log.tokens[token] for token in load.answered)
    server.stop()
    print(f"{kills} kills, {load.asked:,} requests, {log.last:,} hits in the log, {wrong} wrong (seed {seed})")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sentmark-kill-") as home:
        try:
            wrong = campaign(options.program.absolute(), Path(home), options.kills, options.seed)
        except AgentError as error:
            sys.exit(f"killserver.py: {error}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Bytes that hits take: in a pixel server's SQLite file and PostgreSQL tables, on the wire of a pull, and in an agent's
database.

The requests of the labelled scenarios (Tests/OpensTests/Fixtures) are sent to a pixel server. What it has stored of them
is then repeated in its tables, with other tokens, networks and times, to logs of 100,000 and 500,000 hits: sizes do not
depend on who writes a row, and so it takes minutes. An agent with a mailbox pulls a log and judges it. HTTP is counted as
sent, without TLS and TCP. A debug build gives the same figures."""

import json
import random
import secrets
import shutil
import socket
import sqlite3
import tempfile
import time
import urllib.parse
from contextlib import closing
from pathlib import Path

import genbox
from world import PATIENCE, AgentError, World, load_pixel, main, progress, wait_until

from agent import Agent
from postgres import Postgres
from privateserver import free_ports
from tokens import bearer, to_base32

FIXTURES = Path(__file__).parent.parent / "Tests/OpensTests/Fixtures"
LEVELS = ("minimal", "pseudonymous")
SIZES = (100_000, 500_000)
HITS_OF_A_TOKEN = 4
DAYS = 28  # over which the hits are spread, up to today; in PostgreSQL one table, as of a month
PER_DAY = 86_400_000
BEGINS = (int(time.time() * 1000) // PER_DAY - DAYS) * PER_DAY  # milliseconds
MAILBOX, HITS_OF_A_MESSAGE = 5_000, 20
SAMPLES = 300
TOKENS = max(SIZES) // HITS_OF_A_TOKEN
AGENTS_PAGE = 500
# As `repeat` does it.
POSTGRES_PREPARE = """
CREATE TABLE samples AS
    SELECT row_number() OVER (ORDER BY seq) - 1 AS number, hit FROM sentmark.hits_{month} AS hit
    ORDER BY seq LIMIT {samples};
CREATE TABLE tokens AS
    SELECT n AS number, left(md5(random()::text) || md5(random()::text), 40) AS text
    FROM generate_series(0, {tokens} - 1) AS n;
CREATE TABLE sentmark.repeated (LIKE sentmark.hits_{month} INCLUDING ALL);
"""
POSTGRES_REPEAT = """
INSERT INTO sentmark.repeated
SELECT (jsonb_populate_record(hit, jsonb_build_object(
    'seq', n, 'at', {begin} + {per_day}::bigint * {days} * n / {most}, 'token', text,
    'net', left(md5(n::text), length((hit).net))))).*
FROM generate_series({first}, {last}) AS n
JOIN tokens ON tokens.number = (7919 * n::bigint) % {tokens}
JOIN samples ON samples.number = n % {samples}
ORDER BY n;
"""


def measure(program, table, **_):
    directory = Path(tempfile.mkdtemp(prefix="sentmark-growth-"))
    directory.chmod(0o711)
    try:
        for level in LEVELS:
            progress(f"SQLite, {level}")
            sqlite(Server(program, directory / f"sqlite-{level}", "sqlite", level), table)
        with Postgres() as postgres:
            postgres.start()
            for level in LEVELS:
                progress(f"PostgreSQL, {level}")
                database = postgres.database()
                server = Server(program, directory / f"postgres-{level}", database["socket"], level)
                postgresql(server, lambda text, name=database["name"]: postgres.sql(name, text), table)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    agent(program, table)


class Server(Agent):
    """A pixel server that has been sent the scenarios' requests, and has stopped."""

    def __init__(self, program, home, store, level):
        super().__init__(program, home)
        self.level = level
        self.configure([], *free_ports(1), source=False, sections=f'store = "{store}"\n')
        self.add_stream("benchmark")
        self.start("serve")
        try:
            self.sent = self._send()
        finally:
            self.stop()

    @property
    def database(self):
        return self.home / "state" / "sentmark" / "hits.db"

    def _send(self):
        """(bytes of requests, bytes of answers, how many)."""
        key = str(self.home / "keys" / "px")
        total = [0, 0, 0]
        for number, event in enumerate(events()):
            if number % 100 == 0:  # a token has 200 hits a day
                token = self.command("token", "new", "--credential-file", key, "--level", self.level).strip()
            headers = {"Host": "px.example.org", "User-Agent": event.get("ua"), "X-Forwarded-For": event.get("ip")}
            headers |= event.get("headers") or {}
            request = f"{event.get('method', 'GET')} /i/{token}.gif HTTP/1.1\r\n" + "".join(
                f"{name}: {value}\r\n" for name, value in headers.items() if value) + "Connection: close\r\n\r\n"
            answer = exchange(self.port, request.encode("utf-8"))
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise AgentError(f"a pixel was answered {answer[:100]!r}")
            total = [total[0] + len(request), total[1] + len(answer), total[2] + 1]
        return total


def events():
    """Requests for pixels as the scenarios describe them."""
    for name in ("open-scenarios.jsonl", "more-scenarios.jsonl"):
        for line in (FIXTURES / name).read_text().splitlines():
            yield from (event for event in json.loads(line)["events"] if event.get("method", "GET") in ("GET", "HEAD"))


def exchange(port, request):
    """Sends it, and reads until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(request)
        pieces = []
        while piece := client.recv(1 << 16):
            pieces.append(piece)
    return b"".join(pieces)


def repeat(database, count, tokens=None):
    """Brings the log to `count` hits; `tokens`: what they are of, otherwise of new ones."""
    with closing(sqlite3.connect(database)) as log, log:
        log.row_factory = sqlite3.Row
        samples = [dict(row) for row in log.execute(f"SELECT * FROM hits ORDER BY seq LIMIT {SAMPLES}")]
        done, = log.execute("SELECT count(*) FROM hits").fetchone()
        tokens = tokens or [to_base32(secrets.token_bytes(25)) for _ in range(TOKENS)]
        insert = (f"INSERT INTO hits ({', '.join(name for name in samples[0] if name != 'seq')}) "
                  f"VALUES ({', '.join(':' + name for name in samples[0] if name != 'seq')})")
        for number in range(done, count):
            hit = samples[number % len(samples)] | {
                "at": BEGINS + PER_DAY * DAYS * number // max(SIZES), "token": random.choice(tokens)}
            if hit["net"]:
                hit["net"] = secrets.token_hex(8)
            log.execute(insert, hit)


def sqlite(server, table):
    for count in SIZES:
        repeat(server.database, count)
        with closing(sqlite3.connect(server.database)) as log:
            log.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            parts = dict(log.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 4"))
        size = server.database.stat().st_size
        table.row(f"SQLite, {server.level}, {count:,} hits", f"{size / count:.0f} B a hit   ({shares(parts, count)})",
                  bytes=size / count)
    if server.level == LEVELS[-1]:
        requested, answered, number = server.sent
        table.row("a pixel's request, and the answer", f"{requested / number:.0f} and {answered / number:.0f} B")
    server.start("serve")
    try:
        for limit in (1000, AGENTS_PAGE, 1):
            plain, packed = (pull(server, limit, coding) for coding in ("", "Accept-Encoding: gzip\r\n"))
            table.row(f"a pull, {server.level}, {limit:,} hits a page",
                      f"{plain:.0f} B a hit, {packed:.0f} with gzip", plain=plain, gzip=packed)
    finally:
        server.stop()


def pull(server, limit, coding):
    """Bytes of an answer for each of its hits, behind those that the scenarios' requests have made."""
    key = bearer(server.credential)

    def page(limit, more=""):
        fields = f"Host: px\r\nAuthorization: Bearer {key}\r\n{coding if more else ''}Connection: close\r\n\r\n"
        return exchange(server.port, f"GET /v1/hits?limit={limit}{more} HTTP/1.1\r\n{fields}".encode())

    first = json.loads(page(1000).partition(b"\r\n\r\n")[2])
    return len(page(limit, f"&after={first['cursor']}")) / limit


def postgresql(server, sql, table):
    (month,), = sql("SELECT max(month) FROM sentmark.months")
    figures = {"month": month, "begin": BEGINS, "per_day": PER_DAY, "days": DAYS, "most": max(SIZES), "samples": SAMPLES,
               "tokens": TOKENS}
    sql(POSTGRES_PREPARE.format(**figures))
    for first, last in zip((1, *(size + 1 for size in SIZES)), SIZES):
        sql(POSTGRES_REPEAT.format(first=first, last=last, **figures))
        sizes, = sql("SELECT pg_table_size('sentmark.repeated'), pg_indexes_size('sentmark.repeated')")
        parts = dict(zip(("hits", "their indexes"), (int(size) for size in sizes)))
        size = sum(parts.values())
        table.row(f"PostgreSQL, {server.level}, {last:,} hits", f"{size / last:.0f} B a hit   ({shares(parts, last)})",
                  bytes=size / last)


def shares(parts, count):
    return ", ".join(f"{name} {size / count:.0f}" for name, size in parts.items())


def agent(program, table):
    progress(f"an agent, {MAILBOX:,} messages")
    with World(program, apart=True) as world:
        world.fill(MAILBOX, sizes=genbox.SMALL)
        for event in events():
            load_pixel(world.new_url(), event.get("ua") or "", event.get("ip") or "192.0.2.1")
        world.pixels.stop()
        hits = world.database.with_name("hits.db")
        kept = hits.with_name("hits.samples")
        shutil.copy(hits, kept)
        with closing(sqlite3.connect(hits)) as log, log:
            log.execute("DELETE FROM hits")
        world.pixels.start("serve")
        world.run_agent()
        world.await_scanned()
        empty = stopped(world)

        world.pixels.stop()
        shutil.copy(kept, hits)
        tracked = [Path(urllib.parse.urlparse(url).path).stem for url in world.urls]
        count = len(tracked) * HITS_OF_A_MESSAGE
        repeat(hits, count, tracked)
        world.pixels.start("serve")
        world.run_agent()
        if not wait_until(lambda: world._ask("SELECT count(*) FROM hit") == count and world.at_rest(), PATIENCE):
            raise AgentError(f"not all of {count} hits are judged after {PATIENCE} s:\n" + world.agent.log_tail())
        full = stopped(world)
    table.row(f"agent.db, {MAILBOX:,} messages, {len(tracked)} tracked", f"{empty / MAILBOX:.0f} B a message",
              bytes=empty / MAILBOX)
    table.row(f"  {count:,} hits and what they prove", f"{(full - empty) / count:.0f} B a hit",
              bytes=(full - empty) / count)


def stopped(world):
    """The size of the database once the agent has ended."""
    world.agent.stop()
    return sum(path.stat().st_size for path in world.database.parent.glob("agent.db*"))


if __name__ == "__main__":
    main(measure, __doc__)

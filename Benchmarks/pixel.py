#!/usr/bin/env python3
"""The pixel server beside a web server that stores nothing: nginx's empty_gif with an access log. In one run, one after the
other, the server on one core and the load on the other, by wrk and by h2load; and pulling the hits. Needs wrk, h2load and nginx
(install-peers)."""

import http.client
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from idle import cpu_seconds, mebibytes
from webload import SERVER_CORE, H2load, Wrk
from world import AgentError, free_ports, main, median, progress, wait_until

from agent import pixel_server
from tokens import bearer, mint

# The server keeps 200 hits of one token a day. wrk's connections share one walk through them; each of h2load's begins with
# the same, others in each round, and asks 64 times for each: so some are asked for often, and most are not.
TOKENS = 200_000
LOADS, SECONDS, ROUNDS = (("wrk", 64), ("wrk", 512), ("h2load", 64)), 5, 5
PULLED = 1_000_000

NGINX = """
worker_processes 1; daemon off; pid nginx.pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log access.log; keepalive_requests 100000000;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
  server {{ listen 127.0.0.1:{port}; location /i/ {{ empty_gif; }} }}
}}
"""


def measure(program, table, seconds=SECONDS, **_):
    for tool in ("wrk", "h2load", "nginx", "taskset"):
        if not shutil.which(tool, path="/usr/sbin:/usr/bin:/bin:/usr/local/bin"):
            raise AgentError(f"{tool} is missing: Benchmarks/install-peers")
    directory = Path(tempfile.mkdtemp(prefix="sentmark-pixel-"))
    try:
        compare(program, table, directory, seconds)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def compare(program, table, directory, seconds):
    server = Server(program, directory)
    token = mint(server.credential)
    paths = [f"/i/{token()}.gif" for _ in range(TOKENS)]
    nginx = Nginx(directory / "nginx")
    loads = {"wrk": Wrk(directory, paths), "h2load": H2load(directory, paths)}
    try:
        rates = {(peer, *load): [] for load in LOADS for peer in (nginx, server)}
        for number in range(ROUNDS):
            for peer, tool, count in rates:
                progress(f"round {number + 1} of {ROUNDS}: {peer.name}, {tool}, {count} connections")
                peer.start()
                rates[peer, tool, count].append(loads[tool].run(peer.port, seconds, count, number / ROUNDS))
                if peer is server:
                    server.observe()
                peer.stop()
        for (peer, tool, count), found in rates.items():
            base = median([rate.hits for rate in rates[nginx, tool, count]])
            hits = median([rate.hits for rate in found])
            times = "" if tool != "wrk" else (
                f"   p50 {median([r.p50 for r in found]):.1f}  p99 {median([r.p99 for r in found]):.1f} ms")
            table.row(f"{peer.name}, {tool}, {count}",
                      f"{hits:,.0f} hits/s = {hits / base:.2f} ×{times}   errors {sum(r.errors for r in found)}",
                      ("≥ 0.5 ×, p99 ≤ 20 ms" if count == 64 else "≥ 0.5 ×") if peer is server else "",
                      hits=hits, ratio=hits / base)
        table.row("  one batch on disk", server.commits)
        table.row("  resident at full load", server.memory, "≤ 40 MB")
        pull(server, table)
    finally:
        nginx.stop()
        server.stop()


class Server:
    """`sentmark serve` on SQLite, every answered hit on disk."""

    name = "sentmark serve, durable"

    def __init__(self, program, directory):
        self.agent = pixel_server(program, directory)
        self.port, self.credential = self.agent.port, self.agent.credential
        self.commits, self.memory = "", ""

    def start(self):
        self.agent.start("serve")
        subprocess.run(["taskset", "-a", "-p", "-c", SERVER_CORE, str(self.agent.process.pid)], check=True,
                       stdout=subprocess.DEVNULL)

    def stop(self):
        self.agent.stop()

    def observe(self):
        pid = self.agent.process.pid
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10).read().decode()
        values = dict(re.findall(r"^sentmark_(\S+) (\S+)$", text, re.M))
        count, total = float(values["commit_seconds_count"]), float(values["commit_seconds_sum"])
        stored = float(values["hits_stored_total"]) + float(values["hits_capped_total"])
        self.commits = f"{1000 * total / count:.2f} ms at the mean, {stored / count:.0f} hits"
        self.memory = (f"{mebibytes(pid, 'VmRSS') * 1.048576:.1f} MB, of it its own "
                       f"{mebibytes(pid, 'RssAnon') * 1.048576:.1f} MB")


class Nginx:
    name = "nginx empty_gif, access log"

    def __init__(self, directory):
        self.directory = directory
        self.directory.mkdir()
        self.port, = free_ports(1)
        (directory / "nginx.conf").write_text(NGINX.format(port=self.port))
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, "nginx", "-p", self.directory, "-c", self.directory / "nginx.conf"],
            stderr=subprocess.DEVNULL)
        if not wait_until(self._answers, 10):
            raise AgentError("nginx does not answer")

    def _answers(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/i/x.gif", timeout=1).status == 200
        except OSError:
            return False

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
        self.process = None


def pull(server, table):
    """All hits of the log over one connection, by a client that counts them and reads the cursor: to take JSON apart takes
    Python longer than the server."""
    server.start()
    headers = {"Authorization": f"Bearer {bearer(server.credential)}"}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    count, cursor, start = 0, "", time.monotonic()
    cpu = cpu_seconds(server.agent.process.pid)
    while count < PULLED:
        connection.request("GET", f"/v1/hits?limit=1000{cursor}", headers=headers)
        page = connection.getresponse().read()
        count += page.count(b'"seq":')
        cursor = "&after=" + re.search(rb'"cursor":"([^"]+)"', page)[1].decode()
        if b'"more":true' not in page:
            break
    spent = time.monotonic() - start
    cpu = cpu_seconds(server.agent.process.pid) - cpu
    table.row(f"{count:,} hits pulled, pages of 1,000",
              f"{count / spent:,.0f} hits/s, {count / cpu:,.0f} for a second of the server's CPU",
              "≥ 100,000 a second", hits=count / spent)
    server.stop()


if __name__ == "__main__":
    main(measure, __doc__)

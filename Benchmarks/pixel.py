#!/usr/bin/env python3
"""The pixel server beside a web server that stores nothing: nginx's empty_gif with an access log. In one run, one after the
other, the server on one core and the load on the other; and pulling the hits. Needs wrk and nginx (install-peers)."""

import http.client
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from idle import cpu_seconds, mebibytes
from world import AgentError, free_ports, main, median, progress, wait_until

from agent import pixel_server
from tokens import bearer, mint

TOKENS = 20_000  # the server keeps 200 hits of one token a day
CONNECTIONS, SECONDS, ROUNDS = (64, 512), 5, 5
PULLED = 1_000_000
SERVER_CORE, LOAD_CORE = "0", "1"

# What load() reads.
REPORT = """
done = function(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), summary.errors.status + summary.errors.timeout))
end
"""

LOAD = """
local paths = {}
for line in io.lines("%s") do paths[#paths + 1] = line end
local number = 0
request = function()
  number = number %% #paths + 1
  return wrk.format("GET", paths[number])
end
"""

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
    for tool in ("wrk", "nginx", "taskset"):
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
    script = directory / "load.lua"
    (directory / "paths").write_text("".join(f"/i/{token()}.gif\n" for _ in range(TOKENS)))
    script.write_text(LOAD % (directory / "paths") + REPORT)
    nginx = Nginx(directory / "nginx")
    try:
        rates = {(peer, count): [] for count in CONNECTIONS for peer in (nginx, server)}
        for number in range(ROUNDS):
            for peer, count in rates:
                progress(f"round {number + 1} of {ROUNDS}: {peer.name}, {count} connections")
                peer.start()
                rates[peer, count].append(load(peer.port, script, seconds, count))
                if peer is server:
                    server.observe()
                peer.stop()
        for (peer, count), found in rates.items():
            base = median([rate.hits for rate in rates[nginx, count]])
            hits = median([rate.hits for rate in found])
            table.row(f"{peer.name}, {count} connections",
                      f"{hits:,.0f} hits/s = {hits / base:.2f} ×   p50 {median([r.p50 for r in found]):.1f}  "
                      f"p99 {median([r.p99 for r in found]):.1f} ms   errors {sum(r.errors for r in found)}",
                      ("≥ 0.5 ×, p99 ≤ 20 ms" if count == 64 else "≥ 0.5 ×") if peer is server else "",
                      hits=hits, ratio=hits / base)
        table.row("  one batch on disk", server.commits)
        table.row("  resident at full load", server.memory, "≤ 40 MB")
        pull(server, table)
    finally:
        nginx.stop()
        server.stop()


class Rate:
    def __init__(self, text):
        found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", text)
        if not found:
            raise AgentError("wrk said: " + text[-300:])
        requests, duration, p50, p99, self.errors = (int(word) for word in found.groups())
        self.hits, self.p50, self.p99 = requests / (duration / 1e6), p50 / 1000, p99 / 1000


def load(port, script, seconds, connections):
    done = subprocess.run(
        ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency",
         "-s", script, f"http://127.0.0.1:{port}"], capture_output=True, text=True, timeout=seconds + 60)
    return Rate(done.stdout + done.stderr)


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

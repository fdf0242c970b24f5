"""Load on a web server from the other core, by wrk or h2load."""

import re
import subprocess

from world import AgentError

SERVER_CORE, LOAD_CORE = "0", "1"

# Requests are written once: to write each when it is sent takes wrk longer than nginx takes to answer.
SCRIPT = """
local requests, number = {}, 0
init = function(arguments)
  for path in io.lines("%s") do
    %s
    requests[#requests + 1] = wrk.format("GET", path)
  end
end
request = function()
  number = number %% #requests + 1
  return requests[number]
end
done = function(summary, latency, requests)
  io.write(string.format("RESULT %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), summary.errors.status + summary.errors.timeout))
end
"""


class Rate:
    """Answers a second, the time that they took in milliseconds where the tool says so, and those that were none."""

    def __init__(self, hits, errors, p50=None, p99=None):
        self.hits, self.errors, self.p50, self.p99 = hits, errors, p50, p99


class Wrk:
    """All connections share one walk through the paths. `headers`: a line of Lua that sets wrk.headers for each path."""

    def __init__(self, directory, paths, headers=""):
        (directory / "paths").write_text("\n".join(paths) + "\n")
        self.script = directory / "load.lua"
        self.script.write_text(SCRIPT % (directory / "paths", headers))

    def run(self, port, seconds, connections, _=0):
        said = _loaded(["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency", "-s", self.script,
                        f"http://127.0.0.1:{port}"], seconds)
        found = _found(said, r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)")
        requests, duration, p50, p99, errors = (int(word) for word in found.groups())
        return Rate(requests / (duration / 1e6), errors, p50 / 1000, p99 / 1000)


class H2load:
    """Over HTTP/1.1, one request at a time on each connection, as wrk does. Each connection begins at the same path:
    `place`, 0 to 1, of all."""

    def __init__(self, directory, paths):
        self.directory, self.paths = directory, paths

    def run(self, port, seconds, connections, place=0):
        begin = int(place * len(self.paths))
        uris = self.directory / "uris"
        uris.write_text("".join(
            f"http://127.0.0.1:{port}{path}\n" for path in self.paths[begin:] + self.paths[:begin]))
        said = _loaded(["h2load", "--h1", "-t1", f"-c{connections}", f"-D{seconds:.0f}", "-i", uris], seconds)
        rate = _found(said, r"finished in [\d.]+m?s, ([\d.]+) req/s")[1]
        errors = _found(said, r"(\d+) failed, (\d+) errored, (\d+) timeout").groups()
        return Rate(float(rate), sum(int(count) for count in errors))


def _loaded(command, seconds):
    done = subprocess.run(["taskset", "-c", LOAD_CORE, *command], capture_output=True, text=True, timeout=seconds + 60)
    return done.stdout + done.stderr


def _found(said, pattern):
    found = re.search(pattern, said)
    if not found:
        raise AgentError("the load's program said: " + said[-300:])
    return found

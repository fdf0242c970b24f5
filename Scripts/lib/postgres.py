#!/usr/bin/env python3
"""A private PostgreSQL server for another program's tests, driven by lines of JSON.

postgres.py serve
starts one in a temporary directory, on loopback (TLS, password `secret`) and a Unix socket (no password), prints where it
is as one line of JSON, then answers one JSON request a line (see REQUESTS). At the end of its input or on SIGTERM it ends
the server and removes the directory: a caller that dies leaves nothing behind.

Debian's packages, unpacked by Scripts/lib/unpack-servers, are run, as root by the user `nobody`.
"""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from certificates import make_certificates
from privateserver import UNPACKED, ServerError, check_place, free_ports
from processes import Process, spawn, wait_until

VERSION = "15"
PATIENCE = 30
SETTINGS = """\
listen_addresses = '127.0.0.1,127.0.0.2'
port = {port}
unix_socket_directories = '{directory}'
ssl = on
ssl_cert_file = '{directory}/certs/server.pem'
ssl_key_file = '{directory}/certs/server.key'
max_connections = 60
shared_buffers = 32MB
"""
ACCESS = """\
local all all trust
host all all 127.0.0.0/8 scram-sha-256
"""


class Postgres:
    def __init__(self, directory=None):
        self.directory = Path(directory or tempfile.mkdtemp(prefix="sentmark-postgres-")).absolute()
        self.owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        check_place(self.directory)
        self.process, self.databases = None, 0
        self.port = free_ports(1)[0]
        if not (UNPACKED / "postgres").is_dir():
            raise ServerError(f"PostgreSQL is not unpacked in {UNPACKED}: run Scripts/install-dependencies --test")
        self.home = UNPACKED / "postgres"
        if self.owner and not all(parent.stat().st_mode & 0o001 for parent in self.home.parents):
            self.home = self.directory / "program"  # where its user can run it
            shutil.copytree(UNPACKED / "postgres", self.home, symlinks=True)
        (self.directory / "certs").mkdir()
        make_certificates(self.directory / "certs")
        self._own(self.directory)
        self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        self._write("postgresql.auto.conf", SETTINGS.format(port=self.port, directory=self.directory))
        self._write("pg_hba.conf", ACCESS)

    data = property(lambda self: self.directory / "data")
    log_file = property(lambda self: self.directory / "log")

    def start(self):
        self.log_file.touch()
        with open(self.log_file, "ab") as out:
            child = spawn([self._program("postgres"), "-D", self.data], True, stdout=out, stderr=out, **self._options())
        self.process = Process(child.pid)

        def settled():
            return child.poll() is not None or self._answers()

        if not wait_until(settled, PATIENCE) or child.poll() is not None:
            raise ServerError("PostgreSQL did not start:\n" + self.log_file.read_text(errors="replace")[-2000:])

    def stop(self, number=signal.SIGINT):
        """SIGINT: a fast shutdown. SIGQUIT: as if the power went, for all of its processes at once."""
        if self.process:
            self.process.signal(number)
            if not wait_until(lambda: not self.process.alive(), PATIENCE):
                self.process.kill()
            wait_until(lambda: not self.process.session(), 5)
            self.process.kill()
            self.process = None

    def kill(self):
        """SIGKILL to all of its processes."""
        if self.process:
            self.process.kill()
            self.process = None

    def database(self):
        self.databases += 1
        name = f"hits{self.databases}"
        if self.databases == 1:
            self.sql("postgres", "CREATE ROLE sentmark LOGIN PASSWORD 'secret'")
        self.sql("postgres", f"CREATE DATABASE {name} OWNER sentmark")
        return {"name": name, "socket": f"postgresql:///{name}?host={self.directory}&port={self.port}&user=sentmark",
                "tls": f"postgresql://sentmark@localhost:{self.port}/{name}"}

    def sql(self, database, text):
        """Rows of columns, as the superuser."""
        done = self._run("psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", self.directory, "-p",
                         self.port, "-U", "postgres", "-d", database, "-c", text)
        return [line.split("\t") for line in done.splitlines()]

    def copy(self):
        """A backup of the files, to go back to."""
        self.stop()
        shutil.rmtree(self.directory / "backup", ignore_errors=True)
        shutil.copytree(self.data, self.directory / "backup")
        self._own(self.directory / "backup")
        self.start()

    def back(self, recovers):
        """To the copy. `recovers`: as a backup or a standby is recovered, which begins another timeline."""
        self.stop()
        shutil.rmtree(self.data)
        shutil.copytree(self.directory / "backup", self.data)
        self._own(self.data)
        if recovers:
            self._write("recovery.signal", "")
            with open(self.data / "postgresql.auto.conf", "a") as out:
                out.write("restore_command = 'false'\n")
        self.start()

    def remove(self):
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def _program(self, name):
        return self.home / "lib" / "postgresql" / VERSION / "bin" / name

    def _options(self):
        options = {"cwd": "/", "env": {"PATH": os.environ.get("PATH", ""), "LD_LIBRARY_PATH": str(self.home / "lib"),
                                       "LC_ALL": "C"}}
        if self.owner:
            options |= {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
        return options

    def _run(self, name, *arguments):
        done = subprocess.run([self._program(name), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, **self._options())
        if done.returncode:
            raise ServerError(f"{name}: {done.stderr.strip()}")
        return done.stdout

    def _answers(self):
        try:
            return self.sql("postgres", "SELECT NOT pg_is_in_recovery()") == [["t"]]
        except ServerError:
            return False

    def _write(self, name, text):
        path = self.data / name
        path.write_text(text)
        self._own(path)

    def _own(self, path):
        if not self.owner:
            return
        for place in [path, *path.rglob("*")] if path.is_dir() else [path]:
            os.chown(place, self.owner.pw_uid, self.owner.pw_gid, follow_symlinks=False)


def _done(action):
    def run(server, request):
        action(server, request)
        return {}
    return run


REQUESTS = {
    "database": lambda server, _: server.database(),  # -> name, socket and tls (URLs)
    "sql": lambda server, request: {"rows": server.sql(request["database"], request["sql"])},
    "stop": _done(lambda server, _: server.stop()),
    "start": _done(lambda server, _: server.start()),
    "kill": _done(lambda server, _: server.kill()),
    "copy": _done(lambda server, _: server.copy()),
    "back": _done(lambda server, request: server.back(request["recovers"])),
}


def serve():
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller decides; it closes our input
    with Postgres() as server:
        server.start()
        print(json.dumps({"directory": str(server.directory), "port": server.port,
                          "ca": str(server.directory / "certs" / "ca.pem")}), flush=True)
        for line in sys.stdin:
            try:
                request = json.loads(line)
                answer = REQUESTS[request["do"]](server, request)
            except (ServerError, OSError, KeyError, ValueError) as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    if sys.argv[1:] != ["serve"]:
        sys.exit(__doc__)
    try:
        serve()
    except ServerError as error:
        sys.exit(f"postgres.py: {error}")

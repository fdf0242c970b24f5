"""Plays one side of a conversation over TCP or TLS on loopback, byte for byte, for tests of clients.

Standard input: first the configuration, then requests, one JSON object a line, each answered by one line.
Ends when standard input does, and leaves nothing behind.

  {"tls": "none|implicit|starttls", "certificate": "valid|expired|otherhost", "scripts": [[STEP, ...], ...]}
      -> {"port": 1234, "ca": "/tmp/.../ca.pem"}
  {"do": "open", "gate": NAME}                     lets connections pass that wait at the gate
  {"do": "reached", "connection": N, "step": N, "seconds": N}
                                                   waits until that connection has done that many steps
  {"do": "ended", "connection": N}                 waits until its script has ended and its socket is closed
  {"do": "transcript", "connection": N}            -> {"received": BASE64}
  {"do": "outcome", "connection": N}               -> {"failure": TEXT}

The nth connection plays the nth script; further ones the last. {tag} in sent bytes is the first word of the line last
expected.
"""

import base64
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading

PATIENCE = 20


class Script(Exception):
    """What happened is not what the script says."""


class Connection:
    def __init__(self, sock, server, steps):
        self.sock, self.server, self.steps = sock, server, steps
        self.unread, self.received = b"", bytearray()
        self.tag = b""
        self.failure = None
        self.done, self.ended = 0, False
        self.news = threading.Condition()

    def run(self):
        try:
            if self.server.tls == "implicit":
                self.start_tls()
            for step in self.steps:
                getattr(self, "do_" + step["do"])(step)
                with self.news:
                    self.done += 1
                    self.news.notify_all()
        except (Script, OSError) as error:
            self.failure = "step %d: %s" % (self.done + 1, error)
        finally:
            self.sock.close()
            with self.news:
                self.ended = True
                self.news.notify_all()

    def start_tls(self):
        self.sock = self.server.context.wrap_socket(self.sock, server_side=True, suppress_ragged_eofs=True)

    def read(self, size=65536):
        data = self.sock.recv(size)
        self.received += data
        return data

    def line(self):
        while b"\r\n" not in self.unread:
            data = self.read()
            if not data:
                raise Script("the client has gone after %r" % bytes(self.unread))
            self.unread += data
        line, self.unread = self.unread.split(b"\r\n", 1)
        return line

    def do_expect(self, step):
        line = self.line()
        if not re.search(step["pattern"].encode(), line):
            raise Script("expected %r, got %r" % (step["pattern"], line))
        self.tag = line.split(b" ")[0]

    def do_answer(self, step):
        """Answers every line by the first rule that fits it, until the client has gone."""
        while True:
            try:
                line = self.line()
            except Script:
                if self.unread:
                    raise
                return
            rule = next((rule for rule in step["rules"] if re.search(rule["pattern"].encode(), line)), None)
            if rule is None:
                raise Script("no rule for %r" % line)
            self.tag = line.split(b" ")[0]
            self.do_send(rule)

    def do_flood(self, step):
        """Sends the same over and over, until the client has gone."""
        data = base64.b64decode(step["data"])
        data *= max(1, (1 << 16) // len(data))
        try:
            while True:
                self.sock.sendall(data)
        except OSError:
            return

    def do_headers(self, step):
        """Skips the rest of an HTTP request."""
        while self.line():
            pass

    def do_send(self, step):
        data = base64.b64decode(step["data"]).replace(b"{tag}", self.tag)
        size = step.get("cut") or len(data)
        for start in range(0, len(data), max(1, size)):
            self.sock.sendall(data[start:start + size])

    def do_read(self, step):
        wanted = step["count"] - len(self.unread)
        self.unread = b""
        while wanted > 0:
            data = self.read(min(65536, wanted))
            if not data:
                raise Script("the client has gone, %d bytes are missing" % wanted)
            wanted -= len(data)

    def do_echo(self, step):
        while data := (self.unread or self.read()):
            self.unread = b""
            self.sock.sendall(data)

    def do_end(self, step):
        """Waits until the client closes."""
        while self.read():
            pass

    def do_starttls(self, step):
        if self.unread:
            raise Script("bytes before the handshake: %r" % self.unread)
        self.start_tls()

    def do_pass(self, step):
        if not self.server.gate(step["gate"]).wait(PATIENCE):
            raise Script("nobody opened the gate " + step["gate"])

    def do_close(self, step):
        if isinstance(self.sock, ssl.SSLSocket) and step.get("notify"):
            self.sock.unwrap()
        self.sock.close()

    def do_reset(self, step):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if isinstance(self.sock, ssl.SSLSocket):
            os.close(self.sock.detach())
        else:
            self.sock.close()

    def wait(self, condition, seconds=PATIENCE):
        with self.news:
            return self.news.wait_for(condition, seconds)


class Server:
    def __init__(self, config, directory):
        self.tls, self.scripts = config["tls"], config["scripts"]
        self.gates, self.lock = {}, threading.Condition()
        self.connections = []
        self.ca = None
        if self.tls != "none":
            self.ca = make_certificates(directory, config.get("certificate", "valid"))
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(directory + "/server.pem", directory + "/server.key")
        self.listener = socket.socket()
        # Small, so that a client notices soon that nobody reads; inherited by the accepted sockets.
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(512)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            sock, _ = self.listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                script = self.scripts[min(len(self.connections), len(self.scripts) - 1)]
                connection = Connection(sock, self, script)
                self.connections.append(connection)
                self.lock.notify_all()
            threading.Thread(target=connection.run, daemon=True).start()

    def gate(self, name):
        with self.lock:
            return self.gates.setdefault(name, threading.Event())

    def connection(self, number):
        with self.lock:
            if not self.lock.wait_for(lambda: len(self.connections) > number, PATIENCE):
                raise Script("there is no connection %d" % number)
            return self.connections[number]

    def answer(self, request):
        if request["do"] == "open":
            self.gate(request["gate"]).set()
            return {}
        if request["do"] == "count":
            return {"count": len(self.connections)}
        connection = self.connection(request["connection"])
        if request["do"] == "reached":
            if not connection.wait(lambda: connection.done >= request["step"] or connection.ended, request["seconds"]):
                raise Script("step %d is not reached" % request["step"])
            if connection.done < request["step"]:
                raise Script(connection.failure or "the script is shorter")
            return {}
        if request["do"] == "ended":
            if not connection.wait(lambda: connection.ended):
                raise Script("the script does not end")
            return {}
        if request["do"] == "outcome":
            return {"failure": connection.failure}
        return {"received": base64.b64encode(bytes(connection.received)).decode()}


def make_certificates(directory, kind):
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=directory)

    names = "DNS:elsewhere.example" if kind == "otherhost" else "DNS:localhost,IP:127.0.0.1"
    # `openssl ca` alone can date a certificate back.
    dates = ("20200101000000Z", "20200201000000Z") if kind == "expired" else ("20200101000000Z", "20991231000000Z")
    for name, text in {
        "ca.cnf": "[ca]\ndefault_ca=a\n[a]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n"
                  "policy=p\n[p]\ncommonName=supplied\n",
        "extensions": "subjectAltName=%s\n" % names, "index": "", "serial": "01\n",
    }.items():
        with open(os.path.join(directory, name), "w") as file:
            file.write(text)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "2")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
    openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key",
            "-in", "server.csr", "-out", "server.pem", "-startdate", dates[0], "-enddate", dates[1],
            "-extfile", "extensions")
    return directory + "/ca.pem"


def main():
    with tempfile.TemporaryDirectory(prefix="scripted-server-") as directory:
        server = Server(json.loads(sys.stdin.readline()), directory)
        print(json.dumps({"port": server.port, "ca": server.ca}), flush=True)
        for line in sys.stdin:
            try:
                answer = server.answer(json.loads(line))
            except Script as error:
                answer = {"error": str(error)}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

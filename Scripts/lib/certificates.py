"""Certificates for servers on loopback, by an authority that is made with them."""

import os
import subprocess

# `openssl ca` alone can date a certificate back.
AUTHORITY = """\
[ca]
default_ca=a
[a]
database=index
serial=serial
new_certs_dir=.
default_md=sha256
policy=p
[p]
commonName=supplied
"""
DATES = {"valid": ("20200101000000Z", "20991231000000Z"), "expired": ("20200101000000Z", "20200201000000Z")}


def make_certificates(directory, kind="valid"):
    """Writes ca.pem, server.pem and server.key for localhost and 127.0.0.1; `kind` is one of DATES."""
    def openssl(*arguments):
        done = subprocess.run(["openssl", *arguments], cwd=directory, capture_output=True, text=True)
        if done.returncode:
            raise OSError(f"openssl {arguments[0]} in {directory}: {done.stderr.strip()}")

    files = {"ca.cnf": AUTHORITY, "index": "", "serial": "01\n",
             "extensions": "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n"}
    for name, text in files.items():
        with open(os.path.join(directory, name), "w") as file:
            file.write(text)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Sentmark private CA",
            "-days", "30", "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    start, end = DATES[kind]
    openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key",
            "-in", "server.csr", "-out", "server.pem", "-startdate", start, "-enddate", end,
            "-extfile", "extensions")

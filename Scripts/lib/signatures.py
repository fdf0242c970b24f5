#!/usr/bin/env python3
"""Signed mails, for another program's tests: one JSON request a line, each answered by one line.

  {"do": "make", "kind": KIND}                          -> {"message"}: a mail that is signed already (see `MAKERS`)
  {"do": "sign", "by": "dkimpy|opendkim", "message"}    -> {"message"}: as a provider signs it
  {"do": "verify", "kind": KIND, "message"}             -> {"valid"}; of a provider's signature the kind is dkim
Messages are base64. Keys are made for this process, and end with it, as GnuPG's agent does.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from privateserver import UNPACKED

sys.path.append("/usr/lib/python3/dist-packages")  # for a Python that is not Debian's
import dkim  # noqa: E402

SIGNER = "alice@example.org"
HEADER = (f"From: Alice <{SIGNER}>\r\nTo: bob@far.example\r\nSubject: Signed\r\nMessage-ID: <KIND@example.org>\r\n"
          "Date: Thu, 26 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n")
HTML = "Content-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>Good day </p></body></html>\r\n"


class SignatureError(Exception):
    pass


class Signatures:
    def __init__(self, directory):
        self.directory = Path(directory)
        self._run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
                   "-subj", "/CN=Alice", "-days", "3", "-addext", f"subjectAltName=email:{SIGNER}"])
        self._run(["openssl", "rsa", "-in", "key.pem", "-traditional", "-out", "rsa.pem"])
        public = self._run(["openssl", "rsa", "-in", "key.pem", "-pubout", "-outform", "DER"])
        self.record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
        self.keyring = self.directory / "gnupg"
        self.keyring.mkdir(mode=0o700)
        self._gpg("--quick-generate-key", SIGNER, "ed25519", "sign", "never")

    def close(self):
        subprocess.run(["gpgconf", "--homedir", self.keyring, "--kill", "all"], capture_output=True)

    def dkim(self):
        return self.sign("dkimpy", HEADER.replace("KIND", "dkim").encode() + HTML.encode())

    def smime(self):
        """multipart/signed, whose signature covers the inner part as it is."""
        header = HEADER.replace("KIND", "smime").replace("MIME-Version: 1.0\r\n", "")
        signed = self._run(["openssl", "cms", "-sign", "-signer", "cert.pem", "-inkey", "key.pem", "-crlfeol"],
                           HTML.encode())
        return header.encode() + _lines(signed)

    def smime_opaque(self):
        header = HEADER.replace("KIND", "opaque").replace("MIME-Version: 1.0\r\n", "")
        signed = self._run(["openssl", "cms", "-sign", "-nodetach", "-signer", "cert.pem", "-inkey", "key.pem"],
                           HTML.encode())
        return header.encode() + _lines(signed)

    def pgp_mime(self):
        signature = self._gpg("--armor", "--detach-sign", given=HTML.encode())
        return (HEADER.replace("KIND", "pgp").encode()
                + b'Content-Type: multipart/signed; micalg=pgp-sha512; protocol="application/pgp-signature";'
                  b' boundary="signed"\r\n\r\n--signed\r\n' + HTML.encode()
                + b"\r\n--signed\r\nContent-Type: application/pgp-signature; name=signature.asc\r\n\r\n"
                + _lines(signature) + b"\r\n--signed--\r\n")

    def pgp_inline(self):
        signed = self._gpg("--armor", "--clear-sign", given=b"Good day\n- dash\n")
        return HEADER.replace("KIND", "inline").encode() + b"Content-Type: text/plain\r\n\r\n" + _lines(signed)

    def sign(self, by, message):
        if by == "dkimpy":
            return dkim.sign(message, b"mail", b"example.org", (self.directory / "key.pem").read_bytes(),
                             canonicalize=(b"simple", b"simple")) + message
        tool = UNPACKED / "opendkim" / "bin" / "opendkim-testmsg"
        libraries = {"LD_LIBRARY_PATH": str(UNPACKED / "opendkim" / "lib")}
        return self._run([tool, "-d", "example.org", "-s", "mail", "-k", "rsa.pem", "-C"], message, **libraries)

    def verify(self, kind, message):
        return CHECKS[kind](self, message)

    def verify_dkim(self, message):
        return dkim.verify(message, dnsfunc=lambda name, timeout=5: self.record)

    def verify_smime(self, message):
        return self._succeeds(["openssl", "cms", "-verify", "-CAfile", "cert.pem", "-purpose", "any"], message)

    def verify_pgp_mime(self, message):
        _, part, signature, _ = message.split(b"--signed")[0:4] if message.count(b"--signed") == 3 else [b""] * 4
        (self.directory / "part").write_bytes(part[2:-2])
        (self.directory / "part.asc").write_bytes(signature.partition(b"\r\n\r\n")[2])
        return self._succeeds(["gpg", "--batch", "--homedir", self.keyring, "--verify", "part.asc", "part"], b"")

    def verify_pgp_inline(self, message):
        return self._succeeds(["gpg", "--batch", "--homedir", self.keyring, "--verify"],
                              message.partition(b"\r\n\r\n")[2])

    def _gpg(self, *arguments, given=b""):
        return self._run(["gpg", "--batch", "--homedir", self.keyring, "--pinentry-mode", "loopback", "--passphrase", "",
                          *arguments], given)

    def _succeeds(self, arguments, given):
        return subprocess.run(arguments, input=given, cwd=self.directory, capture_output=True).returncode == 0

    def _run(self, arguments, given=b"", **environment):
        done = subprocess.run(arguments, input=given, cwd=self.directory, capture_output=True,
                              env=os.environ | environment)
        if done.returncode:
            raise SignatureError(f"{arguments[0]} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
        return done.stdout


MAKERS = {"dkim": Signatures.dkim, "smime": Signatures.smime, "smime-opaque": Signatures.smime_opaque,
          "pgp-mime": Signatures.pgp_mime, "pgp-inline": Signatures.pgp_inline}
CHECKS = {"dkim": Signatures.verify_dkim, "smime": Signatures.verify_smime, "smime-opaque": Signatures.verify_smime,
          "pgp-mime": Signatures.verify_pgp_mime, "pgp-inline": Signatures.verify_pgp_inline}


def _lines(data):
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def answer(signatures, request):
    if request["do"] == "make":
        return {"message": base64.b64encode(MAKERS[request["kind"]](signatures)).decode()}
    message = base64.b64decode(request["message"])
    if request["do"] == "sign":
        return {"message": base64.b64encode(signatures.sign(request["by"], message)).decode()}
    return {"valid": signatures.verify(request["kind"], message)}


def main():
    with tempfile.TemporaryDirectory(prefix="signatures-") as directory:
        signatures = Signatures(directory)
        try:
            for line in sys.stdin:
                try:
                    said = answer(signatures, json.loads(line))
                except (SignatureError, OSError, KeyError, ValueError) as error:
                    said = {"error": f"{type(error).__name__}: {error}"}
                print(json.dumps(said), flush=True)
        finally:
            signatures.close()


if __name__ == "__main__":
    main()

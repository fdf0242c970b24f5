"""Tokens and keys as the contract has them, made without the program."""

import base64
import hashlib
import hmac
import secrets


def mint(credential):
    """Makes tokens of the stream whose credential this is."""
    raw = from_base32(credential.removeprefix("smk1_"))
    stream, epoch, key = raw[:3], raw[3], raw[4:36]

    def token():
        body = bytes([1 << 6 | 1 << 4 | epoch]) + stream + secrets.token_bytes(8) + b"\0"
        mac = hmac.digest(key, b"sentmark/token/1" + body, hashlib.sha256)[:12]
        return base64.b32encode(body + mac).decode().lower()
    return token


def bearer(credential):
    """What opens the hits of the stream whose credential this is: its number, epoch and pull key."""
    raw = from_base32(credential.removeprefix("smk1_"))
    return "smp1_" + base64.b32encode(raw[:4] + raw[36:]).decode().lower().rstrip("=")


def from_base32(text):
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))

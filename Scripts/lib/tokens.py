"""Tokens and keys as the contract has them, made without the program."""

import base64
import hashlib
import hmac
import secrets


def mint(credential):
    """Makes tokens of the stream whose credential this is."""
    raw = from_base32(credential.removeprefix("smk1_"))
    return lambda: token(raw[:3], raw[3], raw[4:36])


def token(stream, epoch, key):
    body = bytes([1 << 6 | 1 << 4 | epoch]) + stream + secrets.token_bytes(8) + b"\0"
    return to_base32(body + hmac.digest(key, b"sentmark/token/1" + body, hashlib.sha256)[:12])


def bearer(credential):
    """What opens the hits of the stream whose credential this is: its number, epoch and pull key."""
    raw = from_base32(credential.removeprefix("smk1_"))
    return pull_bearer(raw[:3], raw[3], raw[36:])


def pull_bearer(stream, epoch, key):
    return "smp1_" + to_base32(stream + bytes([epoch]) + key)


def to_base32(octets):
    return base64.b32encode(octets).decode().lower().rstrip("=")


def from_base32(text):
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))

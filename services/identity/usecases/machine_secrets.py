"""The secrets of machine clients: 256 random bits, kept as SHA-256 (a slow hash guards guessable secrets only)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Any

# Tells scanners of source code, and people, what they found.
PREFIX = "pmc_"


def fresh_secret() -> tuple[str, bytes]:
    """Return a new secret and its hash."""
    secret = PREFIX + secrets.token_urlsafe(32)
    return secret, hashed(secret)


def hashed(secret: str) -> bytes:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def matching(secret: str, rows: Iterable[Any]) -> Any | None:
    """Return the row (`hash`) whose secret this is; every row is compared, each in constant time."""
    given, found = hashed(secret), None
    for row in rows:
        if row.hash is not None and hmac.compare_digest(bytes(row.hash), given):
            found = row
    return found

"""The keys that sign the tokens of people and machines; everybody else verifies with the public halves.

The root key (IDENTITY_SIGNING_KEY_FILE) is pinned by every process and signs nothing but the list of signing keys; the
signing keys themselves lie in the database, encrypted under a key derived from the root, and rotate
(docs/decisions/0030-signing-keys.md).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chassis import tokens, trust
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.key_set import KeySet
from chassis.revocations import REMEMBERED_SECONDS
from services.identity.store import sessions, signing_keys

ISSUER = "identity"
RELOAD_SECONDS = 10.0
NONCE_BYTES = 12


class Signs(Protocol):
    """What use cases need of whoever signs."""

    def sign(self, caller: Caller, seconds: int, **more: Any) -> tuple[str, datetime]:
        """Return a token for `caller` and the moment at which it ends; `more` are further claims."""


class Signer:
    """One Ed25519 key; its id is `identity:` and the RFC 7638 thumbprint's beginning, so it follows from the key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode()}
        thumbprint = hashlib.sha256(json.dumps(self.public, sort_keys=True, separators=(",", ":")).encode()).digest()
        self.key_id = trust.SIGNING_PREFIX + base64.urlsafe_b64encode(thumbprint).decode()[:16]

    def private_bytes(self) -> bytes:
        """Return the private half, 32 bytes."""
        return self._key.private_bytes_raw()

    def sign(self, caller: Caller, seconds: int, **more: Any) -> tuple[str, datetime]:
        """Return a token for `caller` and the moment at which it ends; `more` are further claims."""
        ends = now().astimezone(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
        return tokens.sign(caller, self._key, self.key_id, seconds, ISSUER, **more), ends

    def key_set(self) -> list[dict[str, Any]]:
        """Return the public key as a JWKS of one entry."""
        return [jwk(self.key_id, self.public["x"])]


def jwk(key_id: str, x: str, expires_at: datetime | None = None) -> dict[str, Any]:
    """Return the JWKS entry of a public key."""
    entry: dict[str, Any] = {
        "kty": "OKP", "crv": "Ed25519", "x": x, "kid": key_id, "use": "sig", "alg": tokens.ALGORITHM
    }  # fmt: skip
    return entry | ({"exp": int(expires_at.timestamp())} if expires_at else {})


class Root:
    """Identity's root key: vouches for the list of signing keys, and keeps their private halves secret."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.key = key
        derive = HKDF(SHA256(), 32, salt=None, info=b"portal identity signing keys v1")
        self._cipher = AESGCM(derive.derive(key.private_bytes_raw()))

    @classmethod
    def from_file(cls, path: str) -> Root:
        """Read the key. Raises ValueError when the file is missing or holds no Ed25519 key."""
        try:
            return cls(tokens.load_key(path))
        except OSError as error:
            raise ValueError(f"IDENTITY_SIGNING_KEY_FILE: {error}") from error

    def seal(self, key: Signer) -> bytes:
        """Return a key's private half, encrypted and bound to its id."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key.private_bytes(), key.key_id.encode())

    def open(self, key_id: str, sealed: bytes) -> Signer:
        """Return the key of a sealed private half. Raises ValueError when this root did not seal it."""
        try:
            raw = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], key_id.encode())
        except InvalidTag as error:
            raise ValueError(f"{key_id} was sealed under another root key") from error
        return Signer(Ed25519PrivateKey.from_private_bytes(raw))


class KeyRing:
    """The signing keys of the database, looked at again every ten seconds (another process may have rotated them)."""

    def __init__(self, db: Database, root: Root) -> None:
        self.db = db
        self.root = root
        self._active: Signer | None = None
        self._keys: list[dict[str, Any]] = []
        self._read_at = float("-inf")

    def sign(self, caller: Caller, seconds: int, **more: Any) -> tuple[str, datetime]:
        """Return a token for `caller`, signed by the key in use, and the moment at which it ends."""
        self._look()
        if self._active is None:
            raise RuntimeError("identity has no signing key")
        return self._active.sign(caller, seconds, **more)

    def key_set(self) -> list[dict[str, Any]]:
        """Return the public keys as JWKS entries: in use, to come, and on their way out."""
        self._look()
        return self._keys

    def published(self) -> KeySet:
        """Return the key set and what was said of sessions while a token lives, with the root's signature."""
        keys = self.key_set()
        with self.db.reading() as connection:
            overtaken = sessions.overtaken(connection, REMEMBERED_SECONDS)
        return KeySet(keys=keys, signed=trust.sealed(keys, self.root.key, overtaken))

    def reload(self) -> None:
        """Look at the database at the next use."""
        self._read_at = float("-inf")

    def _look(self) -> None:
        if time.monotonic() - self._read_at < RELOAD_SECONDS:
            return
        with self.db.reading() as connection:
            rows = signing_keys.published(connection, now())
        active = next((row for row in rows if row.state == "active"), None)
        if active is not None and (self._active is None or self._active.key_id != active.id):
            self._active = self.root.open(active.id, bytes(active.sealed))
        self._keys = [jwk(row.id, row.public, row.expires_at) for row in rows]
        self._read_at = time.monotonic()

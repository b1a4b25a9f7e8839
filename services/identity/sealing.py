"""Secrets that must be read again (of authenticator applications) are kept encrypted: a copy of the database is not
enough to make codes."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class Sealer:
    """AES-256-GCM under a key derived from the setting; a sealed secret opens for its own user only."""

    def __init__(self, key: str) -> None:
        self._cipher = AESGCM(hashlib.sha256(b"second factor:" + key.encode()).digest())

    def seal(self, secret: str, user_id: UUID) -> bytes:
        """Return the secret encrypted for one user."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), user_id.bytes)

    def open(self, sealed: bytes, user_id: UUID) -> str | None:
        """Return the secret, None when it was sealed with another key or for somebody else."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], user_id.bytes).decode()
        except InvalidTag:
            return None

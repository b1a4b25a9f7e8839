"""Signs the tokens of people; everybody else verifies them with the public key (architecture, section 6)."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chassis import tokens
from chassis.caller import Caller
from chassis.days import now

ISSUER = "identity"


class Signer:
    """One Ed25519 key; its id is `identity:` and the RFC 7638 thumbprint's beginning, so it follows from the key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode()}
        thumbprint = hashlib.sha256(json.dumps(self.public, sort_keys=True, separators=(",", ":")).encode()).digest()
        self.key_id = "identity:" + base64.urlsafe_b64encode(thumbprint).decode()[:16]

    @classmethod
    def from_file(cls, path: str) -> Signer:
        """Read the key. Raises ValueError when the file is missing or holds no Ed25519 key."""
        try:
            return cls(tokens.load_key(path))
        except OSError as error:
            raise ValueError(f"IDENTITY_SIGNING_KEY_FILE: {error}") from error

    def sign(self, caller: Caller, seconds: int) -> tuple[str, datetime]:
        """Return a token for `caller` and the moment at which it ends."""
        ends = now().astimezone(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
        return tokens.sign(caller, self._key, self.key_id, seconds, ISSUER), ends

    def key_set(self) -> list[dict[str, Any]]:
        """Return the public keys as JWKS entries."""
        return [self.public | {"kid": self.key_id, "use": "sig", "alg": tokens.ALGORITHM}]

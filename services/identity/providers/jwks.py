"""A provider's description and its keys: kept, asked again when a key is unknown (keys rotate), never in a flood."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.exceptions import PyJWTError

from services.identity.providers.base import Refused

KEEP_SECONDS = 3600.0
# Asked at most so often out of turn: a flood of tokens with invented key ids must not become a flood of requests.
REFRESHES, PER_SECONDS = 6, 60.0
SHORTEST_RSA = 2048
MOST_KEYS = 50
KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


class Kept:
    """A document of the provider, fetched when first needed, an hour later again, and out of turn within a budget."""

    def __init__(self, fetch: Callable[[], dict[str, Any]], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._document: dict[str, Any] | None = None
        self._at = 0.0
        self._turns: list[float] = []
        self._lock = threading.Lock()

    def get(self) -> dict[str, Any]:
        """Return the document. Raises what fetching raises, when there is no older one to go on with."""
        with self._lock:
            if self._document is None or self._clock() - self._at > KEEP_SECONDS:
                try:
                    self._take(self._fetch())
                except Refused:
                    if self._document is None:
                        raise
                    self._at = self._clock() - KEEP_SECONDS + 60  # the old one goes on; ask again in a minute
            assert self._document is not None
            return self._document

    def again(self) -> dict[str, Any] | None:
        """Fetch anew out of turn; None when that was done too often or the provider does not answer."""
        with self._lock:
            at = self._clock()
            self._turns = [turn for turn in self._turns if at - turn < PER_SECONDS]
            if len(self._turns) >= REFRESHES:
                return None
            self._turns.append(at)
            try:
                self._take(self._fetch())
            except Refused:
                return None
            return self._document

    def _take(self, document: dict[str, Any]) -> None:
        self._document, self._at = document, self._clock()


def pick(document: dict[str, Any], header: dict[str, Any]) -> jwt.PyJWK | None:
    """Return the key of a JWKS a token's header means; None when there is none, or when it could be several.

    Without a key id the one key that fits the algorithm is meant; of several, the standard says none (OpenID Connect
    Core, 10.1). A header's own `jwk`, `jku` or `x5c` is never looked at.
    """
    algorithm, wanted = str(header.get("alg")), header.get("kid")
    listed = document.get("keys")
    fitting = [
        entry
        for entry in (listed[:MOST_KEYS] if isinstance(listed, list) else [])
        if isinstance(entry, dict)
        and entry.get("kty") == KINDS.get(algorithm[:2])
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", algorithm) == algorithm
        and (wanted is None or entry.get("kid") == wanted)
    ]
    if len(fitting) != 1:
        return None
    try:
        key = jwt.PyJWK({k: v for k, v in fitting[0].items() if k not in ("d", "p", "q")}, algorithm=algorithm)
    except (PyJWTError, ValueError, TypeError, KeyError):
        return None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < SHORTEST_RSA:
        return None
    return key

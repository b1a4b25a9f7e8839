"""Whose signatures are believed: pinned keys from a file, and identity's signing keys, which change by themselves.

TRUSTED_KEYS_FILE pins the keys of the services and identity's root key (`root:identity`). The keys that sign people's
tokens are fetched from identity over the bus when a key id is unknown, believed only under the root's signature, and
looked at again once a minute in the background, so that keys rotate without a restart or a shared file.

With the keys comes what was said of sessions a moment ago: a process that begins now, or missed a word of the
broadcast, refuses overtaken tokens as the others do. It cannot verify a person's token before it has asked once.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import orjson

from chassis.errors import PortalError
from chassis.key_set import KeySet, SigningKeys
from chassis.revocations import revocations
from chassis.telemetry import get_logger

log = get_logger(__name__)

ALGORITHM = "EdDSA"
ROOT = "root:identity"
SIGNING_PREFIX = "identity:"
SET_AUDIENCE = "portal-keys"
SET_SECONDS = 300
REREAD_SECONDS = 2.0
REFRESH_SECONDS = 60.0

Fetch = Callable[[], KeySet]
Overtaken = tuple[UUID, int]  # a session and the generation from which on its tokens are good


class _Key:
    """One believed key and the moment (epoch) from which it is believed no more."""

    __slots__ = ("expires", "key")

    def __init__(self, entry: dict[str, Any]) -> None:
        self.key = jwt.PyJWK(entry, algorithm=ALGORITHM)
        self.expires = float(entry["exp"]) if entry.get("exp") is not None else None


class TrustedKeys:
    """The public keys of identity and of the services, by key id. `fetch` asks identity for its key set."""

    def __init__(self, path: str | None = None, fetch: Fetch | None = None) -> None:
        self._path = path
        self._fetch = fetch
        self._pinned: dict[str, _Key] = {}
        self._fetched: dict[str, _Key] = {}
        self._read_at = self._fetched_at = self._tried_at = float("-inf")
        self._lock = threading.Lock()
        self._refreshing = False

    def use(self, fetch: Fetch) -> None:
        """Ask for identity's key set this way from now on."""
        self._fetch = fetch

    def find(self, key_id: str) -> jwt.PyJWK:
        """Return the key. Raises PortalError unauthenticated for a key nobody published, or one whose time is over."""
        known = self._look(key_id)
        if known is None:
            self._learn(key_id)
            known = self._look(key_id)
        if known is None or not self.holds(key_id):
            raise PortalError("unauthenticated")
        return known.key

    def forget(self) -> None:
        """Ask identity anew at the next token: a key was withdrawn."""
        self._tried_at = float("-inf")
        self._fetched = {}

    def holds(self, key_id: str) -> bool:
        """Tell, without asking anybody, whether a key is believed at this moment."""
        if self._fetched and time.monotonic() - self._fetched_at > REFRESH_SECONDS:
            self._refresh()
        known = self._look(key_id)
        return known is not None and (known.expires is None or known.expires > time.time())

    def _look(self, key_id: str) -> _Key | None:
        return self._pinned.get(key_id) or self._fetched.get(key_id)

    def _learn(self, key_id: str) -> None:
        with self._lock:
            if self._look(key_id) is not None:
                return
            self._read()
            if key_id.startswith(SIGNING_PREFIX) and key_id not in self._pinned:
                self._ask()

    def _read(self) -> None:
        if time.monotonic() - self._read_at < REREAD_SECONDS and self._pinned:
            return  # a flood of unknown key ids must not become a flood of file reads
        path = self._path or os.environ.get("TRUSTED_KEYS_FILE", "")
        if not path:
            raise PortalError("unauthenticated")
        document = orjson.loads(Path(path).read_bytes())
        self._pinned = {entry["kid"]: _Key(entry) for entry in document["keys"]}
        self._read_at = time.monotonic()

    def _ask(self) -> None:
        """Fetch identity's key set, at most once in REREAD_SECONDS. Raises PortalError when it cannot be had."""
        if time.monotonic() - self._tried_at < REREAD_SECONDS or self._fetch is None:
            return
        root = self._pinned.get(ROOT)
        if root is None:
            return
        self._tried_at = time.monotonic()
        self._fetched, overtaken = opened(self._fetch().signed, root.key)
        for session, generation in overtaken:
            revocations.changed(session, generation)
        self._fetched_at = time.monotonic()

    def _refresh(self) -> None:
        # In a thread of its own, so that no request waits; what is known stays good while identity is away.
        if self._refreshing or self._fetch is None:
            return
        self._refreshing = True
        threading.Thread(target=self._refresh_quietly, name="trusted-keys", daemon=True).start()

    def _refresh_quietly(self) -> None:
        try:
            with self._lock:
                self._read()
                self._ask()
        except (PortalError, OSError) as error:
            log.warning("identity's keys were not looked at again", error=str(error))
        finally:
            # Whether it worked or not: the next look comes in a minute, not at once.
            self._fetched_at = time.monotonic()
            self._refreshing = False


def opened(signed: str, root: jwt.PyJWK) -> tuple[dict[str, _Key], list[Overtaken]]:
    """Return the keys of a signed key set, and the sessions that ended or changed lately.

    Raises PortalError unauthenticated when the root did not sign it.
    """
    try:
        claims = jwt.decode(
            signed, root, algorithms=[ALGORITHM], audience=SET_AUDIENCE, options={"require": ["exp", "iat"]}, leeway=5
        )
        entries = [entry for entry in claims["keys"] if str(entry["kid"]).startswith(SIGNING_PREFIX)]
        overtaken = [(UUID(session), int(generation)) for session, generation in claims["overtaken"]]
        return {entry["kid"]: _Key(entry) for entry in entries}, overtaken
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        log.error("a key set that identity's root did not sign was refused", error=str(error))
        raise PortalError("unauthenticated") from error


def sealed(keys: list[dict[str, Any]], root: Any, overtaken: Iterable[Overtaken] = ()) -> str:
    """Return the key set `keys` (JWKS entries) signed with identity's root key.

    `overtaken`: the sessions of which a token may still be about that was signed before the generation named.
    """
    moment = int(time.time())
    said = [(session.hex, generation) for session, generation in overtaken]
    claims = {"aud": SET_AUDIENCE, "iat": moment, "exp": moment + SET_SECONDS, "keys": keys, "overtaken": said}
    return jwt.encode(claims, root, algorithm=ALGORITHM, headers={"kid": ROOT})


def over_the_bus() -> KeySet:
    """Ask identity on a connection of this process's own, opened at the first question."""
    from chassis.bus import Bus

    global _bus
    if _bus is None:
        _bus = Bus(name=os.environ.get("SERVICE_NAME", "bus"))
    found: KeySet = _bus.call(SigningKeys())
    return found


_bus: Any = None

trusted = TrustedKeys(fetch=over_the_bus)

"""Names nobody has, counted like accounts: however often one is tried, it behaves as an account would.

Kept in memory, bounded, and under a key of this process: it serves only to look alike. What is counted for good is the
network address (C8).
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from datetime import datetime

from services.identity.domain import lockout
from services.identity.domain.lockout import Guard, LockPolicy

MOST = 10_000


class Shadows:
    """The guards of unknown names; those not tried for the longest time go first when there are too many."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._key = secrets.token_bytes(32)
        self._guards: OrderedDict[bytes, Guard] = OrderedDict()
        self._lock = threading.Lock()

    def subject(self, name: str, audience: str) -> bytes:
        """Return under what a name is counted; the name itself is not kept (S1-31)."""
        return hashlib.blake2b(f"{audience}:{name}".encode(), key=self._key, digest_size=16).digest()

    def read(self, subject: bytes) -> Guard:
        """Return where the counting stands."""
        return self._guards.get(subject, Guard())

    def begin(self, subject: bytes, at: datetime, policy: LockPolicy) -> Guard | None:
        """Take up an attempt, as `store.guards.begin` does for accounts."""
        with self._lock:
            begun = lockout.begin(self.read(subject), at, policy)
            if begun is not None:
                self._put(subject, begun)
            return begun

    def fail(self, subject: bytes, at: datetime, policy: LockPolicy) -> None:
        """Count an attempt in hand as failed."""
        with self._lock:
            self._put(subject, lockout.fail(self.read(subject), at, policy))

    def release(self, subject: bytes) -> None:
        """Give an attempt back that was not looked at."""
        with self._lock:
            self._put(subject, lockout.release(self.read(subject)))

    def _put(self, subject: bytes, guard: Guard) -> None:
        self._guards[subject] = guard
        self._guards.move_to_end(subject)
        while len(self._guards) > self._most:
            self._guards.popitem(last=False)

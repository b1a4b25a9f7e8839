"""Password hashes: argon2id, computed in threads so that the service goes on answering meanwhile."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from eventlet import tpool

from services.identity.domain.passwords import normalised
from services.identity.settings import IdentitySettings

Run = Callable[..., Any]


def directly(work: Callable[..., Any], *args: Any) -> Any:
    """Run `work` here and now; for commands and tests, where no other green thread waits."""
    return work(*args)


class Hasher:
    """Hashes and verifies with the parameters of the settings; at most `hashing_threads` at the same time."""

    def __init__(self, settings: IdentitySettings, run: Run = tpool.execute) -> None:
        self._argon = PasswordHasher(
            time_cost=settings.argon2_passes,
            memory_cost=settings.argon2_memory_kib,
            parallelism=settings.argon2_lanes,
        )
        self._run = run
        self._room = threading.BoundedSemaphore(settings.hashing_threads)
        # Nobody's password: unknown users cost what known ones do.
        self._nobody = self._argon.hash(secrets.token_urlsafe(32))

    def hash(self, password: str) -> str:
        """Return the hash of a new password."""
        with self._room:
            return str(self._run(self._argon.hash, normalised(password)))

    def matches(self, kept: str | None, password: str) -> bool:
        """Tell whether `password` belongs to the hash `kept`; without one, take the same time and say no."""
        with self._room:
            return bool(self._run(self._verify, kept or self._nobody, normalised(password))) and kept is not None

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._argon.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, kept: str) -> bool:
        """Tell whether a hash was made with other parameters than today's and should be renewed."""
        return self._argon.check_needs_rehash(kept)

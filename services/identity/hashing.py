"""Password hashes: argon2id, computed in threads so that the service goes on answering meanwhile.

Somebody who guesses makes more hashing than the machine can do. So there are two lanes: work for accounts nobody is
guessing at goes first, and the rest ("pressed") has at most one place less than there are, and after each hash pauses
for as long as it took. However many guess, honest sign-ins find a place soon.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from eventlet import tpool

from chassis.errors import PortalError
from services.identity.domain.passwords import normalised
from services.identity.settings import IdentitySettings

Run = Callable[..., Any]
# How long anybody waits for a place; a call has ten seconds, and what was taken up must be given back before.
PATIENCE_SECONDS = 7.0


def directly(work: Callable[..., Any], *args: Any) -> Any:
    """Run `work` here and now; for commands and tests, where no other green thread waits."""
    return work(*args)


class Lanes:
    """Places for work; first come, first served in each lane, the calm lane before the pressed one."""

    def __init__(self, places: int) -> None:
        self._lock = threading.Lock()
        self._free = places
        self._free_pressed = max(places - 1, 1)
        self._calm: deque[threading.Event] = deque()
        self._pressed: deque[threading.Event] = deque()

    @contextmanager
    def place(self, *, pressed: bool, patience: float = PATIENCE_SECONDS) -> Iterator[None]:
        """Hold a place. Raises PortalError too_many when none came free in time."""
        ticket = threading.Event()
        lane = self._pressed if pressed else self._calm
        with self._lock:
            lane.append(ticket)
            self._let_in()
        try:
            if not ticket.wait(patience) and self._gives_up(lane, ticket):
                raise PortalError("too_many", retry_after=5)
        except BaseException:
            # Cut off at the deadline while waiting, or just when the place came.
            if not self._gives_up(lane, ticket) and ticket.is_set():
                self._leave(pressed)
            raise
        began = time.monotonic()
        try:
            yield
        finally:
            took = time.monotonic() - began
            with self._lock:
                self._free += 1
                self._let_in()
            if pressed:
                self._rest(took)

    def _rest(self, seconds: float) -> None:
        try:
            time.sleep(seconds)
        finally:
            with self._lock:
                self._free_pressed += 1
                self._let_in()

    def _leave(self, pressed: bool) -> None:
        with self._lock:
            self._free += 1
            self._free_pressed += pressed
            self._let_in()

    def _gives_up(self, lane: deque[threading.Event], ticket: threading.Event) -> bool:
        with self._lock:
            if ticket not in lane:
                return False
            lane.remove(ticket)
            return True

    def _let_in(self) -> None:
        while self._free and self._calm:
            self._free -= 1
            self._calm.popleft().set()
        while self._free and self._free_pressed and self._pressed:
            self._free -= 1
            self._free_pressed -= 1
            self._pressed.popleft().set()


class Hasher:
    """Hashes and verifies with the parameters of the settings; at most `hashing_threads` at the same time."""

    def __init__(self, settings: IdentitySettings, run: Run = tpool.execute) -> None:
        self._argon = PasswordHasher(
            time_cost=settings.argon2_passes,
            memory_cost=settings.argon2_memory_kib,
            parallelism=settings.argon2_lanes,
        )
        self._run = run
        self._lanes = Lanes(settings.hashing_threads)
        # Nobody's password: unknown users cost what known ones do.
        self._nobody = self._argon.hash(secrets.token_urlsafe(32))

    def hash(self, password: str) -> str:
        """Return the hash of a new password."""
        with self._lanes.place(pressed=False):
            return str(self._run(self._argon.hash, normalised(password)))

    def matches(self, kept: str | None, password: str, *, pressed: bool = False) -> bool:
        """Tell whether `password` belongs to the hash `kept`; without one, take the same time and say no.

        `pressed` attempts, at an account somebody is guessing at, wait behind all others.
        """
        with self._lanes.place(pressed=pressed):
            return bool(self._run(self._verify, kept or self._nobody, normalised(password))) and kept is not None

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._argon.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, kept: str) -> bool:
        """Tell whether a hash was made with other parameters than today's and should be renewed."""
        return self._argon.check_needs_rehash(kept)

"""How long an account stays closed after consecutive wrong passwords (S1-32, C8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class LockPolicy:
    """`tries` consecutive failures close sign-in for `base`; every further round doubles it, up to `longest`."""

    tries: int = 5
    base: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=24)

    def duration(self, earlier_locks: int) -> timedelta:
        """Return how long the next lock lasts after `earlier_locks` (0 or more) locks without a success between."""
        doublings = min(earlier_locks, 30)  # beyond any sensible limit; keeps the number a timedelta can hold
        return min(self.base * 2**doublings, self.longest)


@dataclass(frozen=True)
class Guard:
    """Where the counting stands for one account."""

    failures: int = 0
    locks: int = 0
    locked_until: datetime | None = None

    def is_locked(self, at: datetime) -> bool:
        """Tell whether sign-in is closed at the moment `at`."""
        return self.locked_until is not None and self.locked_until > at


def attempt(guard: Guard, at: datetime, policy: LockPolicy) -> Guard | None:
    """Count an attempt as a failure before the password is looked at; None when sign-in is closed.

    Counting first and forgiving on success makes the limit hold for guesses that run side by side: the statement in
    store/guards.py does exactly this in one step, and a test compares the two.
    """
    if guard.is_locked(at):
        return None
    failures = 1 if guard.locked_until is not None else guard.failures + 1
    if failures < policy.tries:
        return Guard(failures, guard.locks)
    return Guard(failures, guard.locks + 1, at + policy.duration(guard.locks))

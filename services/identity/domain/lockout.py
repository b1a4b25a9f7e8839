"""How long an account stays closed after consecutive wrong passwords (S1-32, C8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True)
class LockPolicy:
    """`tries` consecutive failures close sign-in for `base`; every further round doubles it, up to `longest`.

    An attempt nobody heard of again (a process died) is forgotten after `forget`.
    """

    tries: int = 5
    base: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=24)
    forget: timedelta = timedelta(seconds=60)

    def duration(self, earlier_locks: int) -> timedelta:
        """Return how long the next lock lasts after `earlier_locks` (0 or more) locks without a success between."""
        doublings = min(earlier_locks, 30)  # beyond any sensible limit; keeps the number a timedelta can hold
        return min(self.base * int(2**doublings), self.longest)


@dataclass(frozen=True)
class Guard:
    """Where the counting stands: failures in a row, attempts being looked at, and when sign-in opens again."""

    failures: int = 0
    pending: int = 0
    locks: int = 0
    locked_until: datetime | None = None
    last_attempt_at: datetime | None = None

    def is_locked(self, at: datetime) -> bool:
        """Tell whether sign-in is closed at the moment `at`."""
        return self.locked_until is not None and self.locked_until > at


def begin(guard: Guard, at: datetime, policy: LockPolicy) -> Guard | None:
    """Take up an attempt, before the password is looked at; None while sign-in is closed or every try is in hand.

    Failures and attempts in hand together never exceed the tries, so guesses side by side cannot outrun the limit,
    and honest sign-ins side by side only wait for each other. The statements in store/guards.py do exactly this in
    one step each, and a test compares the two.
    """
    if guard.is_locked(at):
        return None
    failures = guard.failures if guard.locked_until is None else 0
    stale = guard.last_attempt_at is not None and guard.last_attempt_at < at - policy.forget
    pending = 0 if stale else guard.pending
    if failures + pending >= policy.tries:
        return None
    return Guard(failures, pending + 1, guard.locks, None, at)


def fail(guard: Guard, at: datetime, policy: LockPolicy) -> Guard:
    """Count an attempt in hand as failed; the last of the tries closes sign-in."""
    pending = max(guard.pending - 1, 0)
    if guard.is_locked(at):
        return replace(guard, pending=pending)
    failures = guard.failures + 1
    if failures < policy.tries:
        return Guard(failures, pending, guard.locks, None, guard.last_attempt_at)
    return Guard(failures, pending, guard.locks + 1, at + policy.duration(guard.locks), guard.last_attempt_at)


def release(guard: Guard) -> Guard:
    """Give back an attempt in hand that was not looked at: it counts neither way."""
    return replace(guard, pending=max(guard.pending - 1, 0))


def is_pressed(begun: Guard) -> bool:
    """Tell whether an attempt just taken up is one of several: after a failure, or beside others in hand.

    Work for such accounts waits behind the work for everybody else.
    """
    return begun.failures > 0 or begun.pending > 1


def is_worth_a_record(refused: int) -> bool:
    """Tell whether the `refused`-th attempt while closed goes on record: the 1st, 10th, 100th ...

    Whoever goes on knocking at a closed door must not fill the audit trail, and yet be seen in it.
    """
    while refused >= 10 and refused % 10 == 0:
        refused //= 10
    return refused == 1

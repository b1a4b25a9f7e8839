"""Guarded looking at a password: taken up, counted when it was wrong, told when that closed the account (C8)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.unit_of_work import UnitOfWork
from services.identity.domain.lockout import Guard, LockPolicy, is_pressed
from services.identity.messages import UserLocked
from services.identity.store import guards
from services.identity.tools import Tools

# How long an attempt waits while others at the same account are being looked at.
PATIENCE_SECONDS = 3.0
PAUSE_SECONDS = 0.1

Begin = Callable[[], tuple[Guard | None, bool]]


@dataclass(frozen=True)
class Look:
    """What became of an attempt: whether the password was looked at at all, and whether it was right."""

    admitted: bool
    right: bool


def admitted(db: Database, caller: Caller, subject: str, policy: LockPolicy) -> Guard | None:
    """Take up an attempt, committed before the proof is looked at; None when sign-in is closed."""

    def begin() -> tuple[Guard | None, bool]:
        with db.unit_of_work(caller) as unit:
            begun = guards.begin(unit.session, subject, now(), policy)
            return begun, begun is None and guards.read(unit.session, subject).is_locked(now())

    return _patiently(begin)


def look(db: Database, tools: Tools, caller: Caller, subject: str, kept: str | None, password: str) -> Look:
    """Look at the password of an account, unless it is closed; who guesses at it waits behind everybody else.

    Raises PortalError too_many when no place to hash came free; such an attempt does not count.
    """
    begun = admitted(db, caller, subject, tools.settings.lock_policy)
    if begun is None:
        return Look(False, False)
    try:
        return Look(True, tools.hasher.matches(kept, password, pressed=is_pressed(begun)))
    except BaseException:
        with db.unit_of_work(caller) as unit:
            guards.release(unit.session, subject)
        raise


def look_at_nobody(tools: Tools, subject: bytes, password: str) -> Look:
    """Do for a name nobody has what `look` does for an account: the same tries, the same lanes, the same work."""
    policy, shadows = tools.settings.lock_policy, tools.shadows

    def begin() -> tuple[Guard | None, bool]:
        begun = shadows.begin(subject, now(), policy)
        return begun, begun is None and shadows.read(subject).is_locked(now())

    begun = _patiently(begin)
    if begun is None:
        return Look(False, False)
    try:
        tools.hasher.matches(None, password, pressed=is_pressed(begun))
    except BaseException:
        shadows.release(subject)
        raise
    shadows.fail(subject, now(), policy)
    return Look(True, False)


def _patiently(begin: Begin) -> Guard | None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        begun, closed = begin()
        if begun is not None:
            return begun
        if closed or time.monotonic() > until:
            return None
        time.sleep(PAUSE_SECONDS)


def count_failure(
    unit: UnitOfWork,
    subject: str,
    moment: datetime,
    policy: LockPolicy,
    account: Any,
    address: str | None,
    what: Literal["password", "second_factor"] = "password",
) -> None:
    """Count a failure; when it closed the account (or the address), put that on record and tell the owner."""
    guard = guards.fail(unit.session, subject, moment, policy)
    if guard.failures != policy.tries or guard.locked_until is None or guard.locked_until <= moment:
        return
    on = ("user", account.id) if account else ("address", address or "unknown")
    unit.audit(
        "identity.user.lock" if account else "identity.address.lock",
        on=on,
        detail={
            "what": what,
            "until": guard.locked_until.isoformat(),
            "failures": guard.failures,
            "locks": guard.locks,
        },
    )
    if account:
        unit.emit(
            UserLocked(
                user_id=account.id,
                name=account.name,
                email=account.email,
                language=account.language,
                locked_until=guard.locked_until,
                address=address,
                what=what,
            )
        )

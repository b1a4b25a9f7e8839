"""Guarded looking at a password: taken up, counted when it was wrong, told when that closed the account (C8)."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any, Literal

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.unit_of_work import UnitOfWork
from services.identity.domain.lockout import LockPolicy
from services.identity.messages import UserLocked
from services.identity.store import guards

# How long an attempt waits while others at the same account are being looked at.
PATIENCE_SECONDS = 3.0
PAUSE_SECONDS = 0.1


def admitted(db: Database, caller: Caller, subject: str, policy: LockPolicy) -> bool:
    """Take up an attempt, committed before the password is looked at; False when sign-in is closed."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        with db.unit_of_work(caller) as unit:
            if guards.begin(unit.session, subject, now(), policy) is not None:
                return True
            closed = guards.read(unit.session, subject).is_locked(now())
        if closed or time.monotonic() > until:
            return False
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

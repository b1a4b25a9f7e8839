"""Staff block and unblock users, with a reason, at once (S1-33, S1-41, S1-57, S1-58, S3-26)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_day, riga_today
from chassis.errors import PortalError
from chassis.messages import Done
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import access
from services.identity.messages import BlockUser, ReportCompromise, SessionsEnded, UnblockUser, UserBlocked
from services.identity.store import access_steps, guards, holds
from services.identity.store.tables import User
from services.identity.usecases.access_steps import last_day, lift_block, locked, remove_credentials
from services.identity.usecases.sessions_common import end_sessions

BLOCKS_AT_ONCE = 100


def block(db: Database, request: BlockUser, caller: Caller) -> SessionsEnded:
    """Block a user and end every session.

    Raises PortalError not_found, not_yourself, already_blocked, wrong_access_state, block_in_past, forbidden.
    """
    moment = now()
    until = last_day(request.until, riga_day(moment))
    with db.unit_of_work(caller) as unit:
        user = locked(unit, request.user_id)
        access.check("block", user.status)
        ended = _block(unit, user, request.reason, request.note, until, moment)
    return SessionsEnded(count=ended)


def report(db: Database, request: ReportCompromise, caller: Caller) -> SessionsEnded:
    """Somebody called: others know the access data. Sessions, passwords and access end at once (S1-41).

    Raises PortalError not_found, not_yourself, wrong_access_state, forbidden.
    """
    moment = now()
    with db.unit_of_work(caller) as unit:
        user = locked(unit, request.user_id)
        removed = remove_credentials(unit, user)
        detail = {"identified_by": request.identified_by, "credentials": removed}
        if user.status == "blocked":
            ended = end_sessions(unit, user.id, moment, "compromise_reported")
            unit.audit("identity.user.report_compromise", on=("user", user.id), detail=detail)
        else:
            access.check("block", user.status)
            note = f"{request.identified_by}. {request.note}" if request.note else request.identified_by
            ended = _block(unit, user, "compromise_reported", note, None, moment, detail)
    return SessionsEnded(count=ended)


def unblock(db: Database, request: UnblockUser, caller: Caller) -> Done:
    """Lift a block, and a lock after wrong passwords. Raises PortalError not_found, not_blocked, forbidden."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        user = unit.session.get(User, request.user_id, with_for_update=True)
        if user is None:
            raise PortalError("not_found")
        if user.kind == "staff" and not caller.is_staff("administrator"):
            raise PortalError("forbidden")
        subject = guards.of_user(user.id)
        factor = guards.of_factor(user.id)
        held = holds.lift(unit.session, holds.of_user(user.id), moment, caller.name, request.note)
        locks = (guards.read(unit.session, counted).is_locked(moment) for counted in (subject, factor))
        closed = bool(held) or any(locks)
        if user.status != "blocked" and not closed:
            raise PortalError("identity.not_blocked")
        guards.forgive(unit.session, subject)
        guards.forgive(unit.session, factor)
        if user.status == "blocked":
            lift_block(unit, user, "block_lifted", request.note)
        else:
            access_steps.add(unit.session, user, "unblocked", "lock_lifted", request.note, caller)
            unit.audit(
                "identity.user.unblock", on=("user", user.id), detail={"reason": "lock_lifted", "note": request.note}
            )
    return Done()


def end_blocks(db: Database, caller: Caller) -> int:
    """Lift blocks whose last day has passed; return how many."""
    with db.unit_of_work(caller) as unit:
        over = access_steps.over(unit.session, riga_today(), BLOCKS_AT_ONCE)
        for user_id in over:
            user = unit.session.get(User, user_id)
            if user is not None:
                lift_block(unit, user, "block_ended", None)
    return len(over)


def _block(
    unit: UnitOfWork,
    user: User,
    reason: Any,
    note: str | None,
    until: date | None,
    moment: datetime,
    detail: dict[str, Any] | None = None,
) -> int:
    before = user.status
    user.status = "blocked"
    user.blocked_until = until
    user.blocked_reason = reason
    user.version += 1
    access_steps.add(unit.session, user, "blocked", reason, note, unit.caller, until=until, status_before=before)
    ended = end_sessions(unit, user.id, moment, "blocked")
    unit.audit(
        "identity.user.block",
        on=("user", user.id),
        detail={
            "reason": reason,
            "note": note,
            "until": until.isoformat() if until else None,
            "sessions_ended": ended,
            **(detail or {}),
        },
    )
    unit.emit(
        UserBlocked(
            user_id=user.id, name=user.name, email=user.email, language=user.language, reason=reason, until=until
        )
    )
    return ended

"""Staff block and unblock users, with a reason, at once (S1-20, S1-33, S1-57, S1-58, S3-26)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.messages import Done
from services.identity.messages import BlockUser, SessionsEnded, UnblockUser, UserBlocked, UserUnblocked
from services.identity.store import guards
from services.identity.store.tables import User, UserBlock
from services.identity.usecases.sessions_common import end_sessions


def block(db: Database, request: BlockUser, caller: Caller) -> SessionsEnded:
    """Block a user and end every session. Raises PortalError not_found, not_yourself, already_blocked."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        user = unit.session.get(User, request.user_id, with_for_update=True)
        if user is None:
            raise PortalError("not_found")
        if user.id == caller.user:
            raise PortalError("identity.not_yourself")
        if user.status == "blocked":
            raise PortalError("identity.already_blocked")
        # Only administrators may shut out staff: a clerk must not lock out those who watch over clerks.
        if user.kind == "staff" and not caller.is_staff("administrator"):
            raise PortalError("forbidden")
        user.status = "blocked"
        user.version += 1
        _remember(unit.session, user, "blocked", request.reason, request.note, caller)
        ended = end_sessions(unit, user.id, moment, "blocked")
        unit.audit(
            "identity.user.block",
            on=("user", user.id),
            detail={"reason": request.reason, "note": request.note, "sessions_ended": ended},
        )
        unit.emit(
            UserBlocked(
                user_id=user.id, name=user.name, email=user.email, language=user.language, reason=request.reason
            )
        )
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
        locked = guards.read(unit.session, subject).is_locked(moment)
        if user.status != "blocked" and not locked:
            raise PortalError("identity.not_blocked")
        guards.forgive(unit.session, subject)
        reason = "block_lifted" if user.status == "blocked" else "lock_lifted"
        if user.status == "blocked":
            user.status = "active"
            user.version += 1
            unit.emit(UserUnblocked(user_id=user.id, name=user.name, email=user.email, language=user.language))
        _remember(unit.session, user, "unblocked", reason, request.note, caller)
        unit.audit("identity.user.unblock", on=("user", user.id), detail={"reason": reason, "note": request.note})
    return Done()


def _remember(session: Session, user: User, what: str, reason: str, note: str | None, caller: Caller) -> None:
    session.add(
        UserBlock(
            user_id=user.id, what=what, reason=reason, note=note or None, by_user=caller.user, by_name=caller.name
        )
    )

"""What staff, timers and other use cases share when they take access from somebody or give it back.

Everything here runs in the caller's transaction, under the lock of the user's row.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.days import now
from chassis.errors import PortalError
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import access
from services.identity.messages import UserDiscontinued, UserUnblocked
from services.identity.store import access_steps, guards, links
from services.identity.store.external_tables import LinkedLogin
from services.identity.store.factor_tables import RecoveryCode, SecurityKey, TotpFactor
from services.identity.store.tables import Password, Representation, User
from services.identity.usecases import end_representation
from services.identity.usecases.sessions_common import end_sessions

_PROOFS: tuple[tuple[str, Any], ...] = (
    ("authenticator", TotpFactor),
    ("recovery_codes", RecoveryCode),
    ("security_keys", SecurityKey),
)


def locked(unit: UnitOfWork, user_id: UUID) -> User:
    """Return a user under lock, as far as the caller may end their access.

    Raises PortalError not_found, identity.not_yourself, and forbidden for staff who are not administrators and go at
    staff: a clerk must not lock out those who watch over clerks.
    """
    user = unit.session.get(User, user_id, with_for_update=True)
    if user is None:
        raise PortalError("not_found")
    if user.id == unit.caller.user:
        raise PortalError("identity.not_yourself")
    if user.kind == "staff" and unit.caller.kind == "staff" and not unit.caller.is_staff("administrator"):
        raise PortalError("forbidden")
    return user


def remove_credentials(unit: UnitOfWork, user: User) -> list[str]:
    """Take away everything the user could prove themselves with; return what there was."""
    removed = []
    if unit.session.execute(sa.delete(Password).where(Password.user_id == user.id).returning(Password.user_id)).first():
        removed.append("password")
    links.end_open(unit.session, user.id, now())
    guards.forgive(unit.session, guards.of_user(user.id))
    return removed


def _remove_other_proofs(unit: UnitOfWork, user: User) -> list[str]:
    """Take away links to unified login and second factors; who is let in again proves everything anew."""
    unlinked = unit.session.execute(
        sa.update(LinkedLogin)
        .where(LinkedLogin.user_id == user.id, LinkedLogin.ended_at.is_(None))
        .values(ended_at=now(), ended_by=unit.caller.actor)
        .returning(LinkedLogin.id)
    ).all()
    removed = ["unified_login"] if unlinked else []
    for name, table in _PROOFS:
        gone = unit.session.execute(sa.delete(table).where(table.user_id == user.id).returning(table.user_id)).first()
        if gone is not None:
            removed.append(name)
    return removed


def discontinue(
    unit: UnitOfWork, user: User, reason: str, note: str | None, moment: datetime, *, write: bool = True
) -> int:
    """End access for good; return how many sessions ended. Raises PortalError identity.wrong_access_state.

    One letter tells the person, whatever ends with it; none without `write`, where the letter of an erasure follows.
    """
    access.check("discontinue", user.status)
    before = user.status
    user.status = "discontinued"
    user.blocked_until = None
    user.blocked_reason = None
    user.version += 1
    removed = remove_credentials(unit, user) + _remove_other_proofs(unit, user)
    held = unit.session.scalars(
        sa.select(Representation).where(Representation.user_id == user.id, Representation.ended_at.is_(None))
    ).all()
    for representation in held:
        end_representation.close(unit, representation, access.end_reason(reason), note, moment, write=False)
    ended = end_sessions(unit, user.id, moment, "discontinued")
    access_steps.add(unit.session, user, "discontinued", reason, note, unit.caller, status_before=before)
    unit.audit(
        "identity.user.discontinue",
        on=("user", user.id),
        detail={
            "reason": reason,
            "note": note,
            "credentials": removed,
            "representations": len(held),
            "sessions_ended": ended,
        },
    )
    unit.emit(
        UserDiscontinued(
            user_id=user.id,
            kind=user.kind,
            name=user.name,
            email=user.email if write else "",
            language=user.language,
            reason=reason,
        )
    )
    return ended


def lift_block(unit: UnitOfWork, user: User, reason: str, note: str | None) -> None:
    """Give a blocked user the access back they had before."""
    user.status = access_steps.status_before_block(unit.session, user.id)
    user.blocked_until = None
    user.blocked_reason = None
    user.version += 1
    access_steps.add(unit.session, user, "unblocked", reason, note, unit.caller)
    unit.audit("identity.user.unblock", on=("user", user.id), detail={"reason": reason, "note": note})
    unit.emit(UserUnblocked(user_id=user.id, name=user.name, email=user.email, language=user.language))


def last_day(until: date | None, today: date) -> date | None:
    """Return the last day of a block. Raises PortalError identity.block_in_past."""
    if until is not None and until < today:
        raise PortalError("identity.block_in_past", field="until")
    return until

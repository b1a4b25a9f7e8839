"""The history of users' access: appended, read newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.caller import Caller
from services.identity.store.tables import User, UserBlock

_OF_USER = sa.text(
    "SELECT at, what, reason, note, by_name, until FROM user_blocks WHERE user_id = :id ORDER BY at DESC, id DESC"
)
# The step that took the access is the latest of its kind, whatever was asked or refused after it.
_WITHOUT = """
SELECT u.id, u.kind, u.name, u.email, u.status, u.blocked_until, s.at, s.reason, s.note, s.by_name
FROM users u JOIN LATERAL (
    SELECT b.at, b.reason, b.note, b.by_name FROM user_blocks b
    WHERE b.user_id = u.id AND b.what IN ('blocked', 'discontinued') ORDER BY b.at DESC, b.id DESC LIMIT 1) s ON true
WHERE u.status IN ('blocked', 'discontinued')
"""
_OVER = sa.text("""
SELECT id FROM users WHERE status = 'blocked' AND blocked_until < :today ORDER BY blocked_until, id LIMIT :limit
FOR UPDATE SKIP LOCKED
""")


def add(
    session: Session,
    user: User,
    what: str,
    reason: str,
    note: str | None,
    caller: Caller,
    *,
    until: date | None = None,
    status_before: str | None = None,
) -> None:
    """Append a step; `status_before` is what the status was until now."""
    session.add(
        UserBlock(
            user_id=user.id,
            what=what,
            reason=reason,
            note=note or None,
            by_user=caller.user,
            by_name=caller.name,
            until=until,
            status_before=status_before,
        )
    )


def of_user(connection: sa.Connection, user_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return the steps of a user's access, newest first."""
    return connection.execute(_OF_USER, {"id": user_id}).all()


def status_before_block(session: Session, user_id: UUID) -> str:
    """Return the status a block is lifted to."""
    found = session.scalars(
        sa.select(UserBlock.status_before)
        .where(UserBlock.user_id == user_id, UserBlock.what == "blocked")
        .order_by(UserBlock.at.desc(), UserBlock.id.desc())
        .limit(1)
    ).first()
    return found or "active"


def ended_for(session: Session, user_id: UUID) -> str | None:
    """Return the reason for which a user's access ended last."""
    return session.scalars(
        sa.select(UserBlock.reason)
        .where(UserBlock.user_id == user_id, UserBlock.what == "discontinued")
        .order_by(UserBlock.at.desc(), UserBlock.id.desc())
        .limit(1)
    ).first()


def over(session: Session, today: date, limit: int) -> list[UUID]:
    """Return users whose block ended before `today`; their rows are locked."""
    return list(session.execute(_OVER, {"today": today, "limit": limit}).scalars())


def without_access(
    connection: sa.Connection,
    *,
    pattern: str | None,
    status: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[sa.Row[Any]]:
    """Return up to `limit` users without access, the latest first."""
    conditions, values = "", {"limit": limit}  # type: tuple[str, dict[str, Any]]
    if pattern is not None:
        conditions += " AND u.search_text LIKE :pattern"
        values["pattern"] = pattern
    if status is not None:
        conditions += " AND u.status = :status"
        values["status"] = status
    if after is not None:
        conditions += " AND (s.at, u.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        values["after_at"], values["after_id"] = after
    return connection.execute(
        sa.text(f"{_WITHOUT}{conditions} ORDER BY s.at DESC, u.id DESC LIMIT :limit"), values
    ).all()

"""Approvals: found, listed, lapsed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.store.approval_tables import ApprovalRecord
from services.identity.store.tables import User

_LAPSE = sa.text("""
UPDATE approvals SET state = 'lapsed', decided_at = :now WHERE state = 'waiting' AND lapses_at <= :now
RETURNING id, kind, object_id
""")
_LAPSE_OF = sa.text("""
UPDATE approvals SET state = 'lapsed', decided_at = :now WHERE state = 'waiting' AND object_id = :object_id
RETURNING id, kind, object_id
""")


def lapse_of(session: Session, object_id: UUID, now: datetime) -> Sequence[sa.Row[Any]]:
    """Close what waits for a decision on an object that is no more; return what it was."""
    return session.execute(_LAPSE_OF, {"now": now, "object_id": object_id}).all()


def waiting(session: Session, kind: str, object_id: UUID) -> ApprovalRecord | None:
    """Return the request of this kind that waits for a decision on an object."""
    return session.scalars(
        sa.select(ApprovalRecord).where(
            ApprovalRecord.kind == kind, ApprovalRecord.object_id == object_id, ApprovalRecord.state == "waiting"
        )
    ).first()


def page(
    connection: sa.Connection,
    *,
    pattern: str | None,
    kind: str | None,
    state: str | None,
    object_id: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[sa.Row[Any]]:
    """Return up to `limit` approvals, newest first; `pattern` is a folded LIKE pattern."""
    table = ApprovalRecord.__table__
    asked = sa.select(table).order_by(table.c.asked_at.desc(), table.c.id.desc()).limit(limit)
    if pattern is not None:
        # People are looked for where their names are searched anyway, so that an erasure has one place less to clean.
        people = sa.select(User.id).where(User.search_text.like(pattern))
        columns = (table.c.object_id, table.c.asked_by, table.c.decided_by)
        right = sa.and_(table.c.kind == "right.level", table.c.object_name.like(pattern))
        asked = asked.where(sa.or_(*(column.in_(people) for column in columns), right))
    if kind is not None:
        asked = asked.where(table.c.kind == kind)
    if state is not None:
        asked = asked.where(table.c.state == state)
    if object_id is not None:
        asked = asked.where(table.c.object_id == object_id)
    if after is not None:
        place = sa.tuple_(sa.literal(after[0]), sa.literal(after[1]))
        asked = asked.where(sa.tuple_(table.c.asked_at, table.c.id) < place)
    return connection.execute(asked).all()


def one(connection: sa.Connection, approval_id: UUID) -> sa.Row[Any] | None:
    """Return one approval."""
    table = ApprovalRecord.__table__
    return connection.execute(sa.select(table).where(table.c.id == approval_id)).first()


def lapse(session: Session, now: datetime) -> Sequence[sa.Row[Any]]:
    """Close what nobody decided in time."""
    return session.execute(_LAPSE, {"now": now}).all()

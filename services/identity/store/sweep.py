"""Reads and writes of the sweep."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.store.sweep_tables import PlannedEndingRecord

_MANDATES = sa.text("""
SELECT r.id AS object_id, r.user_id, r.client_id, r.valid_to AS ends_on FROM representations r
WHERE r.ended_at IS NULL AND r.valid_to <= :until ORDER BY r.valid_to, r.id LIMIT :limit
""")
# Clients for whom somebody acts, or will act; who was given access has the days of grace to ask for a first service.
_CLIENTS = sa.text("""
SELECT c.id, CAST(GREATEST(c.created_at, min(r.created_at)) AT TIME ZONE 'Europe/Riga' AS date) AS registered
FROM clients c JOIN representations r ON r.client_id = c.id AND r.ended_at IS NULL
WHERE c.id > :after GROUP BY c.id ORDER BY c.id LIMIT :limit
""")
# Users who acted for somebody once and act for nobody now.
_IDLE = sa.text("""
SELECT u.id AS object_id, CAST(max(r.ended_at) AT TIME ZONE 'Europe/Riga' AS date) AS since
FROM users u JOIN representations r ON r.user_id = u.id
WHERE u.kind = 'customer' AND u.status IN ('pending', 'active', 'blocked')
GROUP BY u.id HAVING bool_and(r.ended_at IS NOT NULL) AND max(r.ended_at) < :before ORDER BY u.id LIMIT :limit
""")
_ACTING_FOR = sa.text("""
SELECT r.id, r.user_id, u.name, u.email, u.language, u.status, c.name AS client_name
FROM representations r JOIN users u ON u.id = r.user_id JOIN clients c ON c.id = r.client_id
WHERE r.client_id = :client AND r.ended_at IS NULL ORDER BY r.id
""")
_PAGE = """
SELECT p.kind, p.object_id, p.ends_on, p.told,
    CASE p.kind WHEN 'mandate' THEN r.user_id WHEN 'idle' THEN p.object_id END AS user_id,
    CASE p.kind WHEN 'mandate' THEN r.client_id WHEN 'basis' THEN p.object_id END AS client_id,
    CASE p.kind WHEN 'mandate' THEN u.name || ' – ' || c.name WHEN 'basis' THEN c.name ELSE u.name END AS name
FROM planned_endings p
LEFT JOIN representations r ON p.kind = 'mandate' AND r.id = p.object_id
LEFT JOIN users u ON u.id = CASE p.kind WHEN 'mandate' THEN r.user_id WHEN 'idle' THEN p.object_id END
LEFT JOIN clients c ON c.id = CASE p.kind WHEN 'mandate' THEN r.client_id WHEN 'basis' THEN p.object_id END
"""


def mandates(connection: sa.Connection, until: date, limit: int) -> Sequence[sa.Row[Any]]:
    """Return open mandates whose last day is `until` or earlier."""
    return connection.execute(_MANDATES, {"until": until, "limit": limit}).all()


def clients(connection: sa.Connection, after: UUID, limit: int) -> Sequence[sa.Row[Any]]:
    """Return clients somebody acts for, in the order of their ids."""
    return connection.execute(_CLIENTS, {"after": after, "limit": limit}).all()


def idle(connection: sa.Connection, before: Any, limit: int) -> Sequence[sa.Row[Any]]:
    """Return users whose last mandate ended before a moment."""
    return connection.execute(_IDLE, {"before": before, "limit": limit}).all()


def acting_for(session: Session, client_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return the people who act for a client, with what is needed to tell them."""
    return session.execute(_ACTING_FOR, {"client": client_id}).all()


def planned(session: Session, kind: str, object_id: UUID) -> PlannedEndingRecord | None:
    """Return what is announced for an object, locked."""
    return session.get(PlannedEndingRecord, (kind, object_id), with_for_update=True)


def announced(connection: sa.Connection, kind: str) -> set[UUID]:
    """Return the objects of a kind something is announced for."""
    rows = connection.execute(
        sa.select(PlannedEndingRecord.object_id).where(PlannedEndingRecord.kind == kind)
    ).scalars()
    return set(rows)


def forget(session: Session, kind: str, object_ids: Sequence[UUID]) -> int:
    """Take announcements back; return how many there were."""
    if not object_ids:
        return 0
    gone = session.execute(
        sa.delete(PlannedEndingRecord)
        .where(PlannedEndingRecord.kind == kind, PlannedEndingRecord.object_id.in_(object_ids))
        .returning(PlannedEndingRecord.object_id)
    ).all()
    return len(gone)


def page(
    connection: sa.Connection, pattern: str | None, kind: str | None, after: tuple[date, UUID] | None, limit: int
) -> Sequence[sa.Row[Any]]:
    """Return up to `limit` announcements, the next first; `pattern` is a folded LIKE pattern."""
    conditions, values = "WHERE true", {"limit": limit}  # type: tuple[str, dict[str, Any]]
    if pattern is not None:
        conditions += " AND (u.search_text LIKE :pattern OR c.search_text LIKE :pattern)"
        values["pattern"] = pattern
    if kind is not None:
        conditions += " AND p.kind = :kind"
        values["kind"] = kind
    if after is not None:
        conditions += " AND (p.ends_on, p.object_id) > (CAST(:after_day AS date), CAST(:after_id AS uuid))"
        values["after_day"], values["after_id"] = after
    return connection.execute(
        sa.text(f"{_PAGE} {conditions} ORDER BY p.ends_on, p.object_id LIMIT :limit"), values
    ).all()

"""The audit trail: appended under one lock, searched by key, walked in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.store.tables import AuditEntry

CHAIN_LOCK = 7_245_102
_KNOWN = sa.text("SELECT id FROM audit_records WHERE id = ANY(:ids)")
_HEAD = sa.text("SELECT seq, chain FROM audit_head")
_MOVE_HEAD = sa.text("UPDATE audit_head SET seq = :seq, chain = :chain")
_WALK = sa.text("""
SELECT seq, id, at, service, action, outcome, disclosure, actor_kind, actor, client, right_name AS right, object_kind,
    object_id, session_id AS session, correlation_id, actor_name, address, detail, actor_search, personal_salt,
    personal_hash, chain
FROM audit_records WHERE seq > :after ORDER BY seq LIMIT :limit
""")
_ROWS = """
SELECT a.seq, a.id, a.at, a.service, a.action, a.outcome, a.actor_kind, a.actor, a.actor_name, a.client,
    c.name AS client_name, a.right_name AS right, a.object_kind, a.object_id, a.session_id AS session,
    a.correlation_id, a.address, a.detail, a.chain
FROM audit_records a LEFT JOIN clients c ON c.id = a.client
"""
# Whoever was shown data: staff, other people, other systems. A service's own routine is no look.
_LOOKS = """
SELECT seq, at, actor_kind, actor_name, action, object_kind, object_id, right_name AS right FROM audit_records
WHERE disclosure AND actor_kind IN ('staff', 'user', 'machine') AND actor <> :myself AND outcome = 'done'
"""


def lock_chain(session: Session) -> None:
    """One writer of the chain at a time, until the end of the transaction."""
    session.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})


def known(session: Session, ids: Sequence[UUID]) -> set[UUID]:
    """Return which records are in the trail already."""
    return set(session.execute(_KNOWN, {"ids": list(ids)}).scalars())


def head(reader: sa.Connection | Session) -> tuple[int, bytes]:
    """Return the number and the chain value of the last record; (0, b"") before the first."""
    row = reader.execute(_HEAD).one()
    return row.seq, bytes(row.chain)


def append(session: Session, rows: list[dict[str, Any]]) -> None:
    """Write consecutive records and move the head; the caller holds the chain's lock."""
    session.execute(sa.insert(AuditEntry), rows)
    session.execute(_MOVE_HEAD, {"seq": rows[-1]["seq"], "chain": rows[-1]["chain"]})


def walk(connection: sa.Connection, batch: int = 2000) -> Iterator[sa.Row[Any]]:
    """Yield every record in order, in batches of one statement each."""
    after = 0
    while rows := connection.execute(_WALK, {"after": after, "limit": batch}).all():
        yield from rows
        after = rows[-1].seq


def sealed(
    connection: sa.Connection, seals: set[str], seal: Callable[[object, Sequence[int]], str]
) -> set[int]:
    """Return the numbers of records that were forgotten in a batch the chain knows, whole and unchanged."""
    batches: dict[UUID, list[int]] = {}
    for row in connection.execute(sa.text("SELECT seq, batch FROM audit_forgotten ORDER BY seq")):
        batches.setdefault(row.batch, []).append(row.seq)
    return {seq for batch, seqs in batches.items() if seal(batch, seqs) in seals for seq in seqs}


def page(
    connection: sa.Connection,
    *,
    equal: dict[str, Any],
    action: str = "",
    name_pattern: str | None = None,
    begin: datetime | None = None,
    end: datetime | None = None,
    before_seq: int | None = None,
    limit: int,
) -> Sequence[sa.Row[Any]]:
    """Return up to `limit` records, newest first; `equal` maps columns to values, `action` may be a beginning."""
    conditions = [f"a.{column} = :{column}" for column in equal]
    values: dict[str, Any] = {**equal, "limit": limit}
    for condition, name, value in (
        ("a.actor_search LIKE :name_pattern", "name_pattern", name_pattern),
        ("a.at >= :begin", "begin", begin),
        ("a.at < :end", "end", end),
        ("a.seq < :before_seq", "before_seq", before_seq),
    ):
        if value is not None:
            conditions.append(condition)
            values[name] = value
    if action:
        escaped = action.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        conditions.append("(a.action = :action OR a.action LIKE :action_below)")
        values["action"], values["action_below"] = action, escaped.rstrip(".") + ".%"
    where = " AND ".join(conditions) or "true"
    return connection.execute(sa.text(f"{_ROWS} WHERE {where} ORDER BY a.seq DESC LIMIT :limit"), values).all()


def looks(
    connection: sa.Connection,
    *,
    about: dict[str, Any],
    myself: str,
    name_pattern: str | None,
    begin: datetime | None,
    end: datetime | None,
    before_seq: int | None,
    limit: int,
) -> Sequence[sa.Row[Any]]:
    """Return who was shown data, newest first; `about` maps columns to values that say whose data."""
    conditions = [f"{column} = :{column}" for column in about]
    values: dict[str, Any] = {**about, "myself": myself, "limit": limit}
    for condition, name, value in (
        ("actor_search LIKE :name_pattern", "name_pattern", name_pattern),
        ("at >= :begin", "begin", begin),
        ("at < :end", "end", end),
        ("seq < :before_seq", "before_seq", before_seq),
    ):
        if value is not None:
            conditions.append(condition)
            values[name] = value
    statement = f"{_LOOKS} AND {' AND '.join(conditions)} ORDER BY seq DESC LIMIT :limit"
    return connection.execute(sa.text(statement), values).all()

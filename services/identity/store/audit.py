"""The audit trail: appended under one lock, searched by key, walked in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
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
FROM audit_records WHERE CAST(:after AS bigint) IS NULL OR seq > :after ORDER BY seq LIMIT :limit
""")
_ROWS = """
SELECT a.seq, a.id, a.at, a.service, a.action, a.outcome, a.actor_kind, a.actor, a.actor_name, a.client,
    c.name AS client_name, a.right_name AS right, a.object_kind, a.object_id, a.session_id AS session,
    a.correlation_id, a.address, a.detail, a.chain
FROM audit_records a LEFT JOIN clients c ON c.id = a.client
"""
_ENTRY = sa.text("""
SELECT a.seq, a.id, a.at, a.service, a.action, a.outcome, a.disclosure, a.actor_kind, a.actor, a.actor_name, a.client,
    c.name AS client_name, a.right_name AS right, a.object_kind, a.object_id, a.session_id AS session,
    a.correlation_id, a.address, a.detail, a.chain, a.actor_search, a.personal_salt, a.personal_hash,
    coalesce(p.chain, '') AS previous
FROM audit_records a LEFT JOIN clients c ON c.id = a.client LEFT JOIN audit_records p ON p.seq = a.seq - 1
WHERE a.id = :id
""")
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
    """Yield every record in order, in batches of one statement each: from the very first, whatever its number."""
    after: int | None = None
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


@dataclass(frozen=True)
class Wanted:
    """Which records: `equal` maps columns to values, `action` may be a beginning; None means any."""

    equal: dict[str, Any] = field(default_factory=dict)
    action: str = ""
    name_pattern: str | None = None
    people: Sequence[str] | None = None
    client_pattern: str | None = None
    client_code: str | None = None
    begin: datetime | None = None
    end: datetime | None = None

    def clause(self) -> tuple[str, dict[str, Any]]:
        """Return the condition over `a` and its values."""
        conditions = [f"a.{column} = :{column}" for column in self.equal]
        values: dict[str, Any] = dict(self.equal)
        if self.people is not None:
            conditions.append("(a.actor = ANY(:people) OR (a.object_kind = 'user' AND a.object_id = ANY(:people)))")
            values["people"] = list(self.people)
        if self.client_pattern is not None:
            conditions.append(_OF_CLIENTS)
            values |= {"client_pattern": self.client_pattern, "client_code": self.client_code}
        if self.action:
            escaped = self.action.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            conditions.append("(a.action = :action OR a.action LIKE :action_below)")
            values |= {"action": self.action, "action_below": escaped.rstrip(".") + ".%"}
        for condition, name, value in (
            ("a.actor_search LIKE :name_pattern", "name_pattern", self.name_pattern),
            ("a.at >= :begin", "begin", self.begin),
            ("a.at < :end", "end", self.end),
        ):
            if value is not None:
                conditions.append(condition)
                values[name] = value
        return " AND ".join(conditions) or "true", values


# Names are searched as the register is; a number of the client is taken whole, former ones too.
_OF_CLIENTS = """a.client IN (
    SELECT c.id FROM clients c WHERE c.search_text LIKE :client_pattern
    UNION SELECT k.client_id FROM client_codes k WHERE k.value = :client_code)"""
_PEOPLE = sa.text("SELECT id FROM users WHERE email_key = :email_key")


def people(connection: sa.Connection, email_key: str | None) -> list[str]:
    """Return the ids of whoever has this user name; a member of staff may have it, too, as a customer."""
    return [str(one) for one in connection.execute(_PEOPLE, {"email_key": email_key}).scalars()]


def page(
    connection: sa.Connection, wanted: Wanted, *, before_seq: int | None, limit: int
) -> Sequence[sa.Row[Any]]:
    """Return up to `limit` records, newest first."""
    where, values = wanted.clause()
    if before_seq is not None:
        where, values["before_seq"] = f"{where} AND a.seq < :before_seq", before_seq
    statement = f"{_ROWS} WHERE {where} ORDER BY a.seq DESC LIMIT :limit"
    return connection.execute(sa.text(statement), {**values, "limit": limit}).all()


def onward(
    connection: sa.Connection, wanted: Wanted, *, after_seq: int, until_seq: int, limit: int
) -> Sequence[sa.Row[Any]]:
    """Return up to `limit` records, oldest first, each with the chain value of the one before it."""
    where, values = wanted.clause()
    statement = (
        f"SELECT r.*, coalesce(p.chain, '') AS previous FROM ({_ROWS} WHERE {where} AND a.seq > :after_seq"  # noqa: S608
        " AND a.seq <= :until_seq ORDER BY a.seq LIMIT :limit) r"
        " LEFT JOIN audit_records p ON p.seq = r.seq - 1 ORDER BY r.seq"
    )
    return connection.execute(
        sa.text(statement), {**values, "after_seq": after_seq, "until_seq": until_seq, "limit": limit}
    ).all()


def count(connection: sa.Connection, wanted: Wanted, *, until_seq: int, limit: int) -> int:
    """Return how many records there are, at most `limit`."""
    where, values = wanted.clause()
    inner = f"SELECT 1 FROM audit_records a WHERE {where} AND a.seq <= :until LIMIT :limit"  # noqa: S608
    statement = f"SELECT count(*) FROM ({inner}) x"  # noqa: S608
    found = connection.execute(sa.text(statement), {**values, "until": until_seq, "limit": limit}).scalar_one()
    return int(found)


def entry(connection: sa.Connection, record_id: UUID) -> sa.Row[Any] | None:
    """Return one record as it stands in the chain, with the client's name and the chain value before it."""
    return connection.execute(_ENTRY, {"id": record_id}).first()


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

"""Failures counted by source and account, and holds on suspicion: made, found, lifted, listed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.domain.places import Place

_FAILED = sa.text("""
INSERT INTO sign_in_failures (source, subject, network, at) VALUES (:source, :subject, :network, :now)
ON CONFLICT (source, subject) DO UPDATE SET at = :now
""")
_EVIDENCE = sa.text("""
SELECT (SELECT count(*) FROM sign_in_failures WHERE source = :source AND at > :since) AS accounts,
    (SELECT count(DISTINCT network) FROM sign_in_failures WHERE subject = :subject AND at > :since) AS networks
""")
# One at a time for each subject, until the end of the transaction.
_ALONE = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('hold ' || :subject, 0))")
_OPEN = sa.text("""
SELECT id, kind, subject, ends_at FROM sign_in_holds
WHERE subject = ANY(:subjects) AND lifted_at IS NULL AND ends_at > :now
""")
_EARLIER = sa.text("SELECT count(*) FROM sign_in_holds WHERE subject = :subject AND began_at > :since")
_REFUSE = sa.text("UPDATE sign_in_holds SET refused = refused + 1 WHERE id = :id RETURNING refused")
_LIFT = sa.text("""
UPDATE sign_in_holds SET lifted_at = :now, lifted_by = :lifted_by, note = :note
WHERE subject = :subject AND lifted_at IS NULL AND ends_at > :now RETURNING id
""")
_IS_KNOWN = sa.text("""
SELECT EXISTS (SELECT 1 FROM known_places WHERE user_id = :user_id AND device = :device AND network = :network)
""")
_PAGE = """
SELECT h.id, h.kind, h.subject, h.user_id, u.name, u.email, h.evidence, h.refused, h.began_at, h.ends_at, h.lifted_at,
    h.lifted_by, h.note
FROM sign_in_holds h LEFT JOIN users u ON u.id = h.user_id WHERE true
"""
_TIDY = sa.text("DELETE FROM sign_in_failures WHERE at < :before")


def of_user(user_id: UUID) -> str:
    """Return the subject of an account."""
    return f"user:{user_id}"


def of_source(source: str) -> str:
    """Return the subject of a source."""
    return f"source:{source}"


def failed(session: Session, source: str, subject: str, network: str, now: datetime) -> None:
    """Note a wrong password."""
    session.execute(_FAILED, {"source": source, "subject": subject, "network": network, "now": now})


def evidence(session: Session, source: str, subject: str, since: datetime) -> tuple[int, int]:
    """Return how many accounts the source tried, and from how many networks the account was tried."""
    row = session.execute(_EVIDENCE, {"source": source, "subject": subject, "since": since}).one()
    return row.accounts, row.networks


def alone(session: Session, subject: str) -> None:
    """Keep others from holding the same subject meanwhile."""
    session.execute(_ALONE, {"subject": subject})


def open_for(reader: sa.Connection | Session, subjects: list[str], now: datetime) -> Sequence[sa.Row[Any]]:
    """Return the holds in force for subjects."""
    return reader.execute(_OPEN, {"subjects": subjects, "now": now}).all()


def earlier(session: Session, subject: str, since: datetime) -> int:
    """Return how many holds of a subject began after a moment."""
    return int(session.execute(_EARLIER, {"subject": subject, "since": since}).scalar_one())


def refuse(session: Session, hold_id: UUID) -> int:
    """Count an attempt that was refused by a hold; return how many there were."""
    return int(session.execute(_REFUSE, {"id": hold_id}).scalar_one())


def lift(session: Session, subject: str, now: datetime, lifted_by: str, note: str | None) -> list[UUID]:
    """Lift the holds of a subject and return which."""
    values = {"subject": subject, "now": now, "lifted_by": lifted_by, "note": note}
    return list(session.execute(_LIFT, values).scalars())


def is_known(reader: sa.Connection, user_id: UUID, place: Place) -> bool:
    """Tell whether a user signed in by this device in this network before."""
    values = {"user_id": user_id, "device": place.device, "network": place.network}
    return bool(reader.execute(_IS_KNOWN, values).scalar())


def page(
    connection: sa.Connection,
    *,
    hold_id: UUID | None,
    pattern: str | None,
    address: str | None,
    kind: str | None,
    in_force_at: datetime | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[sa.Row[Any]]:
    """Return up to `limit` holds, the latest first; `pattern` finds users, `address` network addresses (LIKE)."""
    conditions, values = "", {"limit": limit}  # type: tuple[str, dict[str, Any]]
    if hold_id is not None:
        conditions += " AND h.id = :hold_id"
        values["hold_id"] = hold_id
    if pattern is not None:
        conditions += " AND (u.search_text LIKE :pattern OR h.kind = 'address' AND substr(h.subject, 8) LIKE :address)"
        values["pattern"], values["address"] = pattern, address
    if kind is not None:
        conditions += " AND h.kind = :kind"
        values["kind"] = kind
    if in_force_at is not None:
        conditions += " AND h.lifted_at IS NULL AND h.ends_at > :now"
        values["now"] = in_force_at
    if after is not None:
        conditions += " AND (h.began_at, h.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        values["after_at"], values["after_id"] = after
    statement = sa.text(f"{_PAGE}{conditions} ORDER BY h.began_at DESC, h.id DESC LIMIT :limit")
    return connection.execute(statement, values).all()


def tidy(session: Session, before: datetime) -> None:
    """Forget failures from before a moment."""
    session.execute(_TIDY, {"before": before})

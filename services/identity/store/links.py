"""One-time links: used at most once, however many ask at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.domain.links import CODE_TRIES, LinkFacts
from services.identity.store.link_tables import LinkRequest, OneTimeLink

_END_OPEN = sa.text("""
UPDATE one_time_links SET ended_at = :now
WHERE user_id = :user_id AND (CAST(:purpose AS text) IS NULL OR purpose = :purpose)
    -- The way back to an address is its owner's: nobody who holds the account now may close it, nor change it away.
    AND (purpose <> 'email_undo' OR :undo)
    AND used_at IS NULL AND ended_at IS NULL
""")
_SHOWN = sa.text("""
SELECT l.id, l.user_id, l.purpose, l.email, l.created_at, l.expires_at, l.used_at, l.ended_at,
    u.kind, u.name, u.email AS user_email, u.language, u.status, u.password_allowed
FROM one_time_links l JOIN users u ON u.id = l.user_id WHERE l.id = :id
""")
_USE = sa.text("""
UPDATE one_time_links SET used_at = :now
WHERE id = :id AND used_at IS NULL AND ended_at IS NULL AND expires_at > :now
RETURNING id
""")
# The count and the check are one statement: guesses side by side cannot outrun the limit.
_TRY_CODE = sa.text("""
UPDATE one_time_links SET code_tries = code_tries + 1
WHERE email_key = :email_key AND used_at IS NULL AND ended_at IS NULL AND expires_at > :now AND code_tries < :tries
RETURNING id
""")
_COUNT = sa.text("SELECT count(*) FROM one_time_links WHERE user_id = :user_id AND created_at > :since")
_TAKE_REQUESTS = sa.text("""
DELETE FROM link_requests WHERE id IN (
    SELECT id FROM link_requests ORDER BY created_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
) RETURNING email_key, audience, about, address
""")
# Pending users who were sent an activation link, of which none is open any more.
_NEVER_ACTIVATED = sa.text("""
SELECT u.id FROM users u WHERE u.status = 'pending'
    AND EXISTS (SELECT 1 FROM one_time_links l WHERE l.user_id = u.id AND l.purpose = 'activation')
    AND NOT EXISTS (
        SELECT 1 FROM one_time_links l WHERE l.user_id = u.id AND l.purpose = 'activation'
            AND l.used_at IS NULL AND l.ended_at IS NULL AND l.expires_at > :now)
ORDER BY u.id LIMIT :limit FOR UPDATE SKIP LOCKED
""")
_TIDY = sa.text("DELETE FROM one_time_links WHERE expires_at < :before")


def add(session: Session, link: OneTimeLink) -> None:
    """Keep a new link; the earlier open ones of the same user and purpose are dead."""
    end_open(session, link.user_id, link.created_at, link.purpose)
    session.add(link)
    session.flush()


def end_open(
    session: Session, user_id: UUID, now: datetime, purpose: str | None = None, *, undo: bool = False
) -> None:
    """Withdraw the open links of a user: of one purpose, or all; with `undo` also those to former addresses."""
    session.execute(_END_OPEN, {"user_id": user_id, "purpose": purpose, "now": now, "undo": undo})


def shown(reader: sa.Connection | Session, link_id: UUID) -> sa.Row[Any] | None:
    """Return a link with its user, or None."""
    return reader.execute(_SHOWN, {"id": link_id}).first()


def facts(row: Any) -> LinkFacts:
    """Return what decides on a link."""
    return LinkFacts(row.expires_at, row.used_at, row.ended_at)


def use(session: Session, link_id: UUID, now: datetime) -> bool:
    """Use a link up; False when it is dead, or somebody was faster."""
    return session.execute(_USE, {"id": link_id, "now": now}).first() is not None


def try_code(session: Session, email_key: str | None, now: datetime) -> list[UUID]:
    """Count one guess at the codes of an address; return the links it may be compared with."""
    values = {"email_key": email_key, "now": now, "tries": CODE_TRIES}
    return list(session.execute(_TRY_CODE, values).scalars())


def count_since(session: Session, user_id: UUID, since: datetime) -> int:
    """Return how many links were made for a user since a moment."""
    return int(session.execute(_COUNT, {"user_id": user_id, "since": since}).scalar_one())


def never_activated(session: Session, now: datetime, limit: int) -> list[UUID]:
    """Return, locked, users whose activation link expired unused."""
    return list(session.execute(_NEVER_ACTIVATED, {"now": now, "limit": limit}).scalars())


def request(session: Session, wanted: LinkRequest) -> None:
    """Keep a request for a link until the next turn of the timer."""
    session.add(wanted)


def take_requests(session: Session, limit: int) -> Sequence[sa.Row[Any]]:
    """Take up to `limit` requests; nobody else gets them."""
    return session.execute(_TAKE_REQUESTS, {"limit": limit}).all()


def tidy(session: Session, before: datetime) -> None:
    """Forget links that expired before a moment; the audit trail keeps that there were any."""
    session.execute(_TIDY, {"before": before})

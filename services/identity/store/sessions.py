"""Sessions: found by the hash of their secret, in one round trip with who the person is and what they must accept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.revocations import ENDED
from services.identity.messages.events import SessionChanged, SessionRevoked

_OVERTAKEN = sa.text("""
SELECT (data ->> 'session_id')::uuid AS session_id,
    max(CASE WHEN event_type = :revoked THEN :ended ELSE coalesce((data ->> 'generation')::bigint, 0) END) AS generation
FROM (SELECT event_type, convert_from(envelope, 'UTF8')::jsonb -> 'data' AS data FROM outbox
    WHERE event_type IN (:revoked, :changed)
      AND (published_at IS NULL OR published_at > now() - make_interval(secs => :seconds))) said
GROUP BY 1
""")
_VIEW = """
SELECT s.id AS session_id, s.generation, s.user_id, s.client_id, s.audience, s.assurance, s.last_used_at, s.ends_at,
    u.must_change_password AND s.method = 'password' AS must_change_password,
    s.started_at, s.method, s.second_factor, s.gate, s.stepped_up_at,
    u.kind, u.name, u.email, u.email_unproven, u.language, u.status,
    COALESCE((SELECT jsonb_object_agg(d.right_name, d.level) FROM right_levels d), '{}') AS demanded,
    ARRAY(SELECT r.role FROM staff_roles r WHERE r.user_id = u.id ORDER BY r.role) AS roles,
    (SELECT t.id FROM (
        SELECT v.id FROM terms_versions v WHERE v.audience = u.kind
            -- Asked at a sign-in (C6): what comes into force or is published meanwhile, at the next one.
            AND v.valid_from <= least(CAST(:today AS date), (s.started_at AT TIME ZONE 'Europe/Riga')::date)
            AND v.published_at <= s.started_at
        ORDER BY v.valid_from DESC LIMIT 1) t
     WHERE NOT EXISTS (SELECT 1 FROM terms_acceptances a WHERE a.user_id = u.id AND a.terms_id = t.id)
    ) AS terms_to_accept
FROM sessions s JOIN users u ON u.id = s.user_id
"""
_BY_SECRET = sa.text(_VIEW + "WHERE s.secret_hash = :secret_hash AND s.ended_at IS NULL")
_BY_ID = sa.text(_VIEW + "WHERE s.id = :session_id AND s.ended_at IS NULL")
_TOUCH = sa.text("UPDATE sessions SET last_used_at = :now WHERE id = :session_id AND last_used_at < :stale")
_OPEN = sa.text("""
SELECT id, device, address, started_at, last_used_at, ends_at, method, assurance, second_factor FROM sessions
WHERE user_id = :user_id AND ended_at IS NULL AND ends_at > :now AND last_used_at > :idle_since
    AND (CAST(:after_at AS timestamptz) IS NULL OR (last_used_at, id) < (:after_at, CAST(:after_id AS uuid)))
ORDER BY last_used_at DESC, id DESC LIMIT :limit
""")
_END = sa.text("""
UPDATE sessions SET ended_at = :now, end_reason = :reason
WHERE user_id = :user_id AND ended_at IS NULL AND (CAST(:only AS uuid) IS NULL OR id = :only)
    AND (CAST(:but AS uuid) IS NULL OR id <> :but)
RETURNING id
""")
_CHANGED = sa.text("""
UPDATE sessions SET generation = generation + 1 WHERE user_id = ANY(:user_ids) AND ended_at IS NULL
RETURNING id, user_id, generation
""")
_CHANGED_BY_LEVEL = sa.text("""
UPDATE sessions SET generation = generation + 1
WHERE ended_at IS NULL AND ends_at > :now AND assurance = ANY(:levels) AND user_id IN (
    SELECT r.user_id FROM representations r JOIN representation_rights x ON x.representation_id = r.id
    WHERE x.right_name = :right AND r.ended_at IS NULL)
RETURNING id, user_id, generation
""")
_PROOFS = sa.text("""
SELECT id, method, assurance, second_factor FROM sessions WHERE user_id = :user_id AND ended_at IS NULL FOR UPDATE
""")
_RELEVEL = sa.text("""
UPDATE sessions SET generation = generation + 1, assurance = :assurance WHERE id = :id
RETURNING id, user_id, generation
""")
# A session that begins while a level changes would carry the former one unseen: one waits for the other.
_BEGINS = sa.text("SELECT pg_advisory_xact_lock_shared(hashtext('identity.right_levels'))")
_LEVELS_CHANGE = sa.text("SELECT pg_advisory_xact_lock(hashtext('identity.right_levels'))")
_ROTATE = sa.text("""
UPDATE sessions SET secret_hash = :secret_hash, client_id = :client_id, last_used_at = :now,
    generation = generation + 1
WHERE id = :session_id AND ended_at IS NULL
""")
_OPEN_IDS = sa.text("SELECT id FROM sessions WHERE user_id = :user_id AND ended_at IS NULL")
_PROVEN = sa.text("""
UPDATE sessions SET secret_hash = :secret_hash, last_used_at = :now, stepped_up_at = :now, gate = NULL,
    second_factor = COALESCE(:second_factor, second_factor), assurance = :assurance, ends_at = :ends_at,
    client_id = :client_id
WHERE id = :session_id AND ended_at IS NULL
""")
_BEYOND = sa.text("""
SELECT id FROM sessions WHERE user_id = :user_id AND ended_at IS NULL AND ends_at > :now AND id <> :but
ORDER BY last_used_at DESC, id DESC OFFSET :most
""")
_LAST_CLIENT = sa.text("""
SELECT client_id FROM sessions WHERE user_id = :user_id AND client_id IS NOT NULL ORDER BY started_at DESC LIMIT 1
""")
_TIDY = sa.text("DELETE FROM sessions WHERE ends_at < :before")

TOUCH_AFTER = timedelta(seconds=60)


def new_secret() -> tuple[str, bytes]:
    """Return a fresh cookie value of 256 bits and the hash that is kept of it."""
    secret = secrets.token_urlsafe(32)
    return secret, hash_of(secret)


def hash_of(secret: str) -> bytes:
    """Return the hash under which a secret is kept; a random secret of 256 bits needs no salt."""
    return hashlib.sha256(secret.encode()).digest()


def by_secret(connection: sa.Connection, secret: str, today: date) -> sa.Row[Any] | None:
    """Return the open session of a secret with its person, or None."""
    return connection.execute(_BY_SECRET, {"secret_hash": hash_of(secret), "today": today}).first()


def by_id(session: Session, session_id: UUID | None, today: date) -> sa.Row[Any] | None:
    """Return an open session with its person, or None."""
    return session.execute(_BY_ID, {"session_id": session_id, "today": today}).first()


def touch(session: Session, session_id: UUID, now: datetime) -> None:
    """Note the use of a session; a no-op within a minute of the last note."""
    session.execute(_TOUCH, {"session_id": session_id, "now": now, "stale": now - TOUCH_AFTER})


def open_of(
    connection: sa.Connection,
    user_id: UUID,
    now: datetime,
    idle_since: datetime,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 100,
) -> Sequence[sa.Row[Any]]:
    """Return up to `limit` sessions of a user that are in force, newest use first."""
    values = {"user_id": user_id, "now": now, "idle_since": idle_since, "limit": limit}
    values |= {"after_at": after[0] if after else None, "after_id": after[1] if after else None}
    return connection.execute(_OPEN, values).all()


def beyond(session: Session, user_id: UUID, now: datetime, but: UUID, most: int) -> list[UUID]:
    """Return the sessions of a user beyond the `most` that were used last, not counting `but`."""
    values = {"user_id": user_id, "now": now, "but": but, "most": most}
    return list(session.execute(_BEYOND, values).scalars())


def end(
    session: Session, user_id: UUID, now: datetime, reason: str, *, only: UUID | None = None, but: UUID | None = None
) -> list[UUID]:
    """End sessions of a user (`only` one, or all `but` one) and return which."""
    values = {"user_id": user_id, "now": now, "reason": reason, "only": only, "but": but}
    return list(session.execute(_END, values).scalars())


def changed(session: Session, user_ids: Sequence[UUID]) -> Sequence[sa.Row[Any]]:
    """Begin another generation of all open sessions of users: what their tokens say is no longer true."""
    return session.execute(_CHANGED, {"user_ids": list(user_ids)}).all()


def begins(session: Session) -> None:
    """Keep the levels rights demand as they are until a session that is about to begin is there.

    Called before any session of the user is touched: two orders would be a deadlock.
    """
    session.execute(_BEGINS)


def changed_by_level(session: Session, right: str, levels: Sequence[str], now: datetime) -> Sequence[sa.Row[Any]]:
    """Begin another generation of the open sessions at these levels of everybody who holds a right anywhere.

    Waits for sessions that are about to begin; call it after the level is written.
    """
    session.execute(_LEVELS_CHANGE)
    return session.execute(_CHANGED_BY_LEVEL, {"right": right, "levels": list(levels), "now": now}).all()


def proofs(session: Session, user_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return how the person of each open session of a user proved who they are; locked."""
    return session.execute(_PROOFS, {"user_id": user_id}).all()


def relevel(session: Session, session_id: UUID, assurance: str) -> sa.Row[Any]:
    """Give an open session another level, and begin its next generation."""
    return session.execute(_RELEVEL, {"id": session_id, "assurance": assurance}).one()


def open_ids(session: Session, user_id: UUID) -> list[UUID]:
    """Return the open sessions of a user."""
    return list(session.execute(_OPEN_IDS, {"user_id": user_id}).scalars())


def rotate(session: Session, session_id: UUID, secret_hash: bytes, client_id: UUID | None, now: datetime) -> None:
    """Give a session a new secret and the client it acts for from now on."""
    values = {"session_id": session_id, "secret_hash": secret_hash, "client_id": client_id, "now": now}
    session.execute(_ROTATE, values)


def proven(
    session: Session,
    session_id: UUID,
    secret_hash: bytes,
    *,
    second_factor: str | None,
    assurance: str,
    client_id: UUID | None,
    ends_at: datetime,
    now: datetime,
) -> None:
    """Note a proof in a session: a new secret, nothing owed any more, fresh from now on."""
    values = {
        "session_id": session_id, "secret_hash": secret_hash, "second_factor": second_factor, "assurance": assurance,
        "client_id": client_id, "ends_at": ends_at, "now": now,
    }  # fmt: skip
    session.execute(_PROVEN, values)


def overtaken(reader: sa.Connection, seconds: float) -> list[tuple[UUID, int]]:
    """Return what was said of sessions in the last `seconds`, or is about to be: each with its present generation.

    The outbox knows it best: it is what the broadcast takes its words from, and keeps them for days.
    """
    types = {"revoked": SessionRevoked.event_type, "changed": SessionChanged.event_type}
    values = types | {"ended": ENDED, "seconds": seconds}
    return [(row.session_id, row.generation) for row in reader.execute(_OVERTAKEN, values)]


def last_client(session: Session, user_id: UUID) -> UUID | None:
    """Return the client a user acted for most recently."""
    return session.execute(_LAST_CLIENT, {"user_id": user_id}).scalar()


def tidy(session: Session, before: datetime) -> int:
    """Delete sessions that ended by themselves before a moment; the audit trail keeps what mattered."""
    return int(session.execute(_TIDY, {"before": before}).rowcount)  # type: ignore[attr-defined]

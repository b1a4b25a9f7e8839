"""Logins under way: begun, answered once, completed once; and the tokens that were seen."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.identity.store.external_tables import LoginAttempt, SeenAssertion

MOST_TRIES = 5

# Claimed by one statement, so that of two answers with the same state one is let in. A wrong browser or provider does
# not use the attempt up: nobody can spoil somebody else's login by knowing its state.
_CLAIM = sa.text("""
UPDATE login_attempts SET answered_at = :now
WHERE state_hash = :state_hash AND browser_hash = :browser_hash AND provider = :provider
    AND answered_at IS NULL AND expires_at > :now
RETURNING id, purpose, target, user_id, contract_no, session_id, kept, started_at
""")
_WAITING = """
SELECT id, provider, purpose, target, user_id, contract_no, waits_for, identity, client_id, tries
FROM login_attempts
WHERE id = :id AND browser_hash = :browser_hash AND waits_for IS NOT NULL AND done_at IS NULL AND expires_at > :now
"""
_TRY = sa.text("""
UPDATE login_attempts SET tries = tries + 1
WHERE id = :id AND browser_hash = :browser_hash AND done_at IS NULL AND tries < :most RETURNING tries
""")


def hash_of(secret: str) -> bytes:
    """Return the hash under which a secret of 256 random bits is kept."""
    return hashlib.sha256(secret.encode()).digest()


def claim(session: Session, provider: str, state: str, browser: str, now: datetime) -> sa.Row[Any] | None:
    """Take an attempt up for its one answer; None when there is none for this state, browser and provider."""
    values = {
        "state_hash": hash_of(state),
        "browser_hash": hash_of(browser),
        "provider": provider,
        "now": now,
    }
    return session.execute(_CLAIM, values).first()


def is_known(session: Session, state: str) -> bool:
    """Tell whether a state is of an attempt of ours, whoever's and however old."""
    statement = sa.select(LoginAttempt.id).where(LoginAttempt.state_hash == hash_of(state))
    return session.scalar(statement) is not None


def wait(session: Session, attempt_id: UUID, waits_for: str, identity: dict[str, Any], client_id: UUID | None) -> None:
    """Keep who came, until they have said what is still needed."""
    session.execute(
        sa.update(LoginAttempt)
        .where(LoginAttempt.id == attempt_id)
        .values(waits_for=waits_for, identity=identity, client_id=client_id)
    )


def waiting(
    reader: sa.Connection | Session, attempt_id: UUID, browser: str, now: datetime, *, lock: bool = False
) -> sa.Row[Any] | None:
    """Return an attempt that waits for its person, for the browser it belongs to only."""
    statement = sa.text(_WAITING + (" FOR UPDATE" if lock else ""))
    return reader.execute(statement, {"id": attempt_id, "browser_hash": hash_of(browser), "now": now}).first()


def count_try(session: Session, attempt_id: UUID, browser: str) -> bool:
    """Count a try to complete an attempt; False when there were too many."""
    values = {"id": attempt_id, "browser_hash": hash_of(browser), "most": MOST_TRIES}
    return session.execute(_TRY, values).first() is not None


def done(session: Session, attempt_id: UUID, now: datetime) -> None:
    """Close an attempt and forget who came."""
    session.execute(
        sa.update(LoginAttempt)
        .where(LoginAttempt.id == attempt_id)
        .values(done_at=now, identity=None, waits_for=None, kept=None)
    )


def first_seen(session: Session, provider: str, assertion_id: str, expires_at: datetime) -> bool:
    """Note a token; False when it was seen before."""
    statement = (
        insert(SeenAssertion)
        .values(provider=provider, assertion_hash=hash_of(assertion_id), expires_at=expires_at)
        .on_conflict_do_nothing()
        .returning(SeenAssertion.provider)
    )
    return session.execute(statement).first() is not None


def tidy(session: Session, before: datetime) -> None:
    """Forget attempts and tokens that expired before a moment."""
    session.execute(sa.delete(LoginAttempt).where(LoginAttempt.expires_at < before))
    session.execute(sa.delete(SeenAssertion).where(SeenAssertion.expires_at < before))

"""Signing keys: the ones of a state, and the lock under which they change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.store.key_tables import SigningKeyRecord

_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtext('identity.signing_keys'))")
_PUBLISHED = sa.text("""
SELECT id, state, public, sealed, created_at, expires_at FROM signing_keys
WHERE state <> 'retired' AND (expires_at IS NULL OR expires_at > :now) ORDER BY created_at
""")
_ALL = sa.text("""
SELECT id, state, created_at, activated_at, expires_at, retired_at, withdrawn_because FROM signing_keys
ORDER BY created_at DESC, id LIMIT 100
""")
_RETIRE = sa.text("""
UPDATE signing_keys SET state = 'retired', retired_at = :now, sealed = NULL
WHERE state = 'retiring' AND expires_at <= :now RETURNING id
""")
_FORGET = sa.text("DELETE FROM signing_keys WHERE state = 'retired' AND retired_at < :before")


def lock(session: Session) -> None:
    """Let one transaction at a time change keys, across all processes."""
    session.execute(_LOCK)


def published(reader: sa.Connection, now: datetime) -> Sequence[sa.Row[Any]]:
    """Return the keys to publish, with their sealed private halves."""
    return reader.execute(_PUBLISHED, {"now": now}).all()


def everything(reader: sa.Connection | Session) -> Sequence[sa.Row[Any]]:
    """Return the last hundred keys, newest first, without what is secret."""
    return reader.execute(_ALL).all()


def of_state(session: Session, state: str) -> SigningKeyRecord | None:
    """Return the one key that is `active`, or the one that is `next`."""
    return session.scalars(sa.select(SigningKeyRecord).where(SigningKeyRecord.state == state)).first()


def retire(session: Session, now: datetime) -> list[str]:
    """Retire the keys whose time is over, wiping their private halves; return their ids."""
    return list(session.execute(_RETIRE, {"now": now}).scalars())


def forget(session: Session, before: datetime) -> None:
    """Delete keys that were retired before a moment."""
    session.execute(_FORGET, {"before": before})

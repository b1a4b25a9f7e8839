"""Versions of the terms and who accepted them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.identity.store.tables import TermsAcceptance

_COLUMNS = """
SELECT v.id, audience, title, approved_on, valid_from, text_sha256, number, note,
    lead(valid_from) OVER (PARTITION BY audience ORDER BY valid_from) - 1 AS valid_to,
    f.name AS file_name, f.sha256 AS file_sha256
FROM terms_versions v LEFT JOIN terms_files f ON f.terms_id = v.id WHERE audience = :audience
"""
_ALL = sa.text(_COLUMNS + "ORDER BY valid_from DESC")
_CURRENT = sa.text("""
SELECT id FROM terms_versions WHERE audience = :audience AND valid_from <= :today ORDER BY valid_from DESC LIMIT 1
""")
_TEXT = sa.text("SELECT text FROM terms_versions WHERE id = :id")


def all_versions(reader: sa.Connection | Session, audience: str) -> Sequence[sa.Row[Any]]:
    """Return every version without its text, newest first."""
    return reader.execute(_ALL, {"audience": audience}).all()


def text_of(reader: sa.Connection | Session, terms_id: UUID) -> str | None:
    """Return the text of one version."""
    return reader.execute(_TEXT, {"id": terms_id}).scalar()


def current_id(reader: sa.Connection | Session, audience: str, today: date) -> UUID | None:
    """Return the version in force on a day."""
    return reader.execute(_CURRENT, {"audience": audience, "today": today}).scalar()


def accept(
    session: Session,
    user_id: UUID,
    terms_id: UUID,
    text_sha256: str,
    now: datetime,
    address: str | None,
    sid: UUID | None,
) -> bool:
    """Keep an acceptance; False when this person accepted this version before."""
    done = session.execute(
        insert(TermsAcceptance)
        .values(
            user_id=user_id,
            terms_id=terms_id,
            text_sha256=text_sha256,
            accepted_at=now,
            address=address,
            session_id=sid,
        )
        .on_conflict_do_nothing()
        .returning(TermsAcceptance.user_id)
    ).first()
    return done is not None

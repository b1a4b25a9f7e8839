"""Applications for portal use: by id, by number, as a list; their originals and declarations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.text import fold
from services.identity.store.joining_tables import (
    Application,
    ApplicationOriginal,
    DeclarationRecord,
    DeclarationText,
)

Reader = sa.Connection | Session

_A = Application.__table__.c
_O = ApplicationOriginal.__table__.c
_ROW = sa.select(
    _A.id, _A.number, _A.state, _A.client_kind, _A.client_name, _A.user_name, _A.user_email, _A.submitted_at,
    _A.original_received_on,
)  # fmt: skip
_DECLARATIONS = (
    sa.select(
        DeclarationRecord.kind, DeclarationText.text, DeclarationText.sha256, DeclarationRecord.declared_at,
        DeclarationRecord.address,
    )
    .join(DeclarationText, DeclarationText.sha256 == DeclarationRecord.text_sha256)
    .where(DeclarationRecord.application_id == sa.bindparam("application_id"))
    .order_by(DeclarationRecord.id)
)  # fmt: skip


def next_number(session: Session, year: int) -> str:
    """Return the next number, `P-2026-00017`. Numbers may have gaps: what counts is that none comes twice."""
    count = session.scalar(sa.text("SELECT nextval('access_application_numbers')"))
    return f"P-{year}-{count:05d}"


def by_number(reader: Reader, number: str) -> sa.Row[Any] | None:
    """Return an application by its number, letter case and spaces around it ignored."""
    return reader.execute(sa.select(Application.__table__).where(_A.number == number.strip().upper())).first()


def by_id(reader: Reader, application_id: UUID) -> sa.Row[Any] | None:
    """Return an application by id."""
    return reader.execute(sa.select(Application.__table__).where(_A.id == application_id)).first()


def page(
    connection: sa.Connection,
    *,
    pattern: str | None,
    state: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Any]:
    """Return up to `limit` applications, newest first; `pattern` is a folded LIKE pattern."""
    statement = _ROW
    if pattern is not None:
        statement = statement.where(_A.search_text.like(pattern))
    if state is not None:
        statement = statement.where(_A.state == state)
    if after is not None:
        statement = statement.where(sa.tuple_(_A.submitted_at, _A.id) < sa.tuple_(*map(sa.literal, after)))
    return connection.execute(statement.order_by(_A.submitted_at.desc(), _A.id.desc()).limit(limit)).all()


def originals(reader: Reader, application_id: UUID) -> Sequence[Any]:
    """Return the originals that were received whole, oldest first."""
    statement = sa.select(ApplicationOriginal.__table__).where(
        _O.application_id == application_id, _O.recorded_at.is_not(None)
    )
    return reader.execute(statement.order_by(_O.recorded_at)).all()


def original(reader: Reader, original_id: UUID) -> sa.Row[Any] | None:
    """Return an original that was received whole."""
    statement = sa.select(ApplicationOriginal.__table__).where(_O.id == original_id, _O.recorded_at.is_not(None))
    return reader.execute(statement).first()


def declarations(reader: Reader, application_id: UUID) -> Sequence[Any]:
    """Return what was declared in an application."""
    return reader.execute(_DECLARATIONS, {"application_id": application_id}).all()


def waiting_since_before(session: Session, moment: datetime, limit: int) -> Sequence[Application]:
    """Return applications whose original has not come, submitted before `moment`, under lock; others' are skipped."""
    statement = sa.select(Application).where(Application.state == "submitted", Application.submitted_at < moment)
    return session.scalars(
        statement.order_by(Application.submitted_at).limit(limit).with_for_update(skip_locked=True)
    ).all()


def unfinished_before(session: Session, moment: datetime) -> Sequence[ApplicationOriginal]:
    """Return originals whose file never came whole and that were begun before `moment`."""
    statement = sa.select(ApplicationOriginal).where(
        ApplicationOriginal.recorded_at.is_(None), ApplicationOriginal.started_at < moment
    )
    return session.scalars(statement.limit(200).with_for_update(skip_locked=True)).all()


def to_forget(session: Session, moment: datetime, limit: int) -> Sequence[Application]:
    """Return applications that led to nothing and were decided on before `moment`, under lock."""
    statement = sa.select(Application).where(
        Application.state.in_(("refused", "lapsed")), Application.decided_at < moment
    )
    return session.scalars(
        statement.order_by(Application.decided_at).limit(limit).with_for_update(skip_locked=True)
    ).all()


def files(session: Session, application_id: UUID) -> Sequence[UUID]:
    """Return the files of an application, whole or not."""
    statement = sa.select(ApplicationOriginal.blob_id).where(ApplicationOriginal.application_id == application_id)
    return session.scalars(statement).all()


def describe(application: Application) -> None:
    """Bring the search column up to date: number, names, codes, e-mails, telephone numbers."""
    data = application.data
    names = ("client_name", "reg_no", "person_code", "client_no", "client_email", "client_phone", "user_name",
             "user_email", "user_phone", "user_person_code", "signatory_name")  # fmt: skip
    application.search_text = fold(" ".join([application.number, *(str(data[n]) for n in names if data.get(n))]))

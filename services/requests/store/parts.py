"""Queries over what belongs to a case: timeline, confirmations, files, invoices, the clock's pauses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.blobs import delete_blob
from chassis.ids import new_id
from chassis.tables import ChassisTables
from services.requests.domain.clock import Pause
from services.requests.store.tables import AttachmentRow, CaseInvoice, ClockPause, ConfirmationRow, TimelineRow

ABANDONED = timedelta(minutes=30)

T, K, A, I, P = (  # noqa: E741
    model.__table__.c for model in (TimelineRow, ConfirmationRow, AttachmentRow, CaseInvoice, ClockPause)
)
TIMELINE = sa.select(TimelineRow.__table__).where(T.case_id == sa.bindparam("case_id")).order_by(T.at, T.id)
CONFIRMATIONS = (
    sa.select(K.kind, K.at, K.user_id, K.user_name, K.form_version, K.sha256, K.statement)
    .where(K.case_id == sa.bindparam("case_id"))
    .order_by(K.at)
)
ATTACHMENTS = sa.select(AttachmentRow.__table__).where(A.case_id == sa.bindparam("case_id")).order_by(A.added_at, A.id)
INVOICES = sa.select(I.number).where(I.case_id == sa.bindparam("case_id")).order_by(I.number)


def timeline(connection: sa.Connection, case_id: UUID) -> list[Any]:
    """Return what happened to a case, oldest first."""
    return list(connection.execute(TIMELINE, {"case_id": case_id}).all())


def confirmations(connection: sa.Connection, case_id: UUID) -> list[Any]:
    """Return what was confirmed, oldest first."""
    return list(connection.execute(CONFIRMATIONS, {"case_id": case_id}).all())


def attachments(connection: sa.Connection, case_id: UUID) -> list[Any]:
    """Return the files of a case in the order they were added, unfinished uploads too."""
    return list(connection.execute(ATTACHMENTS, {"case_id": case_id}).all())


def invoices(connection: sa.Connection, case_id: UUID) -> list[str]:
    """Return the numbers of the invoices issued for a case."""
    return list(connection.execute(INVOICES, {"case_id": case_id}).scalars())


def pauses(session: Session, case_id: UUID) -> tuple[Pause, ...]:
    """Return when the clock stood still."""
    rows = session.execute(sa.select(P.stopped, P.resumed).where(P.case_id == case_id).order_by(P.stopped)).all()
    return tuple(Pause(row.stopped, row.resumed) for row in rows)


def stop_clock(session: Session, case_id: UUID, day: date) -> None:
    """Note that the clock stands from the end of `day`."""
    session.add(ClockPause(id=new_id(), case_id=case_id, stopped=day, resumed=None))
    session.flush()


def start_clock(session: Session, case_id: UUID, day: date) -> None:
    """Note that the clock runs again after `day`; nothing happens when it was running."""
    session.execute(
        sa.update(ClockPause).where(ClockPause.case_id == case_id, ClockPause.resumed.is_(None)).values(resumed=day)
    )


def remove_attachments(session: Session, tables: ChassisTables, rows: Iterable[AttachmentRow]) -> None:
    """Remove files with their bytes."""
    for row in rows:
        session.delete(row)
        session.flush()
        delete_blob(session, tables, row.blob_id)


def send(session: Session, tables: ChassisTables, case_id: UUID, moment: datetime) -> list[AttachmentRow]:
    """Mark the complete files that were not sent yet as sent and return them; uploads that did not finish go."""
    unsent = session.execute(
        sa.select(AttachmentRow)
        .where(AttachmentRow.case_id == case_id, AttachmentRow.sent_at.is_(None))
        .order_by(AttachmentRow.added_at, AttachmentRow.id)
        .with_for_update()
    ).scalars().all()  # fmt: skip
    remove_attachments(session, tables, [row for row in unsent if not row.complete])
    sent = [row for row in unsent if row.complete]
    for row in sent:
        row.sent_at = moment
    return sent


def abandoned(session: Session, case_id: UUID | None, moment: datetime) -> list[AttachmentRow]:
    """Return uploads nobody went on with for half an hour, of one case or of all."""
    query = sa.select(AttachmentRow).where(
        AttachmentRow.complete.is_(False), AttachmentRow.added_at < moment - ABANDONED
    )
    if case_id is not None:
        query = query.where(AttachmentRow.case_id == case_id)
    return list(session.execute(query.limit(500)).scalars())

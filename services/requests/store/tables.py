"""What requests keeps: form versions, cases (a draft is one too), their clock, timeline, confirmations, files."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

MOMENT = TIMESTAMP(timezone=True)

metadata = sa.MetaData()


class Base(DeclarativeBase):
    metadata = metadata
    type_annotation_map = {
        datetime: MOMENT,
        dict[str, Any]: JSONB,
        dict[str, str]: JSONB,
        list[UUID]: ARRAY(sa.Uuid),
        str: sa.Text,
    }


class FormVersion(Base):
    """A published definition; never changed, for running cases read it."""

    __tablename__ = "form_versions"
    form: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    definition: Mapped[dict[str, Any]]
    sha256: Mapped[str]
    published_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class Case(Base):
    """A request from its first saved field to its end. `ball` and `clock` repeat what its state says, for queries."""

    __tablename__ = "cases"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID]
    client_name: Mapped[str] = mapped_column(server_default="")
    form: Mapped[str]
    form_version: Mapped[int]
    status: Mapped[str]
    ball: Mapped[str]
    clock: Mapped[str]
    version: Mapped[int]
    data: Mapped[dict[str, str]]
    summary: Mapped[str] = mapped_column(server_default="")
    search: Mapped[str] = mapped_column(server_default="")
    started_by: Mapped[UUID]
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    expires_on: Mapped[date | None]
    case_no: Mapped[str | None] = mapped_column(unique=True)
    submitted_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
    clock_started: Mapped[date | None]
    due_date: Mapped[date | None]
    contact: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    assignee: Mapped[UUID | None]
    assignee_name: Mapped[str | None]
    question: Mapped[str | None]
    conditions: Mapped[str] = mapped_column(server_default="")
    refusal_reason: Mapped[str] = mapped_column(server_default="")
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    attention: Mapped[str | None]
    permit_id: Mapped[UUID | None]
    permit_no: Mapped[str | None]
    contract_id: Mapped[UUID | None]
    contract_no: Mapped[str | None]
    # The permit or contract the request is about, when it is about one.
    about_kind: Mapped[str | None]
    about_id: Mapped[UUID | None]
    about_no: Mapped[str | None]


class ClockPause(Base):
    """The clock stood still because the applicant had the ball."""

    __tablename__ = "clock_pauses"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(sa.ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    stopped: Mapped[date]
    resumed: Mapped[date | None]


class TimelineRow(Base):
    """What happened, in order; rows are only ever added (a trigger refuses anything else)."""

    __tablename__ = "timeline"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    at: Mapped[datetime]
    action: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    status: Mapped[str]
    text: Mapped[str] = mapped_column(server_default="")
    params: Mapped[dict[str, str]]
    attachments: Mapped[list[UUID]]
    internal: Mapped[bool]


class ConfirmationRow(Base):
    """What somebody confirmed and from where; rows are only ever added (S1-52, S1-72)."""

    __tablename__ = "confirmations"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    user_id: Mapped[UUID]
    user_name: Mapped[str]
    client_id: Mapped[UUID | None]
    session: Mapped[UUID | None]
    assurance: Mapped[str | None]
    address: Mapped[str | None]
    form_version: Mapped[int]
    sha256: Mapped[str]
    statement: Mapped[dict[str, str]]
    document: Mapped[dict[str, Any]]


class AttachmentRow(Base):
    """A file of a case; its bytes are a blob of the chassis."""

    __tablename__ = "attachments"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(sa.ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    blob_id: Mapped[UUID]
    name: Mapped[str]
    document: Mapped[str | None]
    media_type: Mapped[str | None]
    size: Mapped[int]
    received: Mapped[int]
    complete: Mapped[bool]
    sha256: Mapped[str | None]
    added_by: Mapped[UUID]
    added_by_name: Mapped[str]
    added_at: Mapped[datetime]
    # Set once it was submitted or given with an answer; from then on it stays.
    sent_at: Mapped[datetime | None]


class CaseInvoice(Base):
    """An invoice that billing issued for the case."""

    __tablename__ = "case_invoices"
    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    number: Mapped[str]


class CaseNumber(Base):
    """The last case number given in a year."""

    __tablename__ = "case_numbers"
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]

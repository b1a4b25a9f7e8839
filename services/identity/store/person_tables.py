"""Tables of exports and erasures of people, and of what was forgotten in the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import new_id
from services.identity.store.tables import Base


class PersonExport(Base):
    """A copy of everything the suite holds about one person, made in the background and kept a few days."""

    __tablename__ = "person_exports"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"))
    language: Mapped[str]
    state: Mapped[str] = mapped_column(default="gathering")  # gathering, ready, expired
    asked_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    blob_id: Mapped[UUID | None]
    size: Mapped[int | None] = mapped_column(sa.BigInteger)
    sha256: Mapped[str | None]


class PersonExportPart(Base):
    """What one service gave, as a packed blob; it waits while the service is away."""

    __tablename__ = "person_export_parts"
    export_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person_exports.id", ondelete="CASCADE"), primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    blob_id: Mapped[UUID | None]
    rows: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Erasure(Base):
    """One erasure. `names` and `marks` are what is searched for; they are taken away with the last step."""

    __tablename__ = "erasures"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"))
    clients: Mapped[list[UUID]] = mapped_column(ARRAY(sa.Uuid))
    # asked, erasing, reporting, checking, done, refused
    state: Mapped[str]
    names: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    marks: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    sure: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    acted_for: Mapped[list[UUID]] = mapped_column(ARRAY(sa.Uuid), default=list)
    email: Mapped[str | None]
    language: Mapped[str]
    obligations: Mapped[list[Any]] = mapped_column(JSONB)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]  # person, staff
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decision_note: Mapped[str | None]
    state_since: Mapped[datetime]
    checks: Mapped[int] = mapped_column(default=0)
    searched_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class ErasureStep(Base):
    """What one service did; it waits while the service is away."""

    __tablename__ = "erasure_steps"
    erasure_id: Mapped[UUID] = mapped_column(sa.ForeignKey("erasures.id", ondelete="CASCADE"), primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    tables: Mapped[list[Any]] = mapped_column(JSONB)
    traces: Mapped[list[Any]] = mapped_column(JSONB)
    tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None]
    next_try_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class AuditForgotten(Base):
    """Which records of the trail lost their personal parts, in which batch; a record of the trail seals each batch."""

    __tablename__ = "audit_forgotten"
    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    batch: Mapped[UUID] = mapped_column(index=True)

"""Tables of becoming a user: applications, the originals received, what was declared, documents that were seen."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import new_id
from services.identity.store.tables import Base


class Application(Base):
    """An application for portal use: one client, one user (S0-13..S0-20)."""

    __tablename__ = "access_applications"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default="submitted")
    client_kind: Mapped[str]
    client_name: Mapped[str]
    user_name: Mapped[str]
    user_email: Mapped[str]
    language: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)  # messages.ApplicationData, numbers in their checked form
    terms_id: Mapped[UUID] = mapped_column(sa.ForeignKey("terms_versions.id"))
    address: Mapped[str | None]  # the network address it came from
    submitted_at: Mapped[datetime]
    original_received_on: Mapped[date | None]
    client_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("clients.id"))
    user_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_by_name: Mapped[str | None]
    refusal_reason: Mapped[str | None]
    decision_note: Mapped[str | None]
    search_text: Mapped[str]


class ApplicationOriginal(Base):
    """A signed original on its way in, or received; `recorded_at` once the file is complete."""

    __tablename__ = "application_originals"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[UUID] = mapped_column(sa.ForeignKey("access_applications.id"))
    blob_id: Mapped[UUID]
    channel: Mapped[str]
    received_on: Mapped[date]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    received: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str | None]
    note: Mapped[str | None]
    started_at: Mapped[datetime]
    recorded_at: Mapped[datetime | None]
    recorded_by: Mapped[UUID | None]
    recorded_by_name: Mapped[str]


class DeclarationText(Base):
    """The very words that were declared, once for each wording."""

    __tablename__ = "declaration_texts"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]


class DeclarationRecord(Base):
    """Who declared what, when and from where; by a user, or in an application before there was one."""

    __tablename__ = "declarations"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    text_sha256: Mapped[str] = mapped_column(sa.ForeignKey("declaration_texts.sha256"))
    terms_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("terms_versions.id"))
    user_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    application_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("access_applications.id"))
    declared_at: Mapped[datetime]
    address: Mapped[str | None]


class IdentityCheck(Base):
    """An identity document staff saw before they made a user; never its whole number (S3-12)."""

    __tablename__ = "identity_checks"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"))
    client_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clients.id"))
    document: Mapped[str]
    last_digits: Mapped[str]
    seen_on: Mapped[date]
    seen_by: Mapped[UUID | None]
    seen_by_name: Mapped[str]
    at: Mapped[datetime]

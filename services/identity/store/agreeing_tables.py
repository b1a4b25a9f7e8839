"""Drafts of the terms, telling people of a new version, consents, and notices of the portal."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.store.tables import Base


class TermsDraft(Base):
    """A version in preparation; publishing turns it into a row of `terms_versions`, which no one can change."""

    __tablename__ = "terms_drafts"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    title: Mapped[str]
    text: Mapped[str]
    note: Mapped[str | None]
    approved_on: Mapped[date]
    valid_from: Mapped[date]
    drafted_by: Mapped[UUID]
    drafted_by_name: Mapped[str]
    updated_at: Mapped[datetime]
    search_text: Mapped[str] = mapped_column(default="")


class TermsFile(Base):
    """The file a version was approved in: of a draft on its way in, then of the version it is published with.

    `sha256` once its last byte came. What is published is never changed.
    """

    __tablename__ = "terms_files"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    draft_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("terms_drafts.id"))
    terms_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("terms_versions.id"), unique=True)
    blob_id: Mapped[UUID]
    name: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str | None]
    added_at: Mapped[datetime]
    added_by: Mapped[UUID]
    added_by_name: Mapped[str]


class TermsAnnouncement(Base):
    """How far the telling of a new version has come: everybody up to `after` has been told."""

    __tablename__ = "terms_announcements"
    terms_id: Mapped[UUID] = mapped_column(sa.ForeignKey("terms_versions.id"), primary_key=True)
    after: Mapped[UUID | None]
    told: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]


class Consent(Base):
    """A consent given or withdrawn, appended; the last one of a kind holds (S1-24, S1-49, S3-22)."""

    __tablename__ = "consents"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"))
    kind: Mapped[str]  # data_processing, electronic_documents
    given: Mapped[bool]
    text_sha256: Mapped[str]
    at: Mapped[datetime]
    address: Mapped[str | None]
    session_id: Mapped[UUID | None]
    terms_id: Mapped[UUID | None]


class PortalNotice(Base):
    """What stands above every page for a while, or closes the portal for customers (S1-73)."""

    __tablename__ = "portal_notices"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    text_lv: Mapped[str]
    text_en: Mapped[str]
    closes: Mapped[bool]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    ended_by: Mapped[str | None]

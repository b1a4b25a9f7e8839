"""The table of exports of the audit trail."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import new_id
from services.identity.store.tables import Base


class AuditExportRecord(Base):
    """One export: what was asked, of which records, and the file while it is kept.

    `until_seq` and `until_chain` are the end of the trail when it was asked for: the export holds nothing later.
    """

    __tablename__ = "audit_exports"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    state: Mapped[str] = mapped_column(default="waiting")  # waiting, ready, failed, expired
    asked_by: Mapped[UUID]
    asked_by_name: Mapped[str]
    asked_at: Mapped[datetime]
    language: Mapped[str]
    filter: Mapped[dict[str, str]] = mapped_column(JSONB)
    until_seq: Mapped[int] = mapped_column(sa.BigInteger)
    until_chain: Mapped[str]
    rows: Mapped[int]
    rows_done: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    first_seq: Mapped[int | None] = mapped_column(sa.BigInteger)
    first_chain: Mapped[str | None]
    last_seq: Mapped[int | None] = mapped_column(sa.BigInteger)
    last_chain: Mapped[str | None]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    blob_id: Mapped[UUID | None]
    size: Mapped[int | None] = mapped_column(sa.BigInteger)
    sha256: Mapped[str | None]

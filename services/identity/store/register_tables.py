"""Notices by which clients confirm their contact data, and how clients settle."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import new_id
from services.identity.store.tables import Base


class ContactNoticeRecord(Base):
    """Who said when which contact data are right, with the hash of those data (S1-43, S1-53); appended only."""

    __tablename__ = "contact_notices"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clients.id"))
    what: Mapped[str]  # changed, confirmed
    at: Mapped[datetime]
    by_kind: Mapped[str]
    by_user: Mapped[UUID | None]
    by_name: Mapped[str]
    session_id: Mapped[UUID | None]
    address: Mapped[str | None]  # network address
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sha256: Mapped[str]


class ClientSettlement(Base):
    """A settlement arrangement a client was given: on what ground, by whom; appended only (S1-16)."""

    __tablename__ = "client_settlements"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clients.id"))
    settlement: Mapped[str]
    payer: Mapped[str | None]
    ground: Mapped[str]
    by_user: Mapped[UUID | None]
    by_name: Mapped[str]
    at: Mapped[datetime]

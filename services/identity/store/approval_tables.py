"""What one person asked for and another approves."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import new_id
from services.identity.store.tables import Base


class ApprovalRecord(Base):
    """Four eyes: the one who asked is never the one who approves. One waiting request for a thing at a time."""

    __tablename__ = "approvals"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    object_id: Mapped[UUID]
    object_name: Mapped[str]
    reason: Mapped[str]
    note: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(default="waiting")  # waiting, approved, refused, withdrawn, lapsed
    asked_by: Mapped[UUID]
    asked_by_name: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    lapses_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_by_name: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str | None]

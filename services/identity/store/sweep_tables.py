"""What the sweep has announced."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import ARRAY, INTEGER
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.store.tables import Base


class PlannedEndingRecord(Base):
    """Something that will end by itself; gone once it has ended or no longer will."""

    __tablename__ = "planned_endings"
    kind: Mapped[str] = mapped_column(primary_key=True)  # mandate, basis, idle
    object_id: Mapped[UUID] = mapped_column(primary_key=True)  # representation, client, user
    found_on: Mapped[date]
    ends_on: Mapped[date]
    told: Mapped[list[int]] = mapped_column(ARRAY(INTEGER), default=list)

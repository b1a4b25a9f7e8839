"""The table of the places users sign in from."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.store.tables import Base


class KnownPlace(Base):
    """A browser in a network somebody signed in from; forgotten half a year after its last use."""

    __tablename__ = "known_places"
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"), primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    network: Mapped[str] = mapped_column(primary_key=True)
    seen_on: Mapped[date]

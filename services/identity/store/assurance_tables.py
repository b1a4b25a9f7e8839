"""What rights demand of a session."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from services.identity.store.tables import Base


class RightLevel(Base):
    """The lowest level of assurance at which a right may be used; a right that is not here is good at any."""

    __tablename__ = "right_levels"
    right: Mapped[str] = mapped_column("right_name", primary_key=True)
    level: Mapped[str]
    ground: Mapped[str]
    asked_by: Mapped[str]
    approved_by: Mapped[str]
    since: Mapped[datetime]

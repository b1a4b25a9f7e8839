"""The tables of one-time links."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import new_id
from services.identity.store.tables import Base


class OneTimeLink(Base):
    """A link sent to somebody, good once and for a while. Its secret and its code are derived, never kept."""

    __tablename__ = "one_time_links"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"))
    purpose: Mapped[str]
    email: Mapped[str]  # where it was sent; for a new e-mail that one
    email_key: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # replaced by a newer one, or withdrawn
    code_tries: Mapped[int] = mapped_column(default=0)


class LinkRequest(Base):
    """Somebody asked for a new link. Kept for a second, whoever it was, so that the answer takes the same time."""

    __tablename__ = "link_requests"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email_key: Mapped[str]
    audience: Mapped[str]
    about: Mapped[str]  # access, compromise
    address: Mapped[str | None]
    created_at: Mapped[datetime]

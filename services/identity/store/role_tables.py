"""What roles may, and the history of who had them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import new_id
from services.identity.store.tables import Base


class RoleKind(Base):
    __tablename__ = "role_kinds"
    role: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int]  # order in lists


class RolePermission(Base):
    __tablename__ = "role_permissions"
    role: Mapped[str] = mapped_column(sa.ForeignKey("role_kinds.role"), primary_key=True)
    permission: Mapped[str] = mapped_column(primary_key=True)


class RoleChangeRecord(Base):
    """Appended only."""

    __tablename__ = "role_changes"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"))
    role: Mapped[str]
    what: Mapped[str]  # granted, revoked
    ground: Mapped[str]
    by_user: Mapped[UUID | None]
    by_name: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=sa.func.now())

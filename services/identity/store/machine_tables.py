"""Other systems that read from the portal, and the secrets with which they prove themselves."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.store.tables import Base


class Machine(Base):
    """A machine client (RFC 6749, client credentials)."""

    __tablename__ = "machine_clients"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    contact: Mapped[str]  # who answers for it
    note: Mapped[str | None]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    status: Mapped[str] = mapped_column(default="active")  # active, disabled
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    created_by: Mapped[str]
    disabled_at: Mapped[datetime | None]
    disabled_by: Mapped[str | None]
    search_text: Mapped[str] = mapped_column(default="")


class MachineSecret(Base):
    """One secret; only its SHA-256 is kept: 256 random bits need no slow hash."""

    __tablename__ = "machine_secrets"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    machine_id: Mapped[UUID] = mapped_column(sa.ForeignKey("machine_clients.id"))
    hash: Mapped[bytes]
    hint: Mapped[str]  # the last four characters, to tell two secrets apart
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    created_by: Mapped[str]
    last_used_at: Mapped[datetime | None]
    last_address: Mapped[str | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]

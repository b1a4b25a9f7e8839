"""The tables of second factors."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import new_id
from services.identity.store.tables import Base


class TotpFactor(Base):
    """An authenticator application: one in force per user, and perhaps one being set up (`confirmed_at` empty)."""

    __tablename__ = "totp_factors"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"))
    sealed_secret: Mapped[bytes]
    last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0)  # the newest code that was used
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    session_id: Mapped[UUID]  # in which it is set up


class RecoveryCode(Base):
    """One of ten codes for the day the other factor is lost; kept as its hash, good once."""

    __tablename__ = "recovery_codes"
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SecurityKey(Base):
    """A WebAuthn credential: its public key and how often it has signed."""

    __tablename__ = "security_keys"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"))
    name: Mapped[str]
    credential_id: Mapped[bytes]  # unique
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    transports: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    aaguid: Mapped[str]
    backed_up: Mapped[bool]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class KeyChallenge(Base):
    """A challenge of a ceremony under way: one per session and purpose, taken away by the answer, right or wrong."""

    __tablename__ = "key_challenges"
    session_id: Mapped[UUID] = mapped_column(sa.ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)  # register, authenticate
    challenge: Mapped[bytes]
    expires_at: Mapped[datetime]

"""What notifications keeps: messages, who read them, deliveries with every try, preferences."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

MOMENT = TIMESTAMP(timezone=True)

metadata = sa.MetaData()


class Base(DeclarativeBase):
    metadata = metadata
    type_annotation_map = {datetime: MOMENT, str: sa.Text, list[UUID]: ARRAY(sa.Uuid)}


class MessageRow(Base):
    """A message as it was written; belongs to a client (readers need `right`) or to one user."""

    __tablename__ = "messages"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    client_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    right: Mapped[str | None]
    language: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    html: Mapped[str]
    sms: Mapped[str]
    link: Mapped[str | None]
    link_id: Mapped[UUID | None]  # a one-time link of identity; its secret is nowhere in the row
    created_at: Mapped[datetime]
    # What it is about, for readers whose right is for named permits and contracts.
    permits: Mapped[list[UUID]] = mapped_column(server_default="{}", default=list)
    contracts: Mapped[list[UUID]] = mapped_column(server_default="{}", default=list)


class MessageRead(Base):
    """A user has read a message."""

    __tablename__ = "message_reads"
    message_id: Mapped[UUID] = mapped_column(sa.ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    read_at: Mapped[datetime]


class DeliveryRow(Base):
    """A message on its way to one address over one channel. `sent_at`: the moment it counts as sent (S1-68)."""

    __tablename__ = "deliveries"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(sa.ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    client_id: Mapped[UUID | None]
    channel: Mapped[str]
    address: Mapped[str]
    search: Mapped[str]
    status: Mapped[str]
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    # The give-up time counts from here; a resend begins it anew.
    since: Mapped[datetime]
    next_try_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    provider_ref: Mapped[str | None]


class AttemptRow(Base):
    """One try to deliver, with what the other side said."""

    __tablename__ = "attempts"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(sa.ForeignKey("deliveries.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    outcome: Mapped[str]
    detail: Mapped[str]


class PreferenceRow(Base):
    """The channels a client chose for a group of kinds."""

    __tablename__ = "preferences"
    client_id: Mapped[UUID] = mapped_column(primary_key=True)
    group: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[bool]
    sms: Mapped[bool]


class ClientPhone(Base):
    """The telephone number a client gave for text messages."""

    __tablename__ = "client_phones"
    client_id: Mapped[UUID] = mapped_column(primary_key=True)
    phone: Mapped[str]

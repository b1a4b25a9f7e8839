"""The tables of suspicion: who failed from where, and what was held."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import new_id
from services.identity.store.tables import Base


class SignInFailure(Base):
    """The latest wrong password for one account, or unknown name, from one source; forgotten after two days."""

    __tablename__ = "sign_in_failures"
    source: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)  # "user:<id>", or "name:<keyed hash>" of nobody's
    network: Mapped[str]
    at: Mapped[datetime]


class SignInHold(Base):
    """Sign-in by password that is held: of one account, or from one source."""

    __tablename__ = "sign_in_holds"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]  # account, address
    subject: Mapped[str]  # "user:<id>" or "source:<address>"
    user_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    evidence: Mapped[int]  # networks the account was tried from, accounts the source tried
    refused: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    began_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]
    note: Mapped[str | None]

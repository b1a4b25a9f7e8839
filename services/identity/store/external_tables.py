"""Tables of unified login: who is known to which provider, logins under way, and tokens that were seen."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import new_id
from services.identity.store.tables import Base


class LinkedLogin(Base):
    """A way in for a user beside the password: a provider's subject, a personal code, or both (S1-08, S1-30).

    Without `provider` it is a personal code alone, which any provider that vouches for codes may confirm.
    """

    __tablename__ = "linked_logins"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id"))
    provider: Mapped[str | None]
    subject: Mapped[str | None]
    person_code: Mapped[str | None]
    name: Mapped[str]  # as the provider told it
    assurance: Mapped[str | None]
    how: Mapped[str]  # first_login, profile, registration, application
    linked_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]


class LoginAttempt(Base):
    """One login by a provider, from its start to its end; ten minutes at most.

    Only hashes of `state` and of the browser's secret are kept: nonce and code verifier follow from the two secrets.
    `identity` is there while the person still has to say something (an e-mail, yes to a link), then it is taken away.
    """

    __tablename__ = "login_attempts"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    provider: Mapped[str]
    purpose: Mapped[str]  # sign_in, link, register, confirm
    state_hash: Mapped[bytes]
    browser_hash: Mapped[bytes]
    target: Mapped[str]
    user_id: Mapped[UUID | None]
    contract_no: Mapped[str | None]
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    waits_for: Mapped[str | None]  # email, link, entry
    identity: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    client_id: Mapped[UUID | None]
    tries: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    session_id: Mapped[UUID | None]  # the session somebody confirms in
    kept: Mapped[str | None]  # what they had typed, sealed by the gateway; gone when the attempt is done


class SeenAssertion(Base):
    """A token that was accepted once and never will be again; kept until it would have expired."""

    __tablename__ = "seen_assertions"
    provider: Mapped[str] = mapped_column(primary_key=True)
    assertion_hash: Mapped[bytes] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]

"""Linked logins: whose a provider's subject or a personal code is, and giving and taking them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.domain.external import ExternalIdentity
from services.identity.store.external_tables import LinkedLogin

Reader = sa.Connection | Session

_OWNER = sa.text("""
SELECT l.user_id, bool_or(l.provider = :provider AND l.subject = :subject) AS by_subject
FROM linked_logins l
WHERE l.ended_at IS NULL
    AND ((l.provider = :provider AND l.subject = :subject) OR l.person_code = ANY(:codes))
GROUP BY l.user_id ORDER BY by_subject DESC NULLS LAST, min(l.linked_at)
""")
_OF_USER = sa.text("""
SELECT id, provider, person_code, name, assurance, how, linked_at, last_used_at FROM linked_logins
WHERE user_id = :user_id AND ended_at IS NULL ORDER BY linked_at, id
""")
_USED = sa.text("""
UPDATE linked_logins SET last_used_at = :at, assurance = CASE WHEN provider IS NULL THEN assurance ELSE :assurance END
WHERE user_id = :user_id AND ended_at IS NULL
    AND ((provider = :provider AND subject = :subject)
         OR (provider IS NULL AND person_code = ANY(:codes)))
""")
_END = sa.text("""
UPDATE linked_logins SET ended_at = :at, ended_by = :by
WHERE user_id = :user_id AND ended_at IS NULL AND (CAST(:only AS uuid) IS NULL OR id = :only)
RETURNING id, provider, person_code
""")
_PASSWORD = sa.text("SELECT 1 FROM passwords WHERE user_id = :user_id")
# One giving of logins at a time: two users must not come to hold the same personal code.
_LOCK = sa.text("SELECT pg_advisory_xact_lock(7245102)")


def lock(session: Session) -> None:
    """Wait for any other transaction that gives logins; held until the commit."""
    session.execute(_LOCK)


def owners(reader: Reader, identity: ExternalIdentity) -> list[UUID]:
    """Return the users an identity may sign in as: whoever holds its subject first, then by any of its codes."""
    values = {"provider": identity.provider, "subject": identity.subject, "codes": list(identity.person_codes)}
    return [row.user_id for row in reader.execute(_OWNER, values)]


def of_user(reader: Reader, user_id: UUID | None) -> Sequence[sa.Row[Any]]:
    """Return the linked logins of a user that hold, oldest first."""
    return reader.execute(_OF_USER, {"user_id": user_id}).all()


def holds(session: Session, user_id: UUID, identity: ExternalIdentity) -> bool:
    """Tell whether a user has this very login of this provider already."""
    statement = sa.select(LinkedLogin.id).where(
        LinkedLogin.user_id == user_id,
        LinkedLogin.provider == identity.provider,
        LinkedLogin.subject == identity.subject,
        LinkedLogin.ended_at.is_(None),
    )
    return session.scalar(statement) is not None


def has_password(reader: Reader, user_id: UUID | None) -> bool:
    """Tell whether a user may also sign in with a password."""
    return reader.execute(_PASSWORD, {"user_id": user_id}).first() is not None


def add(session: Session, user_id: UUID, identity: ExternalIdentity, how: str, at: datetime) -> LinkedLogin:
    """Link what a provider vouched for to a user; call `lock` and look at `owners` before."""
    linked = LinkedLogin(
        user_id=user_id,
        provider=identity.provider,
        subject=identity.subject,
        person_code=identity.person_codes[0] if identity.person_codes else None,
        name=identity.name,
        assurance=identity.assurance,
        how=how,
        linked_at=at,
        last_used_at=at,
    )
    session.add(linked)
    session.flush()
    return linked


def give_code(session: Session, user_id: UUID, person_code: str, name: str, how: str, at: datetime) -> bool:
    """Let a user sign in by unified login with a personal code (S1-30: given in an application).

    False when another user holds the code already; the caller decides what that means. Repeating changes nothing.
    """
    lock(session)
    held = session.scalars(
        sa.select(LinkedLogin).where(LinkedLogin.person_code == person_code, LinkedLogin.ended_at.is_(None))
    ).all()
    if any(one.user_id != user_id for one in held):
        return False
    if not any(one.provider is None for one in held):
        session.add(LinkedLogin(user_id=user_id, person_code=person_code, name=name, how=how, linked_at=at))
        session.flush()
    return True


def used(session: Session, user_id: UUID, identity: ExternalIdentity, at: datetime) -> None:
    """Note that a linked login was used."""
    values = {
        "provider": identity.provider,
        "subject": identity.subject,
        "codes": list(identity.person_codes),
        "assurance": identity.assurance,
        "user_id": user_id,
        "at": at,
    }
    session.execute(_USED, values)


def end(session: Session, user_id: UUID, at: datetime, by: str, only: UUID | None = None) -> list[sa.Row[Any]]:
    """Take away one linked login of a user, or all of them; return what was taken."""
    return list(session.execute(_END, {"user_id": user_id, "at": at, "by": by, "only": only}))

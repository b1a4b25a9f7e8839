"""What every way of becoming a user ends in: the account, its ways to sign in, whom it acts for, what was declared.

All of it runs in the caller's transaction. The user's e-mail is the lock: two ways in at the same moment make one user.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.days import now, riga_day
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.text import fold
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import emails, joining
from services.identity.messages import RepresentationGranted, UserCreated
from services.identity.store import linked_logins, users
from services.identity.store.joining_tables import DeclarationRecord, DeclarationText
from services.identity.store.tables import Representation, RepresentationRight, User
from services.identity.tools import Tools
from services.identity.usecases import links
from services.identity.usecases.own_password import tell_changed

_LOCK = sa.text("SELECT pg_advisory_xact_lock(7245103, hashtext(:key))")


@dataclass(frozen=True)
class NewUser:
    """The person an account is for; e-mail, telephone and personal code in their checked form."""

    name: str
    email: str
    phone: str | None
    language: str
    password_allowed: bool
    person_code: str | None


def checked_email(text: str, field: str) -> str:
    """Return an address without spaces around it. Raises PortalError identity.email_malformed."""
    if emails.email_key(text) is None:
        raise PortalError("identity.email_malformed", field=field)
    return text.strip()


def checked_phone(text: str | None, field: str) -> str | None:
    """Return a telephone number in its international form. Raises PortalError identity.phone_malformed."""
    if not text:
        return None
    number = emails.phone(text)
    if number is None:
        raise PortalError("identity.phone_malformed", field=field)
    return number


def by_email(session: Session, email: str) -> User | None:
    """Return who has an e-mail address, under lock; whoever else wants to use the address waits for our commit."""
    key = emails.email_key(email)
    session.execute(_LOCK, {"key": key})
    return session.scalars(sa.select(User).where(User.email_key == key).with_for_update()).first()


def account(unit: UnitOfWork, tools: Tools, person: NewUser, *, how: str, source: dict[str, Any]) -> User:
    """Return the user of a person, made as `pending` when there is none, with the ways to sign in that were granted.

    One who is pending, or was ended and now comes back, is sent the activation link. Raises PortalError
    identity.email_of_staff, email_of_another, email_unproven, wrong_user_state (blocked), code_held.
    """
    user = by_email(unit.session, person.email)
    if user is None:
        user = _create(unit, person, source)
    elif user.kind == "staff":
        raise PortalError("identity.email_of_staff", field="user_email")
    elif user.status == "blocked":
        raise PortalError("identity.wrong_user_state", field="user_email")
    elif fold(user.name) != fold(person.name):
        # Another person's ways of signing in must not be added to the account.
        raise PortalError("identity.email_of_another", field="user_email")
    elif user.email_unproven:
        # Whoever typed the address at a first login may be anybody; its owner is yet to show up.
        raise PortalError("identity.email_unproven", field="user_email")
    elif user.status == "discontinued":
        user.status = "pending"
        user.password_allowed = person.password_allowed
        user.version += 1
        unit.audit("identity.user.return", on=("user", user.id), detail=source)
    elif person.password_allowed and not user.password_allowed:
        user.password_allowed = True
        user.version += 1
        tell_changed(unit, user, "password_allowed", None)
    if person.person_code is not None:
        _give_code(unit, user, person, how)
    if user.status == "pending":
        links.issue(unit, tools, user, "activation")
    return user


def _create(unit: UnitOfWork, person: NewUser, source: dict[str, Any]) -> User:
    user = User(
        id=new_id(),
        version=1,
        kind="customer",
        email=person.email,
        email_key=emails.email_key(person.email) or "",
        name=person.name,
        phone=person.phone,
        language=person.language,
        status="pending",
        password_allowed=person.password_allowed,
        last_sign_in_at=None,
    )
    users.describe(user)
    unit.session.add(user)
    unit.session.flush()
    unit.audit("identity.user.create", on=("user", user.id), detail=source)
    unit.emit(
        UserCreated(
            user_id=user.id,
            kind="customer",
            name=user.name,
            email=user.email,
            language=user.language,  # type: ignore[arg-type]
        )
    )
    return user


def _give_code(unit: UnitOfWork, user: User, person: NewUser, how: str) -> None:
    if not linked_logins.give_code(unit.session, user.id, str(person.person_code), person.name, how, now()):
        raise PortalError("identity.code_held", field="user_person_code")
    if user.status == "active":
        tell_changed(unit, user, "login_linked", None)
    unit.audit("identity.login.allow", on=("user", user.id), detail={"by": "person_code", "how": how})


def represent(
    unit: UnitOfWork,
    user: User,
    client_id: UUID,
    authority: joining.Authority,
    *,
    ground: str,
    how: str,
    moment: datetime,
) -> Representation:
    """Let a user act for a client from today on. Raises PortalError identity.already_represents."""
    open_one = unit.session.scalars(
        sa.select(Representation.id).where(
            Representation.client_id == client_id,
            Representation.user_id == user.id,
            Representation.ended_at.is_(None),
        )
    ).first()
    if open_one is not None:
        raise PortalError("identity.already_represents", field="user_email")
    held = Representation(
        id=new_id(),
        client_id=client_id,
        user_id=user.id,
        role=authority.role,
        valid_from=riga_day(moment),
        valid_to=authority.valid_to,
        ground=ground,
        granted_by=unit.caller.actor,
    )
    unit.session.add(held)
    unit.session.flush()
    rights = sorted(authority.granted())
    unit.session.add_all(
        RepresentationRight(representation_id=held.id, right=right, scope_kind="client", scope_id="")
        for right in rights
    )
    unit.session.flush()
    unit.audit(
        "identity.representation.grant",
        on=("representation", held.id),
        client=client_id,
        detail={
            "user": str(user.id),
            "role": authority.role,
            "rights": rights,
            "ground": ground,
            "valid_to": _day(authority.valid_to),
        },
    )
    unit.emit(
        RepresentationGranted(
            representation_id=held.id,
            client_id=client_id,
            user_id=user.id,
            user_name=user.name,
            user_email=user.email,
            role=authority.role,  # type: ignore[arg-type]
            how=how,
            valid_to=authority.valid_to,
        )
    )
    return held


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def declare(
    unit: UnitOfWork,
    kinds: Iterable[str],
    language: str,
    *,
    terms_id: UUID,
    moment: datetime,
    address: str | None,
    user_id: UUID | None = None,
    application_id: UUID | None = None,
) -> None:
    """Keep what was declared: the very text, when and from where (S1-19, S1-24, S3-22, S3-23)."""
    for kind in kinds:
        text = joining.DECLARATIONS[kind][language]
        sha256 = joining.text_hash(kind, language)
        unit.session.execute(insert(DeclarationText).values(sha256=sha256, text=text).on_conflict_do_nothing())
        unit.session.add(
            DeclarationRecord(
                kind=kind,
                text_sha256=sha256,
                terms_id=terms_id if kind == "terms" else None,
                user_id=user_id,
                application_id=application_id,
                declared_at=moment,
                address=address,
            )
        )
    unit.session.flush()

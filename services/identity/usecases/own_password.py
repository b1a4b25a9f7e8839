"""What every way to a new password shares: what it may be, how it is kept, who is told (C1, S1-31, S1-37)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import links as link_rules
from services.identity.domain.passwords import faults, own_pieces
from services.identity.domain.strength import estimate
from services.identity.messages import (
    GetPasswordRules,
    JudgePassword,
    PasswordRules,
    PasswordStrength,
    UserCredentialsChanged,
)
from services.identity.store import guards, holds, links, representations
from services.identity.store.tables import Client, Password, User
from services.identity.tools import Tools

Holder = Callable[[Session], User | None]


def own_data(session: Session, user: User) -> set[str]:
    """Return what a password of this person must not contain: name, e-mail, numbers of the clients acted for."""
    rows = representations.of_user(session, user.id)
    clients = [client for row in rows if (client := session.get(Client, row.client_id))]
    numbers = [number for c in clients for number in (c.reg_no, c.person_code, c.external_ref)]
    return own_pieces(user.name, user.email, numbers)


def check(session: Session, tools: Tools, user: User, password: str) -> None:
    """Raise PortalError with every fault of a new password for this person."""
    found = faults(password, tools.settings.password_policy, own_data(session, user), tools.common)
    if found:
        raise PortalError.many(found)


def set_password(unit: UnitOfWork, user: User, fresh: str, moment: datetime) -> None:
    """Keep a new password: what was demanded is done, what was closed is open, failures are forgiven."""
    password = unit.session.get(Password, user.id, with_for_update=True)
    if password is None:
        unit.session.add(Password(user_id=user.id, hash=fresh, changed_at=moment))
    else:
        password.hash, password.changed_at = fresh, moment
        password.blocked_at = password.reminded_at = None
    user.must_change_password = False
    guards.forgive(unit.session, guards.of_user(user.id))
    # Whoever chose it came by a link or knew the old one; guesses at the old one say nothing of it.
    holds.lift(unit.session, holds.of_user(user.id), moment, unit.caller.name, None)


def tell_changed(
    unit: UnitOfWork,
    user: User,
    what: Literal["password", "password_allowed", "email_asked", "login_linked"],
    address: str | None,
) -> None:
    """Tell the user that a credential changed; it may not have been them."""
    unit.emit(
        UserCredentialsChanged(
            user_id=user.id,
            name=user.name,
            email=user.email,
            language=user.language,
            what=what,
            address=address,
        )
    )


def rules(tools: Tools, request: GetPasswordRules) -> PasswordRules:
    """Return the policy in force."""
    policy = tools.settings.password_policy
    return PasswordRules(
        shortest=policy.shortest,
        longest=policy.longest,
        letter=policy.letter,
        digit=policy.digit,
        remind_days=tools.settings.password_remind_days,
        enforced=tools.settings.password_enforce,
    )


def judge(db: Database, tools: Tools, request: JudgePassword, caller: Caller) -> PasswordStrength:
    """Return how strong a password would be for the caller, or for the holder of a link."""
    with db.reading() as connection, Session(bind=connection) as session:
        whose = _whose(session, tools, request, caller)
        user = session.get(User, whose) if whose else None
        own = own_data(session, user) if user else set()
    policy = tools.settings.password_policy
    found = faults(request.password, policy, own, tools.common, "password")
    strength = estimate(request.password, own, tools.common)
    score = 0 if found else strength.score
    return PasswordStrength(score=score, faults=[fault.code for fault in found], advice=list(strength.advice))


def _whose(session: Session, tools: Tools, request: JudgePassword, caller: Caller) -> UUID | None:
    if request.token is None:
        return caller.user
    link_id = link_rules.link_of(tools.settings.link_key, request.token)
    row = links.shown(session, link_id) if link_id else None
    return row.user_id if row else None

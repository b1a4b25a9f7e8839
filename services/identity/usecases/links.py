"""One-time links: issued, asked for, looked at, and handed to the mail that carries them (C3, C4, C9, B-02)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.messages import Done
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import links as rules
from services.identity.domain.emails import email_key
from services.identity.messages import (
    GetLink,
    LinkIssued,
    LinkPurpose,
    LinkToken,
    LinkView,
    LookAtLink,
    MailedLink,
    RequestLink,
    TradeCode,
)
from services.identity.store import links
from services.identity.store.link_tables import LinkRequest, OneTimeLink
from services.identity.store.tables import Password, User
from services.identity.tools import Tools
from services.identity.usecases.sessions_common import network_address

# How many requests for a link one turn of the timer works off.
BATCH = 200


def issue(unit: UnitOfWork, tools: Tools, user: User, purpose: LinkPurpose, *, email: str | None = None) -> OneTimeLink:
    """Make a link in the open transaction; earlier open ones of the purpose are dead. The mail follows by itself.

    It goes to the user's own address, or to `email` where that is what shall be proven.
    """
    moment = now()
    address = email or user.email
    link = OneTimeLink(
        id=new_id(),
        user_id=user.id,
        purpose=purpose,
        email=address,
        email_key=email_key(address) or address,
        created_at=moment,
        expires_at=moment + tools.settings.link_life(purpose),
        used_at=None,
        ended_at=None,
        code_tries=0,
    )
    links.add(unit.session, link)
    unit.audit(
        "identity.link.issue",
        on=("user", user.id),
        detail={"purpose": purpose, "link": str(link.id), "expires_at": link.expires_at.isoformat()},
    )
    password = unit.session.get(Password, user.id)
    unit.emit(
        LinkIssued(
            link_id=link.id,
            user_id=user.id,
            name=user.name,
            email=address,
            language=user.language,
            purpose=purpose,
            expires_at=link.expires_at,
            password_revoked=password is not None and password.blocked_at is not None,
        )
    )
    return link


def look(db: Database, tools: Tools, request: LookAtLink) -> LinkView:
    """Tell whoever holds the secret what the link is for; it stays unused, mail scanners open links too."""
    link_id = rules.link_of(tools.settings.link_key, request.token)
    if link_id is None:
        return LinkView(state="unknown")
    with db.reading() as connection:
        row = links.shown(connection, link_id)
    if row is None:
        return LinkView(state="unknown")
    return LinkView(
        state=rules.state(links.facts(row), now()),
        purpose=row.purpose,
        audience=row.kind,
        email=row.email,
        name=row.name,
        language=row.language,
        sets_password=row.password_allowed and row.purpose in ("activation", "password_reset"),
        expires_at=row.expires_at,
    )


def held(unit: UnitOfWork, tools: Tools, token: str) -> sa.Row[Any]:
    """Return the open link of a secret with its user. Raises PortalError link_dead."""
    link_id = rules.link_of(tools.settings.link_key, token)
    row = links.shown(unit.session, link_id) if link_id else None
    if row is None or rules.state(links.facts(row), now()) != "open":
        raise PortalError("identity.link_dead")
    return row


def use(unit: UnitOfWork, row: sa.Row[Any], moment: datetime) -> User:
    """Use a link up and return its user, locked. Raises PortalError link_dead when somebody was faster."""
    user = unit.session.get(User, row.user_id, with_for_update=True, populate_existing=True)
    if user is None or not links.use(unit.session, row.id, moment):
        raise PortalError("identity.link_dead")
    return user


def trade_code(db: Database, tools: Tools, request: TradeCode, caller: Caller) -> LinkToken:
    """Give the secret of the link whose code was typed. Raises PortalError code_wrong."""
    moment = now()
    key = tools.settings.link_key
    with db.unit_of_work(caller) as unit:
        tried = links.try_code(unit.session, email_key(request.email), moment)
        found = [link_id for link_id in tried if rules.is_code(key, link_id, request.code)]
        unit.audit(
            "identity.link.type_code",
            on=("link", found[0] if found else "unknown"),
            outcome="done" if found else "refused",
        )
    # Only after the commit: a wrong guess stays counted.
    if not found:
        raise PortalError("identity.code_wrong", field="code")
    return LinkToken(token=rules.token(key, found[0]))


def ask(db: Database, request: RequestLink, caller: Caller) -> Done:
    """Take a request for a link; the timer looks for the user, so known and unknown ones take the same time."""
    key = email_key(request.email)
    if key is None:
        raise PortalError("identity.email_malformed", field="email")
    address = network_address(request.address)
    with db.unit_of_work(caller) as unit:
        links.request(
            unit.session,
            LinkRequest(
                id=new_id(),
                email_key=key,
                audience=request.audience,
                about=request.about,
                address=address,
                created_at=now(),
            ),
        )
        unit.audit("identity.link.ask", on=("address", address or "unknown"))
    return Done()


def work_off(db: Database, tools: Tools, caller: Caller) -> int:
    """Issue the links that were asked for; return how many requests there were."""
    with db.unit_of_work(caller) as unit:
        wanted = links.take_requests(unit.session, BATCH)
        for row in wanted:
            user = unit.session.execute(
                sa.select(User).where(User.email_key == row.email_key, User.kind == row.audience)
            ).scalar_one_or_none()
            if user is not None:
                _answer(unit, tools, user, row)
    return len(wanted)


def _answer(unit: UnitOfWork, tools: Tools, user: User, row: sa.Row[Any]) -> None:
    """Send a user the link that lets them in; who may not come in, or asks without end, gets none."""
    purpose = purpose_for(user)
    if row.about == "compromise":
        purpose = "compromise" if user.status == "active" else None
    recent = links.count_since(unit.session, user.id, now() - timedelta(hours=1))
    if purpose is None or recent >= tools.settings.links_per_hour:
        reason = user.status if purpose is None else "too_many"
        unit.audit("identity.link.ask", on=("user", user.id), outcome="refused", detail={"reason": reason})
        return
    unit.audit("identity.link.ask", on=("user", user.id), detail={"address": row.address, "purpose": purpose})
    issue(unit, tools, user, purpose)


def purpose_for(user: User) -> LinkPurpose | None:
    """Return which link lets a user in: activation while the account was never used, else a new password."""
    if user.status == "pending" or (user.status == "blocked" and user.blocked_reason == "not_activated"):
        return "activation"
    return "password_reset" if user.status == "active" and user.password_allowed else None


def get(db: Database, tools: Tools, request: GetLink) -> MailedLink:
    """Return secret and code of an open link, for the mail. Raises PortalError not_found."""
    with db.reading() as connection:
        row = links.shown(connection, request.link_id)
    if row is None:
        raise PortalError("not_found")
    found = rules.state(links.facts(row), now())
    if found != "open":
        return MailedLink(state=found)
    key = tools.settings.link_key
    return MailedLink(state=found, token=rules.token(key, row.id), code=rules.code(key, row.id))

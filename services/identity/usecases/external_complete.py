"""What a person still has to say after a provider vouched for them: an e-mail, or yes to an entry (S0-12, S1-64)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.text import fold
from chassis.unit_of_work import UnitOfWork
from services.identity.domain.emails import email_key
from services.identity.domain.external import ExternalIdentity
from services.identity.domain.joining import Authority
from services.identity.messages import (
    CompleteLogin,
    GetLoginTicket,
    LoginTicket,
    ProviderName,
    SignedIn,
    UserCreated,
    UserCredentialsChanged,
)
from services.identity.providers.base import Provider
from services.identity.store import linked_logins, users
from services.identity.store import login_attempts as attempts
from services.identity.store.tables import Client, User
from services.identity.tools import Tools
from services.identity.usecases import codes, links, new_users
from services.identity.usecases import external_people as people
from services.identity.usecases.sessions_common import network_address


def ticket(db: Database, tools: Tools, request: GetLoginTicket) -> LoginTicket:
    """Return who came and what is asked. Raises PortalError login_expired."""
    with db.reading() as connection:
        row = attempts.waiting(connection, request.ticket, request.browser, now())
        if row is None:
            raise PortalError("identity.login_expired")
        client = (
            connection.execute(
                sa.select(Client.name, Client.email, Client.kind).where(Client.id == row.client_id)
            ).first()
            if row.client_id
            else None
        )
    identity = people.from_json(row.identity)
    provider = tools.providers.get(row.provider)
    code = identity.person_codes[0] if identity.person_codes else None
    return LoginTicket(
        ticket=row.id,
        waits_for=row.waits_for,
        provider=row.provider,
        provider_name=ProviderName(lv=provider.config.name.lv, en=provider.config.name.en),
        name=identity.name,
        person_code=codes.shown_person_code(code, full=False),
        assurance=identity.assurance,  # type: ignore[arg-type]
        client_name=client.name if client else None,
        # A company's address is read by many; a person's own is a good guess.
        email=identity.email or (client.email if client and client.kind == "natural" else None),
        target=row.target,
    )


def complete(db: Database, tools: Tools, request: CompleteLogin, caller: Caller) -> SignedIn:
    """Make the account of a first login, or open the session of an entry. Raises PortalError, see CompleteLogin."""
    moment = now()
    address = network_address(request.address)
    caller = replace(caller, address=address)
    with db.unit_of_work(caller) as unit:
        if not attempts.count_try(unit.session, request.ticket, request.browser):
            raise PortalError("identity.login_expired")
    with db.unit_of_work(caller) as unit:
        row = attempts.waiting(unit.session, request.ticket, request.browser, moment, lock=True)
        if row is None or row.waits_for == "link":
            raise PortalError("identity.login_expired")
        identity, provider = people.from_json(row.identity), tools.providers.get(row.provider)
        # The e-mail's lock before the logins' one, in the order in which applications take them.
        taken = None
        if row.waits_for == "email":
            taken = new_users.by_email(unit.session, _email(request))
        linked_logins.lock(unit.session)
        owners = linked_logins.owners(unit.session, identity)
        if row.waits_for == "email" and not owners:
            if taken is not None:
                raise PortalError("identity.email_taken", field="email")
            user = _create(unit, request, row, identity, provider, moment, address)
            links.issue(unit, tools, user, "email_proof")
        else:
            # The account was made in another window meanwhile, or was there: sign in to it.
            user = _owner(unit, owners)
        attempts.done(unit.session, row.id, moment)
        return people.opened(unit, tools, user, identity, provider, address, request.user_agent, moment)


def _email(request: CompleteLogin) -> str:
    if not request.email:
        raise PortalError("required", field="email")
    return new_users.checked_email(request.email, "email")


def _owner(unit: UnitOfWork, owners: list[UUID]) -> User:
    user = unit.session.get(User, owners[0], with_for_update=True) if owners else None
    if user is None or user.status != "active" or user.kind != "customer":
        raise PortalError("identity.user_blocked")
    return user


def _spelled(unit: UnitOfWork, name: str, client_id: UUID) -> str:
    """Return a person's name as the register of clients writes it, where it is the same name.

    Providers may tell it in capitals or without diacritics; a name that differs is the provider's to say.
    """
    written = unit.session.execute(sa.select(Client.name).where(Client.id == client_id)).scalar_one_or_none()
    return written if written and fold(written) == fold(name) else name


def _create(
    unit: UnitOfWork,
    request: CompleteLogin,
    row: Any,
    identity: ExternalIdentity,
    provider: Provider,
    moment: datetime,
    address: str | None,
) -> User:
    """Make the user of a client that is a person, or of a company its signatory registers; never one of staff."""
    address_of = _email(request)
    how = "registration" if row.purpose == "register" else "first_login"
    user = User(
        id=new_id(),
        version=1,
        kind="customer",
        email=address_of,
        email_key=email_key(address_of) or "",
        email_unproven=True,
        name=_spelled(unit, identity.name, row.client_id),
        phone=None,
        language=request.language,
        status="active",
        password_allowed=False,  # asked for in no form; the person proves themself in a stronger way
        last_sign_in_at=moment,
    )
    users.describe(user)
    unit.session.add(user)
    unit.session.flush()
    linked_logins.add(unit.session, user.id, identity, how, moment)
    # In its own name: nobody granted it, the person is the client, or its signatory.
    unit.caller = people.person(user, None, row.client_id, address)  # type: ignore[arg-type]
    new_users.represent(
        unit,
        user,
        row.client_id,
        Authority("main", frozenset(), None, password=False, person_code=bool(identity.person_codes)),
        ground=f"{how}:{provider.id}",
        how="registration" if how == "registration" else "unified_login",
        moment=moment,
    )
    unit.audit(
        "identity.user.create",
        on=("user", user.id),
        client=row.client_id,
        detail={"how": how, "provider": provider.id, "assurance": identity.assurance},
    )
    unit.emit(
        UserCreated(user_id=user.id, kind="customer", name=user.name, email=user.email, language=request.language)
    )
    unit.emit(
        UserCredentialsChanged(
            user_id=user.id,
            name=user.name,
            email=user.email,
            language=request.language,
            what="login_linked",
            provider=getattr(provider.config.name, request.language),
            address=address,
        )
    )
    return user

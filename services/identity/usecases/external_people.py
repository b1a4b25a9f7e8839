"""Whom a verified identity opens the portal for, and opening it (S0-12, S1-30, S1-35, S2-04, S3-15)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_day, riga_today
from chassis.errors import PortalError
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import matching as rule
from services.identity.domain import representation
from services.identity.domain.external import ExternalIdentity, strong_enough
from services.identity.domain.matching import Claim, Needs
from services.identity.messages import SignedIn
from services.identity.providers.base import Provider
from services.identity.store import linked_logins, login_attempts, representations, sessions
from services.identity.store import matching as register
from services.identity.store.tables import User
from services.identity.tools import Tools
from services.identity.usecases import matching
from services.identity.usecases.sessions_common import issue, open_session, person, terms_on_record


@dataclass(frozen=True)
class Found:
    """Whom an identity belongs to: a user, or a client whose account a first login makes; or what must be asked."""

    user_id: UUID | None = None
    client_id: UUID | None = None
    waits_for: Literal["email", "link", "entry"] | None = None


def recognise(
    db: Database, tools: Tools, bus: Bus, provider: Provider, attempt: Any, identity: ExternalIdentity
) -> Found:
    """Return whom the identity belongs to. Raises PortalError login_too_weak, login_unknown_person, login_no_match,
    login_no_contract, login_registration_refused, user_blocked."""
    config = provider.config
    if not strong_enough(identity.assurance, config.required_assurance):
        raise PortalError("identity.login_too_weak")
    if attempt is not None and attempt.purpose == "link":
        return Found(user_id=attempt.user_id, waits_for="link")
    with db.reading() as connection:
        owners = linked_logins.owners(connection, identity)
        user_id = owners[0] if owners else None
        if user_id is not None:
            mandates = representation.in_force(representations.mandates(connection, user_id), riga_today())
            _check_user(connection, provider, identity, user_id)
    if user_id is not None:
        clients = [mandate.client_id for mandate in mandates]
        if config.needs_contract and not any(matching.has_contract(bus, client) for client in clients):
            raise PortalError("identity.login_no_contract")
        return Found(user_id=user_id, waits_for="entry" if attempt is None else None)
    client_id = _client_for(db, bus, provider, attempt, identity)
    if config.needs_contract and not matching.has_contract(bus, client_id):
        raise PortalError("identity.login_no_contract")
    return Found(client_id=client_id, waits_for="email")


def _check_user(connection: sa.Connection, provider: Provider, identity: ExternalIdentity, user_id: UUID) -> None:
    row = connection.execute(sa.select(User.kind, User.status, User.name).where(User.id == user_id)).one()
    if row.kind != "customer":  # staff have accounts of their own and never come by this way
        raise PortalError("identity.login_unknown_person")
    if row.status != "active":
        raise PortalError("identity.login_not_activated" if row.status == "pending" else "identity.user_blocked")
    if not provider.config.bank or rule.words(identity.name) == rule.words(row.name):
        return
    # S1-35: what the bank says must agree with what is registered, of the user or of the client they are.
    claim = Claim(name=identity.name, kind="natural", person_codes=identity.person_codes)
    if matching.verdict(connection, claim).client_id is None:
        raise PortalError("identity.login_no_match")


def _client_for(db: Database, bus: Bus, provider: Provider, attempt: Any, identity: ExternalIdentity) -> UUID:
    """Return the client whose account a first login makes."""
    contract_no = attempt.contract_no if attempt is not None and attempt.purpose == "register" else None
    if contract_no:
        contracts = matching.contract_clients(bus, contract_no)
        with db.reading() as connection:
            found = _registering(connection, identity, contracts)
        if found is None:
            raise PortalError("identity.login_registration_refused")
        return found
    if not provider.config.may_create or not identity.for_themself or not identity.person_codes:
        raise PortalError("identity.login_unknown_person")
    claim = Claim(name=identity.name, kind="natural", person_codes=identity.person_codes)
    with db.reading() as connection:
        candidates = register.candidates(connection, claim)
    verdict = rule.judge(claim, candidates)
    if verdict.client_id is not None:
        return verdict.client_id
    # The state vouches for the code; a surname that changed since must not shut anybody out. A bank's word counts only
    # when all of it agrees.
    if verdict.reason == "name_differs" and verdict.nearest is not None and not provider.config.bank:
        return verdict.nearest
    raise PortalError("identity.login_no_match" if provider.config.bank else "identity.login_unknown_person")


def _registering(connection: sa.Connection, identity: ExternalIdentity, contracts: frozenset[UUID]) -> UUID | None:
    """Return the client of a contract when the identity is that client, or a signatory of that company (S2-04)."""
    if identity.principal is not None or not contracts:
        return None
    if identity.company_reg_no is not None:
        claim = Claim(name="", reg_no=identity.company_reg_no, contracts=contracts)
        known = register.candidates(connection, claim)
        wanted = ("reg_no", identity.company_reg_no)
        fits = len(known) == 1 and known[0].kind == "legal" and wanted in known[0].codes
        return known[0].client_id if fits and known[0].client_id in contracts else None
    claim = Claim(identity.name, kind="natural", person_codes=identity.person_codes, contracts=contracts)
    return matching.verdict(connection, claim, Needs(contract=True)).client_id


def sign_in(
    db: Database,
    tools: Tools,
    user_id: UUID,
    identity: ExternalIdentity,
    provider: Provider,
    address: str | None,
    user_agent: str,
    moment: datetime,
    attempt_id: UUID,
) -> SignedIn:
    """Open a session for a user who came by a provider. Raises PortalError user_blocked."""
    with db.unit_of_work(Caller(address=address)) as unit:
        user = unit.session.get(User, user_id, with_for_update=True)
        if user is None or user.status != "active" or user.kind != "customer":
            raise PortalError("identity.user_blocked")
        login_attempts.done(unit.session, attempt_id, moment)
        return opened(unit, tools, user, identity, provider, address, user_agent, moment)


def opened(
    unit: UnitOfWork,
    tools: Tools,
    user: User,
    identity: ExternalIdentity,
    provider: Provider,
    address: str | None,
    user_agent: str,
    moment: datetime,
) -> SignedIn:
    """Open a session inside a transaction; `user` is locked and active."""
    linked_logins.used(unit.session, user.id, identity, moment)
    user.last_sign_in_at = moment
    mandates = representations.mandates(unit.session, user.id)
    secret, record = open_session(
        unit,
        tools,
        user_id=user.id,
        audience="customer",
        mandates=mandates,
        method=f"{provider.config.kind}:{provider.id}",
        assurance=identity.assurance,
        address=address,
        user_agent=user_agent,
        now=moment,
    )
    row = sessions.by_id(unit.session, record.id, riga_day(moment))
    session = issue(tools, row, mandates, moment)
    unit.caller = person(user, record.id, record.client_id, address)  # type: ignore[arg-type]
    unit.audit(
        "identity.session.start",
        on=("session", record.id),
        detail={
            "method": record.method,
            "assurance": record.assurance,
            "device": record.device,
            "identified_by": identity.auth_method or None,
            **terms_on_record(record, session),
        },
    )
    return SignedIn(
        secret=secret,
        ends_at=record.ends_at,
        session=session,
        must_accept_terms=session.claims.terms_to_accept is not None,
    )


def to_json(identity: ExternalIdentity) -> dict[str, Any]:
    """Return an identity as it is kept while its person is asked something."""
    kept = asdict(identity)
    kept["auth_time"] = identity.auth_time.isoformat() if identity.auth_time else None
    return kept


def from_json(kept: dict[str, Any]) -> ExternalIdentity:
    """Read what `to_json` wrote."""
    moment = kept.get("auth_time")
    return ExternalIdentity(
        **kept
        | {
            "person_codes": tuple(kept["person_codes"]),
            "auth_time": datetime.fromisoformat(moment) if moment else None,
        }
    )

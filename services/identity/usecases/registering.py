"""A person registers as the main user of a client the register knows (S3-07, S3-08, S3-17..S3-23, S2-04, S2-08).

Nothing is learned about the register: whatever does not match, the answer, the questions asked of the database and of
metering, and the time are the same. Guesses are counted by network address and by the code guessed at, before anything
is looked up. The e-mail the client itself gave is told of every new user.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import FieldError, PortalError
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import joining as rules
from services.identity.domain.lockout import LockPolicy
from services.identity.domain.matching import Claim, Needs, Verdict
from services.identity.messages import Register, Registered, left_out_of_registration
from services.identity.store import guards, representations, terms
from services.identity.store.tables import Client, Representation, User
from services.identity.tools import Tools
from services.identity.usecases import agreements, joining, matching, new_users
from services.identity.usecases.new_users import NewUser
from services.identity.usecases.sessions_common import network_address

GROUND = "self_registration"
NOBODY = UUID(int=0)  # asked about where nobody was found, so that it costs the same
AUTHORITY = rules.Authority("main", frozenset(), None, password=True, person_code=False)


def run(db: Database, bus: Bus, tools: Tools, request: Register, caller: Caller) -> Registered:
    """Make the account, or refuse: registration_off, registration_refused, too_many, terms_superseded, fields."""
    began = time.monotonic()
    address = network_address(request.address)
    caller = replace(caller, address=address)
    person = _person(tools, request)
    _admit_address(db, tools, caller, address)
    _terms_read(db, request)
    claim = _claim(bus, request)
    subject = _guessed_at(tools, claim)
    policy = tools.settings.lock_policy
    with db.unit_of_work(caller) as unit:
        admitted = guards.begin(unit.session, subject, now(), policy) is not None
    try:
        reply = _match(db, tools, request, caller, person, claim, subject, admitted, address)
    finally:
        _even_out(tools, began)
    if reply is None:
        raise PortalError("identity.registration_refused", phone=tools.settings.help_phone)
    return reply


def _even_out(tools: Tools, began: float) -> None:
    """Answer no sooner than every other attempt: how long the register was looked at must not show."""
    left = tools.settings.registration_answer_ms / 1000 - (time.monotonic() - began)
    if left > 0:
        time.sleep(left)


def _person(tools: Tools, request: Register) -> NewUser:
    """Check everything that can be checked without the register, each fault beside its field."""
    offered = tools.settings.registration
    if offered == "off" or (offered == "natural" and request.kind != "natural"):
        raise PortalError("identity.registration_off")
    faults = rules.missing_declarations(rules.FOR_REGISTRATION, request.declared)
    empty = left_out_of_registration(
        request.model_dump(), contract_needed=tools.settings.registration_needs_contract
    )
    faults += [FieldError(name, "required") for name in empty]
    email = phone = None
    try:
        email = new_users.checked_email(request.email, "email")
    except PortalError as error:
        faults.append(FieldError("email", error.code))
    try:
        phone = new_users.checked_phone(request.phone, "phone")
    except PortalError as error:
        faults.append(FieldError("phone", error.code))
    if faults or email is None:
        raise PortalError.many(faults)
    return NewUser(
        name=request.user_name,
        email=email,
        phone=phone,
        language=request.language,
        password_allowed=True,
        person_code=None,
    )


def _terms_read(db: Database, request: Register) -> None:
    """Check the version of the terms before the register is asked, or the order of refusals would tell what matched."""
    with db.reading() as connection:
        joining.current_terms(connection, request.terms_id)


def _claim(bus: Bus, request: Register) -> Claim:
    natural = request.kind == "natural"
    return matching.claim_of(
        bus,
        name=request.user_name if natural else request.client_name or "",
        kind=request.kind,
        person_codes=[request.person_code] if natural and request.person_code else [],
        reg_no=None if natural else request.reg_no,
        client_no=request.client_no,
        contract_no=request.contract_no,
    )


def _admit_address(db: Database, tools: Tools, caller: Caller, address: str | None) -> None:
    """Count an attempt from a network address, good or bad. Raises PortalError too_many."""
    tries = tools.settings.registrations_per_address
    policy = LockPolicy(tries=tries, base=timedelta(hours=1), longest=timedelta(hours=24))
    subject = f"address:register:{address or 'unknown'}"
    with db.unit_of_work(caller) as unit:
        admitted = guards.begin(unit.session, subject, now(), policy)
        guard = guards.fail(unit.session, subject, now(), policy) if admitted else guards.read(unit.session, subject)
        if not admitted:
            unit.audit("identity.registration.ask", on=("address", address or "unknown"), outcome="refused",
                       detail={"reason": "too_many"})  # fmt: skip
    if not admitted:
        until = guard.locked_until or now()
        raise PortalError("too_many", retry_after=max(1, int((until - now()).total_seconds())))


def _guessed_at(tools: Tools, claim: Claim) -> str:
    """Return the subject under which guesses about one client are counted; its code does not stand in it."""
    code = next(iter(claim.person_codes), None) or claim.reg_no or ""
    digest = hmac.new(tools.settings.link_key.encode(), code.encode(), hashlib.sha256).hexdigest()
    return f"address:client:{digest}"


class _Refused(Exception):
    """Rolls the attempt back; `reason` is for the trail only."""

    def __init__(self, reason: str, nearest: UUID | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.nearest = nearest


def _match(
    db: Database, tools: Tools, request: Register, caller: Caller, person: NewUser, claim: Claim, subject: str,
    admitted: bool, address: str | None,
) -> Registered | None:  # fmt: skip
    """Return the reply, None for a refusal; both are on record."""
    moment = now()
    try:
        with db.unit_of_work(caller) as unit:
            done = unit.replayed(request, Registered)
            if done is None:
                verdict = _verdict(unit, tools, request, person, claim, admitted)
                guards.forgive(unit.session, subject)
                _register(unit, tools, request, person, verdict, moment, address)
            return done or unit.remember(request, Registered(email=person.email))
    except _Refused as refused:
        with db.unit_of_work(caller) as unit:
            if admitted:
                guards.fail(unit.session, subject, moment, tools.settings.lock_policy)
            unit.audit(
                "identity.registration.ask",
                on=("address", address or "unknown"),
                outcome="refused",
                client=refused.nearest,
                detail={"reason": refused.reason, "kind": request.kind},
            )
        return None


def _verdict(
    unit: UnitOfWork, tools: Tools, request: Register, person: NewUser, claim: Claim, admitted: bool
) -> Verdict:
    """Return the verdict that opens the account. Raises _Refused; every question is asked before any is decided on."""
    needs = Needs(contract=tools.settings.registration_needs_contract, own_number=claim.kind == "legal")
    verdict = matching.verdict(unit.session, claim, needs)
    taken = new_users.by_email(unit.session, person.email)
    mains = _main_users(unit, verdict.nearest or NOBODY)
    obstacles = (
        ("too_many_guesses", not admitted),
        (verdict.reason, verdict.client_id is None),
        ("email_taken", taken is not None),
        ("has_main_user", bool(mains)),
    )
    for reason, stands in obstacles:
        if stands:
            raise _Refused(reason, verdict.nearest)
    return verdict


def _main_users(unit: UnitOfWork, client_id: UUID) -> list[Any]:
    """Return the main users a client has, but for one that registered and never came: it makes room for another."""
    day = riga_today()
    return [
        row
        for row in representations.of_client(unit.session, client_id)
        if row.role == "main" and representations.mandate(row).in_force(day) and not _never_came(unit, row)
    ]


def _never_came(unit: UnitOfWork, row: Any) -> bool:
    held = unit.session.get(Representation, row.id)
    user = unit.session.get(User, row.user_id)
    if held is None or user is None or held.ground != GROUND or user.last_sign_in_at is not None:
        return False
    return user.status == "pending" or (user.status == "blocked" and user.blocked_reason == "not_activated")


def _register(
    unit: UnitOfWork, tools: Tools, request: Register, person: NewUser, verdict: Verdict, moment: datetime,
    address: str | None,
) -> None:  # fmt: skip
    terms_hash = joining.current_terms(unit.session, request.terms_id)
    # The client's row is the lock: of two that register for one client at once, the later one stays.
    client = unit.session.get_one(Client, verdict.client_id, with_for_update=True)
    _end_unused(unit, client, moment)
    user = new_users.account(
        unit, tools, person, how="registration", source={"source": GROUND, "client": str(client.id)}
    )
    new_users.represent(unit, user, client.id, AUTHORITY, ground=GROUND, how="registration", moment=moment)
    new_users.declare(
        unit, rules.FOR_REGISTRATION, request.language, terms_id=request.terms_id, moment=moment, address=address,
        user_id=user.id,
    )  # fmt: skip
    # Read and agreed to at the registration: not asked again at the first login of the same version (S1-18, S3-17).
    terms.accept(unit.session, user.id, request.terms_id, terms_hash, moment, address, None)
    unit.audit("identity.terms.accept", on=("terms", request.terms_id), detail={"text_sha256": terms_hash})
    agreements.given_with_terms(unit, user.id, request.terms_id, moment, address, None)
    unit.audit("identity.registration.ask", on=("user", user.id), client=client.id, detail={"kind": request.kind})


def _end_unused(unit: UnitOfWork, client: Client, moment: datetime) -> None:
    """A registration nobody activated makes room for the next one."""
    waiting = unit.session.scalars(
        sa.select(Representation).where(
            Representation.client_id == client.id, Representation.ended_at.is_(None), Representation.ground == GROUND
        )
    )
    for held in waiting:
        held.ended_at, held.ended_by, held.end_reason = moment, unit.caller.actor, "other"
        held.end_note = "replaced by a new registration"
        unit.audit(
            "identity.representation.end",
            on=("representation", held.id),
            client=client.id,
            detail={"user": str(held.user_id), "reason": "replaced"},
        )
    unit.session.flush()

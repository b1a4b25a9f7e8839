"""A person signs in with e-mail and password (S1-08, S1-32, C8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NoReturn

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_day
from chassis.errors import PortalError
from chassis.telemetry import get_logger
from chassis.unit_of_work import UnitOfWork
from services.identity.domain.devices import device
from services.identity.domain.emails import email_key
from services.identity.domain.lockout import is_worth_a_record
from services.identity.domain.places import Place, network
from services.identity.domain.suspicion import source
from services.identity.messages import SignedIn, SignIn
from services.identity.store import guards, holds, representations, sessions, users
from services.identity.store.tables import Password, User
from services.identity.tools import Tools
from services.identity.usecases import guarding, suspecting
from services.identity.usecases.sessions_common import issue, network_address, open_session, person, terms_on_record

log = get_logger(__name__)

REFUSED = "identity.sign_in_refused"


def run(db: Database, tools: Tools, request: SignIn, caller: Caller) -> SignedIn:
    """Open a session, or refuse with one and the same answer, whatever was wrong.

    Raises PortalError sign_in_refused, address_held, user_blocked, too_many. When a refusal is answered is the
    gateway's affair.
    """
    moment = now()
    address = network_address(request.address)
    caller = replace(caller, address=address)
    key = email_key(request.email)
    with db.reading() as connection:
        account = users.account(connection, key, request.audience)
        held = holds.open_for(connection, _subjects(account, address), moment)
        place = Place(device(request.user_agent), network(address))
        known_here = bool(held) and account is not None and holds.is_known(connection, account.id, place)
    try:
        if held and not known_here:
            _refuse_held(db, caller, held)
        return _look(db, tools, request, caller, account, key, moment)
    except PortalError as error:
        # From a held address every refusal says so: what was wrong, and who is known there, is not to be told apart.
        if error.code == REFUSED and any(hold.kind == "address" for hold in held):
            raise PortalError("identity.address_held") from error
        raise


def _subjects(account: Any, address: str | None) -> list[str]:
    subjects = [holds.of_source(source(address))]
    return [*subjects, holds.of_user(account.id)] if account is not None else subjects


def _refuse_held(db: Database, caller: Caller, held: Sequence[Any]) -> NoReturn:
    """Refuse an attempt at what is held on suspicion, unless the person is known at that place; some go on record."""
    with db.unit_of_work(caller) as unit:
        for hold in held:
            refused = holds.refuse(unit.session, hold.id)
            if is_worth_a_record(refused):
                kind, _, name = hold.subject.partition(":")
                _put_on_record(unit, ("user" if kind == "user" else "address", name), "held", refused=refused)
    log.info("sign-in refused", reason="held")
    raise PortalError(REFUSED)


def _look(
    db: Database, tools: Tools, request: SignIn, caller: Caller, account: Any, key: str | None, moment: datetime
) -> SignedIn:
    address = caller.address
    if account is None:
        shadow = tools.shadows.subject(key or request.email, request.audience)
        seen = guarding.look_at_nobody(tools, shadow, request.password)
        _refuse_nobody(db, tools, caller, shadow.hex(), address, counted=seen.admitted)
    seen = guarding.look(db, tools, caller, guards.of_user(account.id), account.hash, request.password)
    if not seen.right:
        _refuse(db, tools, caller, account, address, counted=seen.admitted)
    if account.status != "active":
        _refuse_blocked(db, caller, account)
    return _open(db, tools, request, account, address, moment)


def _refuse_nobody(
    db: Database, tools: Tools, caller: Caller, shadow: str, address: str | None, *, counted: bool
) -> NoReturn:
    """Refuse a name nobody has; counted for the address."""
    subject, policy = guards.of_address(address), tools.settings.lock_policy
    with db.unit_of_work(caller) as unit:
        if counted:
            _put_on_record(unit, ("address", address or "unknown"), "unknown_user")
            if guards.begin(unit.session, subject, now(), policy) is not None:
                guarding.count_failure(unit, subject, now(), policy, None, address)
            suspecting.note(unit, tools.settings, f"name:{shadow}", None, address, now())
        else:
            _count_refused(unit, ("address", address or "unknown"), subject)
    log.info("sign-in refused", reason="unknown_user")
    raise PortalError(REFUSED)


def _refuse(
    db: Database, tools: Tools, caller: Caller, account: Any, address: str | None, *, counted: bool
) -> NoReturn:
    """Refuse; the attempt that closed the account tells its owner. What was typed is kept nowhere (S1-31)."""
    subject = guards.of_user(account.id)
    with db.unit_of_work(caller) as unit:
        if counted:
            _put_on_record(unit, ("user", account.id), "wrong_password")
            guarding.count_failure(unit, subject, now(), tools.settings.lock_policy, account, address)
            suspecting.note(unit, tools.settings, subject, account, address, now())
        else:
            _count_refused(unit, ("user", account.id), subject)
    log.info("sign-in refused", reason="wrong_password" if counted else "locked", user=str(account.id))
    raise PortalError(REFUSED)


def _put_on_record(unit: UnitOfWork, on: tuple[str, Any], reason: str, **more: int) -> None:
    unit.audit("identity.session.start", on=on, outcome="refused", detail={"reason": reason, **more})


def _count_refused(unit: UnitOfWork, on: tuple[str, Any], subject: str) -> None:
    """Count an attempt at a closed account; some of many go on record, with how many there were."""
    refused = guards.refuse(unit.session, subject)
    if is_worth_a_record(refused):
        _put_on_record(unit, on, "locked", refused=refused)


def _refuse_blocked(db: Database, caller: Caller, account: Any) -> NoReturn:
    """Say plainly that the account is closed: whoever asks has shown the right password."""
    with db.unit_of_work(caller) as unit:
        guards.forgive(unit.session, guards.of_user(account.id))
        _put_on_record(unit, ("user", account.id), account.status)
    raise PortalError("identity.user_blocked")


def _open(db: Database, tools: Tools, request: SignIn, account: Any, address: str | None, moment: datetime) -> SignedIn:
    renewed = tools.hasher.hash(request.password) if tools.hasher.is_outdated(account.hash) else None
    with db.unit_of_work(person(account, None, None, address)) as unit:
        # A password changed, or an account blocked, while we hashed must not open a session.
        user = unit.session.get(User, account.id, with_for_update=True)
        password = unit.session.get(Password, account.id)
        if user is None or password is None or user.status != "active" or password.hash != account.hash:
            raise PortalError("identity.sign_in_refused")
        guards.forgive(unit.session, guards.of_user(user.id))
        user.last_sign_in_at = moment
        if renewed:
            password.hash = renewed
        old = moment - password.changed_at >= timedelta(days=tools.settings.password_remind_days)
        if old and tools.settings.password_enforce:
            user.must_change_password = True  # C2: the advice is a duty here
        mandates = representations.mandates(unit.session, user.id)
        secret, record = open_session(
            unit,
            tools,
            user_id=user.id,
            audience=request.audience,
            mandates=mandates,
            method="password",
            assurance="low",
            address=address,
            user_agent=request.user_agent,
            now=moment,
        )
        row = sessions.by_id(unit.session, record.id, riga_day(moment))
        session = issue(tools, row, mandates, moment)
        unit.caller = person(account, record.id, record.client_id, address)
        unit.audit(
            "identity.session.start",
            on=("session", record.id),
            detail={
                "method": record.method,
                "second_factor": record.gate,
                "device": record.device,
                **terms_on_record(record, session),
            },
        )
    return SignedIn(
        secret=secret,
        ends_at=record.ends_at,
        session=session,
        must_accept_terms=session.claims.terms_to_accept is not None,
        gate=session.claims.gate,
        remind_password=old,
    )

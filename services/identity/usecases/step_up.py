"""A person completes a sign-in with the second factor, or proves anew that it is them before something weighty."""

from __future__ import annotations

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import second_factor
from services.identity.messages import (
    ChallengeKeys,
    ConfirmIdentity,
    GiveSecondFactor,
    KeyCeremony,
    ListWaysToConfirm,
    SignedIn,
    WayByProvider,
    WaysToConfirm,
)
from services.identity.store import factors, linked_logins
from services.identity.store.tables import Password, SessionRecord
from services.identity.tools import Tools
from services.identity.usecases import proving
from services.identity.usecases.sessions_common import own_session, proven


def ways(db: Database, tools: Tools, request: ListWaysToConfirm, caller: Caller) -> WaysToConfirm:
    """Return how the caller can prove that it is them. Raises PortalError session_ended."""
    if caller.user is None:
        raise PortalError("unauthenticated")
    with db.unit_of_work(caller) as unit:
        row = own_session(unit, caller, now())
        return WaysToConfirm(
            ways=_ways(unit, caller),
            providers=_providers(unit, tools, caller),
            assurance=row.assurance,
            gate=row.gate,
            stepped_up_at=row.stepped_up_at,
        )


def _providers(unit: UnitOfWork, tools: Tools, caller: Caller) -> list[WayByProvider]:
    """Return the providers a customer's logins belong to; a personal code alone may be confirmed by any."""
    if caller.kind != "user":
        return []
    held = linked_logins.of_user(unit.session, caller.user)
    by_code = any(row.person_code for row in held)
    mine = {row.provider for row in held}
    return [
        WayByProvider(provider=one.id, lv=one.config.name.lv, en=one.config.name.en)
        for one in tools.providers
        if by_code or one.id in mine
    ]


def _ways(unit: UnitOfWork, caller: Caller) -> list[second_factor.Way]:
    if caller.user is None:
        raise PortalError("unauthenticated")
    has_password = unit.session.get(Password, caller.user) is not None
    return second_factor.ways(factors.of(unit.session, caller.user), has_password)


def challenge(db: Database, tools: Tools, request: ChallengeKeys, caller: Caller) -> KeyCeremony:
    """Return a challenge for the caller's security keys. Raises PortalError not_found without any."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        row = own_session(unit, caller, moment)
        held = factors.keys(unit.session, row.user_id)
        if not held:
            raise PortalError("not_found")
        fresh, options = tools.security_keys.authentication([(bytes(k.credential_id), k.transports) for k in held])
        factors.put_challenge(unit.session, row.session_id, "authenticate", fresh, moment)
    return KeyCeremony(options=options, origin=tools.security_keys.origin)


def give(db: Database, tools: Tools, request: GiveSecondFactor, caller: Caller) -> SignedIn:
    """Complete a half-open session. Raises PortalError second_factor_wrong, session_ended, way_not_open."""
    action = "identity.session.second_factor"
    _check_way(db, caller, request, ("give",))

    def finish(unit: UnitOfWork, way: str) -> SignedIn:
        return _prove(unit, tools, caller, action, way)

    return proving.with_factor(db, tools, caller, request, action, finish)


def confirm(db: Database, tools: Tools, request: ConfirmIdentity, caller: Caller) -> SignedIn:
    """Make a session fresh again. Raises PortalError password_wrong, second_factor_wrong, way_not_open."""
    action = "identity.session.step_up"
    _check_way(db, caller, request, (None,))

    def finish(unit: UnitOfWork, way: str) -> SignedIn:
        return _prove(unit, tools, caller, action, way)

    if request.password:
        return proving.with_password(db, tools, caller, request.password, action, finish)
    return proving.with_factor(db, tools, caller, request, action, finish)


def _check_way(db: Database, caller: Caller, request: object, gates: tuple[str | None, ...]) -> None:
    field, way, _ = proving.given(request)
    with db.unit_of_work(caller) as unit:
        row = own_session(unit, caller, now())
        if row.gate not in gates:
            raise PortalError("conflict")
        if way not in _ways(unit, caller):
            raise PortalError("identity.way_not_open", field=field)


def _prove(unit: UnitOfWork, tools: Tools, caller: Caller, action: str, way: str) -> SignedIn:
    # The session's row is the lock: of two proofs at the same moment the second finds the state the first one left.
    if unit.session.get(SessionRecord, caller.session, with_for_update=True) is None:
        raise PortalError("identity.session_ended")
    moment = now()
    row = own_session(unit, caller, moment)
    signed_in = proven(unit, tools, row, way, moment)
    assurance = signed_in.session.claims.assurance
    unit.audit(action, on=("session", row.session_id), detail={"way": way, "assurance": assurance})
    return signed_in

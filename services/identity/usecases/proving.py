"""Looking at a proof (password, code, recovery code, security key): counted like passwords, each good once (C8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, NoReturn, TypeVar
from uuid import UUID

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.unit_of_work import UnitOfWork
from services.identity import otp, security_keys
from services.identity.domain.second_factor import accepted_step
from services.identity.messages import CredentialChange, UserCredentialsChanged
from services.identity.store import factors, guards
from services.identity.store.tables import Password, User
from services.identity.tools import Tools
from services.identity.usecases import guarding
from services.identity.usecases.sessions_common import network_address

Reply = TypeVar("Reply")
Subject = Literal["password", "second_factor"]
# What a request calls its proofs, and the way each of them is.
FIELDS = {"password": "password", "code": "totp", "recovery_code": "recovery", "credential": "webauthn"}


def given(request: Any) -> tuple[str, str, Any]:
    """Return field, way and value of the one proof in a request. Raises PortalError required, malformed."""
    found = [(field, way, value) for field, way in FIELDS.items() if (value := getattr(request, field, None))]
    if not found:
        raise PortalError("required", field="code")
    if len(found) > 1:
        raise PortalError("malformed", field=found[1][0])
    return found[0]


def with_factor(
    db: Database, tools: Tools, caller: Caller, request: Any, action: str, finish: Callable[[UnitOfWork, str], Reply]
) -> Reply:
    """Look at a second factor and, when it is right, do `finish(unit, way)` in the same transaction.

    The attempt is counted before the factor is looked at. Raises PortalError second_factor_wrong.
    """
    field, way, value = given(request)
    user_id = _person(caller)
    subject = guards.of_factor(user_id)
    if guarding.admitted(db, caller, subject, tools.settings.lock_policy) is None:
        _refuse(db, tools, caller, action, way, "second_factor", counted=False)
    with db.unit_of_work(caller) as unit:
        moment = now()
        if _CHECKS[way](unit, tools, caller, value, moment):
            guards.forgive(unit.session, subject)
            return finish(unit, way)
    # What the attempt used up (a challenge) stays used up: that unit is committed, the failure gets its own.
    _refuse(db, tools, caller, action, way, "second_factor", counted=True, field=field)


def with_password(
    db: Database, tools: Tools, caller: Caller, password: str, action: str, finish: Callable[[UnitOfWork, str], Reply]
) -> Reply:
    """Look at the password and, when it is right, do `finish(unit, "password")`. Raises PortalError password_wrong."""
    subject = guards.of_user(_person(caller))
    with db.reading() as connection:
        kept = connection.execute(_HASH, {"user_id": caller.user}).scalar()
    seen = guarding.look(db, tools, caller, subject, kept, password)
    if not seen.right:
        _refuse(db, tools, caller, action, "password", "password", counted=seen.admitted, field="password")
    with db.unit_of_work(caller) as unit:
        held = unit.session.get(Password, caller.user, with_for_update=True)
        if held is None or held.hash != kept:
            raise PortalError("conflict")  # changed while we hashed
        guards.forgive(unit.session, subject)
        return finish(unit, "password")


_HASH = sa.text("SELECT hash FROM passwords WHERE user_id = :user_id")


def _person(caller: Caller) -> UUID:
    if caller.user is None:
        raise PortalError("unauthenticated")
    return caller.user


def _refuse(
    db: Database,
    tools: Tools,
    caller: Caller,
    action: str,
    way: str,
    what: Subject,
    *,
    counted: bool,
    field: str | None = None,
) -> NoReturn:
    """Refuse with one answer, whether wrong, used or closed for a while; the attempt that closes it tells its owner."""
    policy = tools.settings.lock_policy
    user_id = _person(caller)
    subject = guards.of_user(user_id) if what == "password" else guards.of_factor(user_id)
    with db.unit_of_work(caller) as unit:
        reason = "wrong" if counted else "locked"
        unit.audit(action, on=("session", caller.session), outcome="refused", detail={"way": way, "reason": reason})
        if counted:
            account = unit.session.get(User, user_id)
            guarding.count_failure(unit, subject, now(), policy, account, network_address(None), what)
    raise PortalError("identity.password_wrong" if what == "password" else "identity.second_factor_wrong", field=field)


def _totp(unit: UnitOfWork, tools: Tools, caller: Caller, code: str, moment: datetime) -> bool:
    held = factors.totp(unit.session, _person(caller))
    secret = tools.sealer.open(held.sealed_secret, held.user_id) if held else None
    if held is None or secret is None:
        return False
    step = accepted_step(otp.steps_of(secret, code, moment), held.last_step)
    return step is not None and factors.use_step(unit.session, held.id, step, moment)


def _recovery(unit: UnitOfWork, tools: Tools, caller: Caller, code: str, moment: datetime) -> bool:
    if not factors.use_recovery(unit.session, _person(caller), otp.recovery_hash(code), moment):
        return False
    tell(unit, _person(caller), "recovery_code_used")
    return True


def _webauthn(unit: UnitOfWork, tools: Tools, caller: Caller, credential: dict[str, Any], moment: datetime) -> bool:
    challenge = factors.take_challenge(unit.session, caller.session, "authenticate", moment)
    wanted = security_keys.credential_id(credential)
    key = next((k for k in factors.keys(unit.session, _person(caller)) if bytes(k.credential_id) == wanted), None)
    if challenge is None or key is None:
        return False
    count = tools.security_keys.authenticated(credential, challenge, bytes(key.public_key), key.sign_count)
    return count is not None and factors.use_key(unit.session, key.id, count, moment)


_CHECKS: dict[str, Callable[..., bool]] = {"totp": _totp, "recovery": _recovery, "webauthn": _webauthn}


def tell(unit: UnitOfWork, user_id: UUID, what: CredentialChange, device: str = "") -> None:
    """Have the person told by e-mail that a credential of theirs changed."""
    user = unit.session.get(User, user_id)
    if user is None:
        raise PortalError("not_found")
    unit.emit(
        UserCredentialsChanged(
            user_id=user.id,
            name=user.name,
            email=user.email,
            language=user.language,
            what=what,
            device=device,
            address=network_address(None),
        )
    )

"""A person sets up, renews and takes away their second factors; every change is told by e-mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.messages import Done
from chassis.unit_of_work import UnitOfWork
from services.identity import otp, security_keys
from services.identity.domain.assurance import without_factor
from services.identity.domain.second_factor import MOST_KEYS, accepted_step
from services.identity.messages import (
    AddSecurityKey,
    ConfirmTotp,
    CredentialChange,
    FactorAdded,
    FactorList,
    KeyCeremony,
    ListFactors,
    RecoveryCodes,
    RemoveSecurityKey,
    RemoveTotp,
    RenewRecoveryCodes,
    SecurityKeyRow,
    StartSecurityKey,
    StartTotp,
    TotpSetup,
)
from services.identity.store import factors
from services.identity.store.factor_tables import SecurityKey, TotpFactor
from services.identity.store.tables import User
from services.identity.tools import Tools
from services.identity.usecases.proving import tell
from services.identity.usecases.sessions_common import end_sessions, fallen, must_have_factor, own_session, proven

ADD, REMOVE = "identity.second_factor.add", "identity.second_factor.remove"


def list_own(db: Database, tools: Tools, request: ListFactors, caller: Caller) -> FactorList:
    """Return the caller's second factors."""
    if caller.user is None:
        raise PortalError("unauthenticated")
    with db.unit_of_work(caller) as unit:
        found = factors.summary(unit.session, caller.user)
        return FactorList(
            totp_since=found.totp_since,
            keys=[
                SecurityKeyRow(
                    key_id=key.id,
                    name=key.name,
                    created_at=key.created_at,
                    last_used_at=key.last_used_at,
                    synced=key.backed_up,
                )
                for key in factors.keys(unit.session, caller.user)
            ],
            recovery_left=found.recovery_left,
            required=must_have_factor(unit, tools, caller.user),
            key_origin=tools.security_keys.origin,
        )


def start_totp(db: Database, tools: Tools, request: StartTotp, caller: Caller) -> TotpSetup:
    """Begin to set up an application. Raises PortalError second_factor_needed, session_ended."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        row = _enrolling(unit, caller, moment)
        begun = factors.totp_begun(unit.session, row.user_id)
        secret = None
        if begun is not None and _still_open(begun, row.session_id, moment):
            secret = tools.sealer.open(begun.sealed_secret, row.user_id)
        if secret is None:
            if begun is not None:
                unit.session.delete(begun)
                unit.session.flush()
            secret = otp.new_totp_secret()
            unit.session.add(
                TotpFactor(
                    user_id=row.user_id,
                    sealed_secret=tools.sealer.seal(secret, row.user_id),
                    created_at=moment,
                    session_id=row.session_id,
                )
            )
        uri = otp.totp_uri(secret, row.email, tools.settings.portal_name)
    return TotpSetup(secret=secret, uri=uri)


def _still_open(begun: TotpFactor, session_id: Any, moment: datetime) -> bool:
    return begun.session_id == session_id and moment - begun.created_at < factors.SET_UP_GOOD


def confirm_totp(db: Database, tools: Tools, request: ConfirmTotp, caller: Caller) -> FactorAdded:
    """Put an application in force. Raises PortalError second_factor_wrong, set_up_expired."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        row = _enrolling(unit, caller, moment)
        begun = factors.totp_begun(unit.session, row.user_id)
        if begun is None or not _still_open(begun, row.session_id, moment):
            raise PortalError("identity.set_up_expired")
        secret = tools.sealer.open(begun.sealed_secret, row.user_id)
        step = accepted_step(otp.steps_of(secret, request.code, moment), begun.last_step) if secret else None
        if step is None:
            # No guess is worth anything here: whoever sets it up has the secret before their eyes.
            raise PortalError("identity.second_factor_wrong", field="code")
        unit.session.execute(
            sa.delete(TotpFactor).where(TotpFactor.user_id == row.user_id, TotpFactor.confirmed_at.is_not(None))
        )
        begun.confirmed_at, begun.last_step = moment, step
        unit.session.flush()
        return _added(unit, tools, row, "totp", "totp_added", "", moment)


def start_key(db: Database, tools: Tools, request: StartSecurityKey, caller: Caller) -> KeyCeremony:
    """Begin to register a key. Raises PortalError too_many_keys, second_factor_needed, session_ended."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        row = _enrolling(unit, caller, moment)
        held = [bytes(key.credential_id) for key in factors.keys(unit.session, row.user_id)]
        _room(len(held))
        challenge, options = tools.security_keys.registration(row.user_id, row.email, row.name, held)
        factors.put_challenge(unit.session, row.session_id, "register", challenge, moment)
    return KeyCeremony(options=options, origin=tools.security_keys.origin)


def _room(held: int) -> None:
    if held >= MOST_KEYS:
        raise PortalError("identity.too_many_keys", limit=MOST_KEYS)


def add_key(db: Database, tools: Tools, request: AddSecurityKey, caller: Caller) -> FactorAdded:
    """Register the key that answered the challenge. Raises PortalError key_refused, too_many_keys, required."""
    moment = now()
    if not request.name:
        raise PortalError("required", field="name")
    with db.unit_of_work(caller) as unit:
        row = _enrolling(unit, caller, moment)
        challenge = factors.take_challenge(unit.session, row.session_id, "register", moment)
    key = tools.security_keys.registered(request.credential, challenge) if challenge else None
    with db.unit_of_work(caller) as unit:
        row = _enrolling(unit, caller, moment)
        held = factors.keys(unit.session, row.user_id)
        taken = (
            key is None
            or unit.session.execute(
                sa.select(SecurityKey.id).where(SecurityKey.credential_id == key.credential_id)
            ).first()
        )
        if key is None or taken:
            raise PortalError("identity.key_refused", field="credential")
        _room(len(held))
        unit.session.add(
            SecurityKey(
                user_id=row.user_id,
                name=request.name,
                credential_id=key.credential_id,
                public_key=key.public_key,
                sign_count=key.sign_count,
                transports=security_keys.transports(request.credential),
                aaguid=key.aaguid,
                backed_up=key.backed_up,
                created_at=moment,
                last_used_at=None,
            )
        )
        unit.session.flush()
        return _added(unit, tools, row, "webauthn", "key_added", request.name, moment)


def _enrolling(unit: UnitOfWork, caller: Caller, moment: datetime) -> Any:
    """Return the caller's session, its person locked; half open ones only when they are there to set up a factor."""
    row = own_session(unit, caller, moment)
    if row.gate == "give":
        raise PortalError("second_factor_needed")
    unit.session.get(User, row.user_id, with_for_update=True)  # two at a time would both be the first
    return row


def _added(
    unit: UnitOfWork, tools: Tools, row: Any, way: str, what: CredentialChange, device: str, moment: datetime
) -> FactorAdded:
    held = factors.of(unit.session, row.user_id)
    first = int(held.totp) + held.keys == 1
    codes: list[str] = []
    ended = 0
    if first:
        codes = otp.new_recovery_codes()
        factors.new_recovery(unit.session, row.user_id, [otp.recovery_hash(code) for code in codes], moment)
        # Sessions opened with the password alone are no longer good enough.
        ended = end_sessions(unit, row.user_id, moment, "second_factor_added", but=row.session_id)
    unit.audit(ADD, on=("user", row.user_id), detail={"way": way, "first": first, "sessions_ended": ended})
    tell(unit, row.user_id, what, device)
    signed_in = proven(unit, tools, row, way, moment)
    return FactorAdded(recovery_codes=codes, signed_in=signed_in, sessions_ended=ended)


def remove_totp(db: Database, tools: Tools, request: RemoveTotp, caller: Caller) -> Done:
    """Take the application away. Raises PortalError not_found, second_factor_required."""

    def take(unit: UnitOfWork) -> tuple[CredentialChange, str]:
        held = factors.totp(unit.session, caller.user) if caller.user else None
        if held is None:
            raise PortalError("not_found")
        unit.session.delete(held)
        return "totp_removed", ""

    return _removed(db, tools, caller, "totp", take)


def remove_key(db: Database, tools: Tools, request: RemoveSecurityKey, caller: Caller) -> Done:
    """Take a key away. Raises PortalError not_found (also for somebody else's), second_factor_required."""

    def take(unit: UnitOfWork) -> tuple[CredentialChange, str]:
        key = unit.session.get(SecurityKey, request.key_id, with_for_update=True)
        if key is None or key.user_id != caller.user:
            raise PortalError("not_found")
        unit.session.delete(key)
        return "key_removed", key.name

    return _removed(db, tools, caller, "webauthn", take)


def _removed(
    db: Database, tools: Tools, caller: Caller, way: str, take: Callable[[UnitOfWork], tuple[CredentialChange, str]]
) -> Done:
    if caller.user is None:
        raise PortalError("unauthenticated")
    with db.unit_of_work(caller) as unit:
        unit.session.get(User, caller.user, with_for_update=True)
        what, device = take(unit)
        unit.session.flush()
        left = factors.of(unit.session, caller.user)
        if not left.enrolled:
            if must_have_factor(unit, tools, caller.user):
                raise PortalError("identity.second_factor_required")
            factors.forget(unit.session, caller.user)  # recovery codes are no factor of their own
        gone = (way,) if left.enrolled else ("totp", "webauthn", "recovery")
        lowered = fallen(unit, caller.user, lambda row: without_factor(row.assurance, row.second_factor, gone))
        detail = {"way": way, "last": not left.enrolled, "sessions_lowered": lowered}
        unit.audit(REMOVE, on=("user", caller.user), detail=detail)
        tell(unit, caller.user, what, device)
    return Done()


def renew_codes(db: Database, request: RenewRecoveryCodes, caller: Caller) -> RecoveryCodes:
    """Return ten new recovery codes; earlier ones are dead. Raises PortalError no_second_factor."""
    if caller.user is None:
        raise PortalError("unauthenticated")
    moment = now()
    with db.unit_of_work(caller) as unit:
        unit.session.get(User, caller.user, with_for_update=True)
        if not factors.of(unit.session, caller.user).enrolled:
            raise PortalError("identity.no_second_factor")
        codes = otp.new_recovery_codes()
        factors.new_recovery(unit.session, caller.user, [otp.recovery_hash(code) for code in codes], moment)
        unit.audit("identity.second_factor.renew_codes", on=("user", caller.user))
        tell(unit, caller.user, "recovery_codes_renewed")
    return RecoveryCodes(codes=codes)

"""/api/v1: second factors, completing a sign-in, confirming that it is you; staff reset and demand them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint
from pydantic import Field, model_validator

from chassis.access import any_of, fresh, half_open, role, signed_in
from chassis.messages import Message
from gateway import session as sessions
from gateway.api._frame import Body, api
from gateway.api.session import NewSession, new_session
from gateway.bus import call, call_json
from gateway.work import current
from services.identity.messages import (
    AddSecurityKey,
    ChallengeKeys,
    ConfirmIdentity,
    ConfirmTotp,
    FactorAdded,
    FactorList,
    GiveSecondFactor,
    KeyCeremony,
    ListFactors,
    ListWaysToConfirm,
    RecoveryCodes,
    RemoveSecurityKey,
    RemoveTotp,
    RenewRecoveryCodes,
    RequireSecondFactor,
    ResetReason,
    ResetSecondFactor,
    SessionsEnded,
    SignedIn,
    StartSecurityKey,
    StartTotp,
    TotpSetup,
    WaysToConfirm,
)

bp = Blueprint("api_factors", __name__)

PROVES = any_of(signed_in, half_open)
ENROLS = any_of(fresh(signed_in), half_open)
RESETS = fresh(role("administrator"))
WRONG = ("identity.second_factor_wrong", "identity.way_not_open", "conflict", "too_many")


class FactorProof(Body):
    """Exactly one proof: the application's `code`, a `recovery_code`, or a security key's `credential`."""

    code: str | None = Field(None, min_length=1, max_length=64)
    recovery_code: str | None = Field(None, min_length=1, max_length=64)
    credential: dict[str, Any] | None = Field(None, description="PublicKeyCredential.toJSON() of the answer")

    @model_validator(mode="after")
    def _one(self) -> FactorProof:
        if sum(value is not None for value in dict(self).values()) != 1:
            raise ValueError("exactly one proof")
        return self


class AnyProof(FactorProof):
    """Exactly one proof, of a way the account has: `password` counts only without a second factor."""

    password: str | None = Field(None, min_length=1, max_length=1024, json_schema_extra={"format": "password"})


class TotpCode(Body):
    code: str = Field(min_length=1, max_length=64)


class NewKey(Body):
    """A key and what to call it."""

    name: str = Field(min_length=1, max_length=60)
    credential: dict[str, Any] = Field(description="PublicKeyCredential.toJSON() of `navigator.credentials.create()`")


class FactorReset(Body):
    """Why, and how the person was identified."""

    reason: ResetReason
    note: str = Field(min_length=1, max_length=200)


class FactorDemand(Body):
    required: bool


class NewFactor(Message):
    """`recovery_codes` are shown once, with the first factor; the session has a new secret, the old one is dead."""

    recovery_codes: list[str]
    session: NewSession


def _renewed(signed_in_: SignedIn) -> NewSession:
    work = current()
    if work.entry is not None:
        sessions.cache.forget(work.entry.secret)
    return new_session(signed_in_)


def _added(added: FactorAdded) -> NewFactor:
    return NewFactor(recovery_codes=added.recovery_codes, session=_renewed(added.signed_in))


@api(bp, "POST", "/session/second-factor", allow=half_open, body=FactorProof, reply=NewSession, status=201,
     tag="Session", summary="Complete a sign-in with the second factor", errors=WRONG)
def give_second_factor(body: FactorProof) -> NewSession:
    """The session gets a new secret and its rights; the old secret is dead. Five wrong ones close this for a while."""
    return _renewed(call(GiveSecondFactor(**body.model_dump(exclude_none=True))))


@api(bp, "GET", "/session/ways", allow=PROVES, reply=WaysToConfirm, tag="Session",
     summary="How I can prove that it is me")
def list_ways() -> bytes:
    return call_json(ListWaysToConfirm())


@api(bp, "POST", "/session/key-challenge", allow=PROVES, reply=KeyCeremony, status=201, tag="Session",
     summary="A challenge for my security keys", errors=("not_found",))
def challenge_keys() -> KeyCeremony:
    """Good once, for five minutes, and for this session; what `navigator.credentials.get()` is given."""
    return call(ChallengeKeys())


@api(bp, "POST", "/session/confirm", allow=signed_in, body=AnyProof, reply=NewSession, status=201, tag="Session",
     summary="Confirm that it is me (step-up)", errors=(*WRONG, "identity.password_wrong"))
def confirm(body: AnyProof) -> NewSession:
    """What answered `step_up_needed` works for some minutes. The session gets a new secret; the old one is dead."""
    return _renewed(call(ConfirmIdentity(**body.model_dump(exclude_none=True))))


@api(bp, "GET", "/profile/factors", allow=signed_in, reply=FactorList, tag="Profile", summary="My second factors")
def list_factors() -> bytes:
    return call_json(ListFactors())


@api(bp, "POST", "/profile/factors/totp", allow=ENROLS, reply=TotpSetup, status=201, tag="Profile",
     summary="Begin to set up an authenticator application")
def start_totp() -> TotpSetup:
    """Show `uri` as a QR code; it is in force once a code of it is confirmed."""
    return call(StartTotp())


@api(bp, "POST", "/profile/factors/totp/confirm", allow=ENROLS, body=TotpCode, reply=NewFactor, status=201,
     tag="Profile", summary="Put the application in force",
     errors=("identity.second_factor_wrong", "identity.set_up_expired"))
def confirm_totp(body: TotpCode) -> NewFactor:
    return _added(call(ConfirmTotp(code=body.code)))


@api(bp, "DELETE", "/profile/factors/totp", allow=fresh(signed_in), reply=None, status=204, tag="Profile",
     summary="Take the application away", errors=("not_found", "identity.second_factor_required"))
def remove_totp() -> None:
    call(RemoveTotp())


@api(bp, "POST", "/profile/factors/keys/challenge", allow=ENROLS, reply=KeyCeremony, status=201, tag="Profile",
     summary="Begin to register a security key", errors=("identity.too_many_keys",))
def start_key() -> KeyCeremony:
    """What `navigator.credentials.create()` is given."""
    return call(StartSecurityKey())


@api(bp, "POST", "/profile/factors/keys", allow=ENROLS, body=NewKey, reply=NewFactor, status=201, tag="Profile",
     summary="Register a security key", errors=("identity.key_refused", "identity.too_many_keys"))
def add_key(body: NewKey) -> NewFactor:
    return _added(call(AddSecurityKey(name=body.name, credential=body.credential)))


@api(bp, "DELETE", "/profile/factors/keys/<uuid:key_id>", allow=fresh(signed_in), reply=None, status=204,
     tag="Profile", summary="Take a security key away", errors=("not_found", "identity.second_factor_required"))
def remove_key(key_id: UUID) -> None:
    call(RemoveSecurityKey(key_id=key_id))


@api(bp, "POST", "/profile/factors/recovery-codes", allow=fresh(signed_in), reply=RecoveryCodes, status=201,
     tag="Profile", summary="Make new recovery codes", errors=("identity.no_second_factor",))
def renew_codes() -> RecoveryCodes:
    """Ten new codes, shown once; the earlier ones are dead."""
    return call(RenewRecoveryCodes())


@api(bp, "POST", "/staff/users/<uuid:user_id>/second-factor/reset", allow=RESETS, body=FactorReset,
     reply=SessionsEnded, tag="Staff: users", summary="Take away a user's second factors after a loss",
     errors=("not_found", "identity.not_yourself", "identity.no_second_factor"))
def reset_factor(user_id: UUID, body: FactorReset) -> SessionsEnded:
    """Every session of the user ends; the user is told by e-mail."""
    return call(ResetSecondFactor(user_id=user_id, reason=body.reason, note=body.note))


@api(bp, "PUT", "/staff/users/<uuid:user_id>/second-factor", allow=RESETS, body=FactorDemand, reply=None, status=204,
     tag="Staff: users", summary="Demand a second factor of a user, or no more", errors=("not_found",))
def require_factor(user_id: UUID, body: FactorDemand) -> None:
    call(RequireSecondFactor(user_id=user_id, required=body.required))

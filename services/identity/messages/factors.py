"""Second factors, confirming that it is really the person (step-up), and staff's part in both."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.messages import Done, Line, Message, Moment, Request
from services.identity.messages.kinds import Assurance, SecondFactorGate
from services.identity.messages.sessions import SessionsEnded, SignedIn

Way = Literal["webauthn", "totp", "recovery", "password"]
Code = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]
KeyName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
# What the browser's navigator.credentials answers, as PublicKeyCredential.toJSON() writes it.
Credential = dict[str, Any]
ResetReason = Literal["lost", "stolen", "left_staff", "other"]


class SecurityKeyRow(Message):
    key_id: UUID
    name: str
    created_at: Moment
    last_used_at: Moment | None
    synced: bool  # a passkey that its maker copies to the person's other devices


class FactorList(Message):
    """`required`: signing in without one is not possible, so the last one cannot be taken away."""

    totp_since: Moment | None
    keys: list[SecurityKeyRow]
    recovery_left: int
    required: bool
    key_origin: str  # the address at which security keys work


class ListFactors(Request[FactorList], rpc="identity.list_factors"):
    """The caller's own second factors."""


class TotpSetup(Message):
    """What the authenticator application is given: `uri` as a QR code, or `secret` typed in."""

    secret: str = Field(repr=False)
    uri: str = Field(repr=False)


class StartTotp(Request[TotpSetup], rpc="identity.start_totp"):
    """Begin to set up an application; within 15 minutes the same session is given the same secret again."""


class FactorAdded(Message):
    """`recovery_codes` are shown once, with the first factor only; the session was given a new secret."""

    recovery_codes: list[str] = Field([], repr=False)
    signed_in: SignedIn
    sessions_ended: int = 0


class ConfirmTotp(Request[FactorAdded], rpc="identity.confirm_totp"):
    """Show that the application makes the right codes; it is in force from now on, in the place of an earlier one.

    Errors second_factor_wrong, set_up_expired.
    """

    code: Code = Field(repr=False)


class RemoveTotp(Request[Done], rpc="identity.remove_totp"):
    """Take the application away. Errors not_found, second_factor_required."""


class RecoveryCodes(Message):
    codes: list[str] = Field(repr=False)


class RenewRecoveryCodes(Request[RecoveryCodes], rpc="identity.renew_recovery_codes"):
    """Ten new codes in the place of all earlier ones; shown once. Error no_second_factor."""


class KeyCeremony(Message):
    """What `navigator.credentials.create()` or `.get()` is given, in its JSON form."""

    options: dict[str, Any]
    origin: str  # the only address at which the ceremony works


class StartSecurityKey(Request[KeyCeremony], rpc="identity.start_security_key"):
    """Begin to register a key. Error too_many_keys."""


class AddSecurityKey(Request[FactorAdded], rpc="identity.add_security_key"):
    """Register the key that answered. Errors key_refused, required."""

    name: KeyName
    credential: Credential = Field(repr=False)


class RemoveSecurityKey(Request[Done], rpc="identity.remove_security_key"):
    """Take a key away. Errors not_found, second_factor_required."""

    key_id: UUID


class ChallengeKeys(Request[KeyCeremony], rpc="identity.challenge_keys"):
    """A challenge for the caller's keys, good once, for five minutes and for this session. Error not_found."""


class WayByProvider(Message):
    """A provider at which the caller can sign in once more to confirm."""

    provider: str
    lv: str
    en: str


class WaysToConfirm(Message):
    """How the caller can prove that it is them, strongest first; both lists empty: only by signing in anew."""

    ways: list[Way]
    providers: list[WayByProvider] = []
    assurance: Assurance = "low"  # of the session now
    gate: SecondFactorGate | None
    stepped_up_at: Moment | None


class ListWaysToConfirm(Request[WaysToConfirm], rpc="identity.list_ways_to_confirm"):
    """The ways the caller's account has."""


class GiveSecondFactor(Request[SignedIn], rpc="identity.give_second_factor"):
    """Complete a sign-in that waits for its second factor; the session gets its rights and a new secret.

    Exactly one of the fields. Errors second_factor_wrong, session_ended.
    """

    code: Code | None = Field(None, repr=False)
    recovery_code: Code | None = Field(None, repr=False)
    credential: Credential | None = Field(None, repr=False)


class ConfirmIdentity(Request[SignedIn], rpc="identity.confirm_identity", timeout=10.0):
    """Prove anew that it is really the person (step-up): the session gets a new secret and is fresh again.

    Exactly one of the fields, of a way the account has. Errors password_wrong, second_factor_wrong, way_not_open.
    """

    password: Annotated[str, StringConstraints(max_length=1024)] | None = Field(None, repr=False)
    code: Code | None = Field(None, repr=False)
    recovery_code: Code | None = Field(None, repr=False)
    credential: Credential | None = Field(None, repr=False)


class ResetSecondFactor(Request[SessionsEnded], rpc="identity.reset_second_factor"):
    """Take away every second factor of somebody who lost theirs, after seeing who they are; they are told by e-mail.

    Errors not_found, not_yourself, no_second_factor.
    """

    user_id: UUID
    reason: ResetReason
    note: Line  # how the person was identified


class RequireSecondFactor(Request[Done], rpc="identity.require_second_factor"):
    """Demand a second factor of one person (or demand it no more); without one they set it up at the next sign-in.

    Errors not_found.
    """

    user_id: UUID
    required: bool

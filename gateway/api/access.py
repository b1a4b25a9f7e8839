"""/api/v1: one-time links, passwords and the user name; closing one's access; what staff demand and send."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from flask import Blueprint, request
from pydantic import Field

from chassis.access import fresh, public, role, signed_in
from gateway import session as sessions
from gateway.api._frame import Body, api
from gateway.api.session import NewSession, new_session
from gateway.bus import call, call_json
from gateway.ratelimit import limiter
from gateway.settings import settings
from gateway.work import current
from services.identity.messages import (
    ChangeEmail,
    CloseAccess,
    ConfirmEmail,
    DemandPasswordChange,
    EmailConfirmed,
    GetPasswordRules,
    JudgePassword,
    LinkToken,
    LinkView,
    LookAtLink,
    PasswordRules,
    PasswordStrength,
    RequestLink,
    SendEmailProof,
    SendLink,
    SessionsEnded,
    TradeCode,
    UseLink,
)

bp = Blueprint("api_access", __name__)

KEEPS_CLIENTS = role("customer_service", "administrator")
PASSWORD: dict[str, Any] = {"format": "password"}


class LinkWish(Body):
    """Who wants a link, and what for: to come in again, or to close an access others know."""

    email: str = Field(min_length=3, max_length=254)
    audience: Literal["customer", "staff"] = "customer"
    about: Literal["access", "compromise"] = "access"


class HeldLink(Body):
    """The secret from the link's address: what stands behind `t=`."""

    token: str = Field(min_length=20, max_length=100)


class TypedCode(Body):
    email: str = Field(min_length=3, max_length=254)
    code: str = Field(min_length=1, max_length=40)


class LinkUse(HeldLink):
    """`new_password` is needed where the link's `sets_password` says so."""

    new_password: str | None = Field(None, min_length=1, max_length=1024, json_schema_extra=PASSWORD)


class TypedPassword(Body):
    password: str = Field(max_length=1024, json_schema_extra=PASSWORD)
    token: str | None = Field(None, min_length=20, max_length=100, description="Secret of the link it is chosen by")


class NewEmail(Body):
    email: str = Field(min_length=3, max_length=254)
    password: str = Field("", max_length=1024, json_schema_extra=PASSWORD, description="For whoever has one")


class Closing(Body):
    """With the secret of a link sent for it, or by whoever is signed in."""

    token: str | None = Field(None, min_length=20, max_length=100)
    note: str = Field("", max_length=200)


class StaffNote(Body):
    note: str | None = Field(None, max_length=200)


def _limit() -> None:
    limiter.check(f"link:{current().address}", settings().sign_in_per_minute)


@api(bp, "POST", "/links", allow=public, body=LinkWish, reply=None, status=204, tag="Access",
     summary="Ask for a one-time link by e-mail", errors=("identity.email_malformed",))
def ask_for_link(body: LinkWish) -> None:
    """The answer, and the time it takes, is the same whether such a user exists or not."""
    _limit()
    call(RequestLink(email=body.email, audience=body.audience, about=body.about, address=current().address))


@api(bp, "POST", "/links/look", allow=public, body=HeldLink, reply=LinkView, tag="Access",
     summary="What a link is for and whether it works")
def look_at_link(body: HeldLink) -> bytes:
    """Looking never uses a link up."""
    _limit()
    return call_json(LookAtLink(token=body.token))


@api(bp, "POST", "/links/code", allow=public, body=TypedCode, reply=LinkToken, tag="Access",
     summary="Trade the code from the e-mail for the link's secret", errors=("identity.code_wrong",))
def trade_code(body: TypedCode) -> LinkToken:
    """Five guesses a link; after that only the link itself works."""
    _limit()
    return call(TradeCode(email=body.email, code=body.code, address=current().address))


@api(bp, "POST", "/links/use", allow=public, body=LinkUse, reply=NewSession, status=201, tag="Access",
     summary="Activate the account or set a new password by a link", errors=("identity.link_dead",))
def use_link(body: LinkUse) -> NewSession:
    """Opens a session; all other sessions of the user end, and a lock after wrong passwords is lifted."""
    _limit()
    return new_session(call(UseLink(
        token=body.token, new_password=body.new_password, address=current().address,
        user_agent=request.headers.get("User-Agent", "")[:2000],
    )))


@api(bp, "POST", "/links/confirm-email", allow=public, body=HeldLink, reply=EmailConfirmed, tag="Access",
     summary="Confirm a new e-mail by the link sent to it", errors=("identity.link_dead", "identity.email_taken"))
def confirm_email(body: HeldLink) -> EmailConfirmed:
    _limit()
    return call(ConfirmEmail(token=body.token))


@api(bp, "GET", "/password/rules", allow=public, reply=PasswordRules, tag="Access", summary="What a password must be")
def password_rules() -> bytes:
    return call_json(GetPasswordRules())


@api(bp, "POST", "/password/strength", allow=public, pending=True, body=TypedPassword, reply=PasswordStrength,
     tag="Access", summary="How strong a password would be")
def password_strength(body: TypedPassword) -> PasswordStrength:
    """Judged for the person signed in, or for the holder of the link; kept nowhere."""
    limiter.check(f"strength:{current().address}", settings().strength_per_minute)
    return call(JudgePassword(password=body.password, token=body.token))


@api(bp, "POST", "/profile/email", allow=fresh(signed_in), body=NewEmail, reply=None, status=204, tag="Profile",
     summary="Change my e-mail, the user name",
     errors=("identity.password_wrong", "identity.email_malformed", "identity.email_same"))
def change_email(body: NewEmail) -> None:
    """A link goes to the new address and a notice to the old one; nothing changes until the link is used."""
    call(ChangeEmail(email=body.email, password=body.password))


@api(bp, "POST", "/profile/email/proof", allow=signed_in, reply=None, status=204, tag="Profile",
     summary="Send the link again that confirms my e-mail", errors=("identity.email_proven", "too_many"))
def send_email_proof() -> None:
    """Of an address typed at a first unified login. `POST /links/confirm-email` in the same session confirms it."""
    call(SendEmailProof())


@api(bp, "POST", "/access/close", allow=public, pending=True, body=Closing, reply=SessionsEnded, tag="Access",
     summary="My access is compromised: end all sessions and the password at once",
     errors=("identity.link_dead", "unauthenticated"))
def close_access(body: Closing) -> SessionsEnded:
    """Staff are told; a link to choose a new password follows by e-mail."""
    _limit()
    work = current()
    ended = call(CloseAccess(token=body.token, note=body.note, address=work.address))
    if work.entry is not None and body.token is None:
        sessions.cache.drop(work.entry.claims.session_id)
    return ended


@api(bp, "POST", "/staff/users/<uuid:user_id>/link", allow=KEEPS_CLIENTS, body=StaffNote, reply=None, status=204,
     tag="Staff: users", summary="Send the user a new link", errors=("identity.wrong_access_state",))
def send_link(user_id: UUID, body: StaffNote) -> None:
    call(SendLink(user_id=user_id, note=body.note))


@api(bp, "POST", "/staff/users/<uuid:user_id>/password-change", allow=KEEPS_CLIENTS, body=StaffNote, reply=None,
     status=204, tag="Staff: users", summary="Demand that the user change the password",
     errors=("identity.no_password",))
def demand_password_change(user_id: UUID, body: StaffNote) -> None:
    call(DemandPasswordChange(user_id=user_id, note=body.note))

"""Unified login: to the provider, back from it, and what a first login still needs (S0-12, S1-64, S2-04, S3-14..16).

The gateway carries the browser and the cookie; whether an answer proves anything is identity's to say.
"""

from __future__ import annotations

from typing import Any, Literal, cast
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from pydantic import BaseModel, Field, ValidationError

from chassis.access import public
from chassis.errors import PortalError
from gateway import logins, proofs, session
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.pages import _joining
from gateway.ratelimit import limiter
from gateway.routing import page
from gateway.security import safe_next
from gateway.settings import settings
from gateway.views import go, render
from gateway.work import Work, current
from services.identity.messages import (
    CompleteLogin,
    FinishLogin,
    GetLoginTicket,
    SignedIn,
    SignOut,
    StartLogin,
)

bp = Blueprint("external", __name__)

REFUSED = "identity.login_refused"
# What the page of refusals may say; anything else in its address says the general sentence.
SAID = frozenset({
    "identity.login_cancelled", "identity.login_expired", "identity.login_unsolicited", "identity.login_too_weak",
    "identity.login_unknown_person", "identity.login_no_match", "identity.login_no_contract", "identity.user_blocked",
    "identity.login_registration_refused", "identity.login_not_activated", "identity.provider_unavailable",
    "identity.login_other_person", "identity.login_not_anew", "unavailable", "deadline",
})
# What leads on from a refusal, the likeliest first; signing in again is there after every one of them.
_WAYS = {
    "identity.login_unknown_person": ("application", "contract"),
    "identity.login_no_match": ("contract", "application"),
    # A contract number leads nowhere without a contract in force.
    "identity.login_no_contract": ("application",),
    "identity.login_registration_refused": ("contract", "application"),
    "identity.login_not_activated": ("link",),
    "identity.user_blocked": (),
}


def _agent() -> str:
    return request.headers.get("User-Agent", "")[:2000]


def _limit(work: Work) -> None:
    limiter.check(f"sign-in:{work.address}", settings().sign_in_per_minute)


def _refuse(code: str, provider: str) -> Response:
    """Lead to the page that says why: an answer's own address holds a code that must not stay in the history."""
    return go(url_for("external.refused", code=code.removeprefix("identity."), provider=provider[:40]))


def begin(
    provider: str,
    purpose: Literal["sign_in", "link", "confirm"],
    target: str,
    issuer: str | None = None,
    kept: str = "",
) -> Response:
    """Send the browser to a provider; the way for signing in, for linking and for confirming."""
    work = current()
    _limit(work)
    try:
        started = call(StartLogin(provider=provider, browser=logins.browser_secret(work), purpose=purpose,
                                  target=target, issuer=issuer, kept=kept or None))
    except ValidationError as error:
        raise PortalError("not_found") from error
    except PortalError as error:
        if error.code in SAID:
            return _refuse(error.code, provider)
        raise
    return cast(Response, redirect(started.url, 303))


@page(bp, "/sign-in/with/<provider>", allow=public)
def start(provider: str) -> Response:
    return begin(provider, "sign_in", safe_next(request.args.get("next"), "/"))


@page(bp, "/sign-in/from/<provider>", methods=["GET", "POST"], allow=public, csrf=False)
def from_site(provider: str) -> Response:
    """A bank's site sends somebody here (initiate_login_uri): begin a login of our own, whatever it says of them."""
    issuer = request.values.get("iss", "")[:200]
    return begin(provider, "sign_in", _own_path(request.values.get("target_link_uri")), issuer)


def _own_path(address: str | None) -> str:
    parts = urlsplit(address or "")
    if f"{parts.scheme}://{parts.netloc}" != settings().origin:
        return safe_next(address, "/")
    return safe_next(parts.path + (f"?{parts.query}" if parts.query else ""), "/")


@page(bp, "/sign-in/callback/<provider>", methods=["GET", "POST"], allow=public, csrf=False)
def callback(provider: str) -> Response:
    """Take what the browser brings back. The state in it and the cookie are its token."""
    work = current()
    _limit(work)
    brought = request.form if request.method == "POST" else request.args
    if any(len(values) > 1 for _name, values in brought.lists()):
        return _refuse(REFUSED, provider)
    try:
        found = call(FinishLogin(
            provider=provider, browser=logins.browser_secret(work), parameters=brought.to_dict(), address=work.address,
            user_agent=_agent(),
        ))
    except ValidationError:
        return _refuse(REFUSED, provider)
    except PortalError as error:
        return _refuse(error.code if error.code in SAID else REFUSED, provider)
    if found.outcome == "confirmed" and found.signed_in is not None:
        return _confirmed(work, found.signed_in, found.target, found.kept)
    if found.signed_in is not None:
        return _enter(work, found.signed_in, found.target)
    if found.outcome == "link":
        return go(url_for("logins.confirm", ticket=found.ticket))
    return go(url_for("external.first", ticket=found.ticket))


def _confirmed(work: Work, signed_in: SignedIn, target: str, kept: str | None) -> Response:
    """Go on with the session as it was, now fresh: what was typed is sent on."""
    session.keep(work, signed_in.secret, signed_in.session, session.CUSTOMER)
    logins.browser_secret(work, fresh=True)
    typed = proofs.kept_typed(kept) if kept else None
    if typed is not None:
        return render("pages/signin/confirmed.html", action=typed[0], fields=typed[1])
    if kept:
        return go(safe_next(target, "/"), _("It took too long. Please fill in the form once more."), "warning")
    return go(safe_next(target, "/"))


def _enter(work: Work, signed_in: SignedIn, target: str, message: str | None = None) -> Response:
    """Begin the session; one that was open in this browser ends, and the login's cookie is worth nothing any more."""
    if work.entry is not None:
        call(SignOut())
    session.keep(work, signed_in.secret, signed_in.session, session.CUSTOMER)
    logins.browser_secret(work, fresh=True)
    if "contract_no" in _joining.remembered():
        _joining.remember(contract_no=None)
    target = safe_next(target, "/")
    if signed_in.must_accept_terms:
        return go(url_for("signin.accept_terms", next=target), message)
    return go(target, message)


class _Email(BaseModel):
    email: str = Field(min_length=1, max_length=254)


@page(bp, "/sign-in/first/<uuid:ticket>", methods=["GET", "POST"], allow=public)
def first(ticket: UUID) -> Response:
    """A first login asks for an e-mail; an entry from a provider's site asks whether it is meant."""
    work = current()
    browser = logins.browser_secret(work)
    try:
        shown = call(GetLoginTicket(ticket=ticket, browser=browser))
    except PortalError as error:
        if error.code in SAID:
            return _refuse(error.code, "")
        raise
    if shown.waits_for == "link":
        return go(url_for("logins.confirm", ticket=ticket))
    form = Form.of_request({"email": shown.email or ""})
    if form.submitted:
        _limit(work)
        try:
            typed = form.read(_Email) if shown.waits_for == "email" else None
            signed_in = call(CompleteLogin(
                ticket=ticket, browser=browser, email=typed.email if typed else None,
                language=cast(Any, work.language), address=work.address, user_agent=_agent(),
            ))
        except PortalError as error:
            if error.code in SAID:
                return _refuse(error.code, shown.provider)
            if error.status not in (409, 422):
                raise
            form.refuse(error)
        else:
            made = _("Your account is ready.") if shown.waits_for == "email" else None
            return _enter(work, signed_in, shown.target, made)
    return render("pages/signin/first.html", form.status, form=form, ticket=shown)


@page(bp, "/sign-in/refused", allow=public)
def refused() -> Response:
    code = request.args.get("code", "")
    code = next((known for known in SAID if known.removeprefix("identity.") == code), REFUSED)
    provider = request.args.get("provider", "")
    error = PortalError(code)
    return render(
        "pages/signin/refused.html", sentence=error.sentence(current().language), code=code,
        provider=logins.name_of(provider) if provider else "", ways=_WAYS.get(code, ()),
    )


class _Contract(BaseModel):
    contract_no: str = Field(min_length=1, max_length=60)
    provider: str = Field(min_length=1, max_length=40)


@page(bp, "/register/identified", methods=["GET", "POST"], allow=public)
def register() -> Response:
    """Register with a contract number and an identity that a bank or an eID card proves (S2-04, S2-08)."""
    work = current()
    form = Form.of_request({"contract_no": _joining.remembered().get("contract_no")})
    if form.submitted:
        _limit(work)
        with form.catch():
            typed = form.read(_Contract)
            # For whoever comes back refused: a number is mended, not typed anew.
            _joining.remember(contract_no=typed.contract_no)
            if typed.provider not in {one.provider for one in logins.providers()}:
                raise PortalError("not_a_choice", field="provider")
            started = call(StartLogin(
                provider=typed.provider, browser=logins.browser_secret(work), purpose="register",
                contract_no=typed.contract_no,
            ))
            # A link and not a redirect: the page's own rules let a form lead to the portal only, and a provider may
            # lead on to others whom nobody could list.
            return render("pages/signin/onward.html", url=started.url, provider=logins.name_of(typed.provider))
    return render("pages/signin/register.html", form.status, form=form, providers=logins.providers())

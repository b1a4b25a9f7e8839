"""Signing in and out, and accepting the terms of use; customers and staff are different audiences with own cookies."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request, url_for
from pydantic import BaseModel, Field

from chassis.access import public, signed_in
from chassis.errors import PortalError
from gateway import logins, portal_state, refusals, session
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.routing import choose_language, page
from gateway.security import safe_next
from gateway.views import go, render, tell
from gateway.work import current
from services.identity.messages import AcceptTerms, GetTerms, SignedIn, SignOut

bp = Blueprint("signin", __name__)


# Where nobody wants to be after signing in.
_NOT_HOME = (
    "/sign-in", "/staff/sign-in", "/sign-out", "/staff/sign-out", "/sign-in/second", "/staff/sign-in/second",
)  # fmt: skip


class _Typed(BaseModel):
    email: str = Field(min_length=1, max_length=254)
    password: str = Field(min_length=1, max_length=1024)


@page(bp, "/sign-in", methods=["GET", "POST"], allow=public)
def sign_in() -> Response:
    return _sign_in(session.CUSTOMER, "/")


@page(bp, "/staff/sign-in", methods=["GET", "POST"], allow=public)
def staff_sign_in() -> Response:
    return _sign_in(session.STAFF, "/staff")


def _sign_in(audience: str, home: str) -> Response:
    work = current()
    target = safe_next(request.values.get("next"), home)
    if target.partition("?")[0] in _NOT_HOME:
        target = home
    if work.entry is not None and request.method == "GET":
        return go(_second(audience, target) if work.entry.claims.gate else target)
    form = Form.of_request()
    if form.submitted:
        try:
            typed = form.read(_Typed)
            found = refusals.sign_in(typed.email, typed.password, audience)
        except PortalError as error:
            if error.status not in (401, 403, 422):
                raise
            form.refuse(error)
        else:
            return entered(found, audience, target)
    offered = logins.providers() if audience == session.CUSTOMER else []
    return render("pages/signin/sign_in.html", form.status, form=form, target=target, audience=audience,
                  providers=offered, registration=portal_state.registration())


def _second(audience: str, target: str) -> str:
    return url_for("second_factor.staff" if audience == session.STAFF else "second_factor.customer", next=target)


def entered(found: SignedIn, audience: str, target: str, message: Callable[[], str] | None = None) -> Response:
    """Keep a session that was opened and lead to what comes first: second factor, terms, new password, `target`.

    `message` is said in the language of the account, as the next page is.
    """
    session.keep(current(), found.secret, found.session, audience)
    choose_language(current())
    if message:
        tell(message())
    if found.gate:
        return go(_second(audience, target))
    if found.must_accept_terms:
        accept = "signin.staff_accept_terms" if audience == session.STAFF else "signin.accept_terms"
        return go(url_for(accept, next=target))
    if found.remind_password and not found.session.claims.must_change_password:
        change = url_for("staff_account.password" if audience == session.STAFF else "profile.password")
        advice = _("Your password has not been changed for a long time. Please choose a new one.")
        return go(change, advice, "info")
    return go(target)


@page(bp, "/sign-out", methods=["POST"], allow=public, pending=True)
def sign_out() -> Response:
    return _sign_out(session.CUSTOMER, "/")


@page(bp, "/staff/sign-out", methods=["POST"], allow=public, pending=True)
def staff_sign_out() -> Response:
    return _sign_out(session.STAFF, "/staff/sign-in")


def _sign_out(audience: str, home: str) -> Response:
    work = current()
    if work.entry is not None:
        call(SignOut())
    session.end(work, audience)
    return go(home, _("You have signed out."))


@page(bp, "/terms/accept", methods=["GET", "POST"], allow=signed_in, pending=True)
def accept_terms() -> Response:
    return _accept_terms(session.CUSTOMER, "/")


@page(bp, "/staff/terms/accept", methods=["GET", "POST"], allow=signed_in, pending=True)
def staff_accept_terms() -> Response:
    return _accept_terms(session.STAFF, "/staff")


def _accept_terms(audience: str, home: str) -> Response:
    work = current()
    target = safe_next(request.values.get("next"), home)
    wanted = work.entry.claims.terms_to_accept if work.entry is not None else None
    if wanted is None:
        return go(target)
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            if form.text("agree") != "1":
                raise PortalError("required", field="agree")
            found = call(AcceptTerms(terms_id=wanted, address=work.address))
            session.keep(work, found.secret, found.session, audience)
            return go(target, _("Thank you. You have accepted the terms of use."))
    terms = call(GetTerms(terms_id=wanted))
    return render("pages/signin/accept_terms.html", form.status, form=form, terms=terms, target=target)

"""Completing a sign-in with the second factor."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from chassis.access import half_open
from gateway import proofs, session
from gateway.bus import call
from gateway.forms import Form
from gateway.ratelimit import limiter
from gateway.routing import page
from gateway.security import safe_next
from gateway.settings import settings
from gateway.views import go, render
from gateway.work import current
from services.identity.messages import GiveSecondFactor, ListWaysToConfirm

bp = Blueprint("second_factor", __name__)


@page(bp, "/sign-in/second", methods=["GET", "POST"], allow=half_open)
def customer() -> Response:
    return _give(session.CUSTOMER, "/")


@page(bp, "/staff/sign-in/second", methods=["GET", "POST"], allow=half_open)
def staff() -> Response:
    return _give(session.STAFF, "/staff")


def _give(audience: str, home: str) -> Response:
    work = current()
    target = safe_next(request.values.get("next"), home)
    if work.entry is not None and work.entry.claims.gate == "enrol":
        area = "staff_security" if audience == session.STAFF else "security"
        return render("pages/signin/set_up.html", area=area, target=target)
    form = Form.of_request()
    if form.submitted:
        limiter.check(f"sign-in:{work.address}", settings().sign_in_per_minute)
        with form.catch():
            found = call(GiveSecondFactor.model_validate(proofs.proof_of(form)))
            session.keep(work, found.secret, found.session, audience)
            return go(after_sign_in(audience, target) if found.must_accept_terms else target)
    return proofs.proof_page("pages/signin/second_factor.html", form, call(ListWaysToConfirm()), target=target)


def after_sign_in(audience: str, target: str) -> str:
    """Return where the terms are accepted, leading on to `target`."""
    accept = "signin.staff_accept_terms" if audience == session.STAFF else "signin.accept_terms"
    return url_for(accept, next=target)

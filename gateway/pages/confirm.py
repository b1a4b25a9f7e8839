"""Confirming that it is really you (step-up), before what is weighty; then on with what was being done."""

from __future__ import annotations

from flask import Blueprint, Response, request

from chassis.access import LEVELS, any_staff, customer
from gateway import logins, proofs, session
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.pages.external import begin
from gateway.ratelimit import limiter
from gateway.routing import page
from gateway.security import safe_next
from gateway.settings import settings
from gateway.views import go, render
from gateway.work import current
from services.identity.messages import ConfirmIdentity, ListWaysToConfirm

bp = Blueprint("confirm", __name__)


@page(bp, "/confirm", methods=["GET", "POST"], allow=customer)
def of_customer() -> Response:
    return _confirm(session.CUSTOMER, "/")


@page(bp, "/staff/confirm", methods=["GET", "POST"], allow=any_staff)
def of_staff() -> Response:
    return _confirm(session.STAFF, "/staff")


@page(bp, "/confirm/with/<provider>", methods=["GET", "POST"], allow=customer)
def at_provider(provider: str) -> Response:
    """Confirm by signing in once more at one's provider; what was typed waits with the login, sealed."""
    target = safe_next(request.values.get("next"), "/")
    kept = request.form.get("kept", "")
    if request.method == "GET":
        return begin(provider, "confirm", target)
    # A link and not a redirect: the page's own rules let a form lead to the portal only.
    url = begin(provider, "confirm", target, kept=kept).headers["Location"]
    return render("pages/signin/confirm_onward.html", url=url, name=logins.name_of(provider))


def _confirm(audience: str, home: str) -> Response:
    work = current()
    target = safe_next(request.values.get("next"), home)
    level = request.values.get("level", "")
    level = level if level in LEVELS else ""
    kept = request.form.get("kept", "")
    form = Form.of_request()
    if form.submitted:
        limiter.check(f"sign-in:{work.address}", settings().sign_in_per_minute)
        with form.catch():
            typed = proofs.kept_typed(kept) if kept else None
            found = call(ConfirmIdentity.model_validate(proofs.proof_of(form)))
            session.keep(work, found.secret, found.session, audience)
            if typed is not None:
                path, fields = typed
                return render("pages/signin/confirmed.html", action=path, fields=fields)
            if kept:
                return go(target, _("It took too long. Please fill in the form once more."), "warning")
            return go(target)
    ways = call(ListWaysToConfirm())
    return proofs.proof_page(
        "pages/signin/confirm.html", form, ways, action=request.path, target=target, kept=kept, level=level
    )

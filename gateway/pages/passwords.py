"""The strength of a password while it is typed, judged by the service; the page works without it."""

from __future__ import annotations

from flask import Blueprint, Response

from chassis.access import public
from chassis.errors import PortalError
from gateway.bus import call
from gateway.forms import Form
from gateway.ratelimit import limiter
from gateway.routing import page
from gateway.settings import settings
from gateway.views import render
from gateway.work import current
from services.identity.messages import GetPasswordRules, JudgePassword, PasswordRules, PasswordStrength

bp = Blueprint("passwords", __name__)
# The settings' own defaults, shown while identity is away; it checks by its own numbers anyway.
USUAL = PasswordRules(shortest=8, longest=128, letter=True, digit=True, remind_days=90, enforced=False)


def rules() -> PasswordRules:
    """Return what a password must be."""
    try:
        return call(GetPasswordRules())
    except PortalError:
        return USUAL


def judged(form: Form, token: str | None = None) -> PasswordStrength | None:
    """Return how strong the new password typed into a form is; None without one, or while nobody can tell."""
    typed = str(form.values.get("new_password") or "")[:1024]
    if not typed:
        return None
    try:
        return call(JudgePassword(password=typed, token=token or None))
    except (PortalError, ValueError):
        return None


@page(bp, "/password/strength", methods=["POST"], allow=public, pending=True)
def strength() -> Response:
    """Answer with the part of the page that shows the strength, in the page's language."""
    limiter.check(f"strength:{current().address}", settings().strength_per_minute)
    form = Form.of_request()
    return render("components/strength.html", strength=judged(form, form.text("token")))

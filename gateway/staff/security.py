"""A staff member's own second factors, and those of others: reset after a loss, demanded of somebody."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import any_of, any_staff, fresh, half_open, role
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.pages import security
from gateway.routing import page
from gateway.views import confirm_page, go, render
from services.identity.messages import GetUser, RequireSecondFactor, ResetSecondFactor

bp = Blueprint("staff_security", __name__)

ENROLS = any_of(half_open, fresh(any_staff))
RESETS = fresh(role("administrator"))


@page(bp, "/staff/security", allow=any_staff)
def show() -> Response:
    return security.overview("staff_security", "/staff")


@page(bp, "/staff/security/app", methods=["GET", "POST"], allow=ENROLS)
def app() -> Response:
    return security.set_up_app("staff_security")


@page(bp, "/staff/security/app/remove", methods=["GET", "POST"], allow=fresh(any_staff))
def remove_app() -> Response:
    return security.take_app("staff_security")


@page(bp, "/staff/security/keys/new", methods=["GET", "POST"], allow=ENROLS)
def key() -> Response:
    return security.set_up_key("staff_security")


@page(bp, "/staff/security/keys/<uuid:key_id>/remove", methods=["GET", "POST"], allow=fresh(any_staff))
def remove_key(key_id: UUID) -> Response:
    return security.take_key("staff_security", key_id)


@page(bp, "/staff/security/recovery-codes", methods=["GET", "POST"], allow=fresh(any_staff))
def recovery_codes() -> Response:
    return security.renew_codes("staff_security")


@page(bp, "/staff/users/<uuid:user_id>/second-factor/reset", methods=["GET", "POST"], allow=RESETS)
def reset(user_id: UUID) -> Response:
    user = call(GetUser(user_id=user_id))
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            call(form.read(ResetSecondFactor, user_id=user_id))
            message = _("%(name)s has no second factor any more and is told so.", name=user.profile.name)
            return go(url_for("staff_users.show", user_id=user_id), message)
    return render("staff/users/reset_factor.html", form.status, form=form, user=user)


@page(bp, "/staff/users/<uuid:user_id>/second-factor/require", methods=["GET", "POST"], allow=RESETS)
def require(user_id: UUID) -> Response:
    user = call(GetUser(user_id=user_id))
    home = url_for("staff_users.show", user_id=user_id)
    form = Form.of_request()
    wanted = not user.second_factor_required
    if form.submitted:
        with form.catch():
            call(RequireSecondFactor(user_id=user_id, required=wanted))
            return go(home, _("The second factor is now obligatory.") if wanted
                      else _("The second factor is now voluntary."))  # fmt: skip
    name = user.profile.name
    if wanted:
        return confirm_page(
            _("Demand a second factor of %(name)s?", name=name),
            [_("Without one the person is signed out and sets it up at the next sign-in.")],
            button=_("Demand"), cancel=home, form=form,
        )  # fmt: skip
    return confirm_page(
        _("No longer demand a second factor of %(name)s?", name=name),
        [_("Factors that are set up stay, and are asked for at sign-in.")],
        button=_("No longer demand"), cancel=home, form=form,
    )  # fmt: skip

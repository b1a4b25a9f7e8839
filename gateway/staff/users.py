"""Users in the staff console: found, looked at, blocked and unblocked with a reason."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import role
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.staff.access import ended_sessions
from gateway.views import go, render
from services.identity.messages import BlockUser, DemandPasswordChange, GetUser, ListUsers, SendLink, UnblockUser

bp = Blueprint("staff_users", __name__)

SEES_USERS = role("customer_service", "administrator", "auditor")
KEEPS_USERS = role("customer_service", "administrator")


@page(bp, "/staff/users", allow=SEES_USERS, nav=Nav(N_("Users"), "person-badge", 32))
def index() -> Response:
    listing = Listing.of_request(ListUsers, filters=("kind", "status", "reported"))
    return render("staff/users/index.html", listing=listing, page=call(listing.request))


@page(bp, "/staff/users/<uuid:user_id>", allow=SEES_USERS)
def show(user_id: UUID) -> Response:
    return render("staff/users/show.html", user=call(GetUser(user_id=user_id)))


@page(bp, "/staff/users/<uuid:user_id>/block", methods=["GET", "POST"], allow=KEEPS_USERS)
def block(user_id: UUID) -> Response:
    user = call(GetUser(user_id=user_id))
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            ended = call(form.read(BlockUser, user_id=user_id))
            message = _("%(name)s is blocked.", name=user.profile.name) + ended_sessions(ended.count)
            return go(url_for("staff_users.show", user_id=user_id), message)
    return render("staff/users/block.html", form.status, form=form, user=user)


@page(bp, "/staff/users/<uuid:user_id>/send-link", methods=["GET", "POST"], allow=KEEPS_USERS)
def send_link(user_id: UUID) -> Response:
    user = call(GetUser(user_id=user_id))
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            call(form.read(SendLink, user_id=user_id))
            return go(
                url_for("staff_users.show", user_id=user_id),
                _("A link is on its way to %(email)s.", email=user.profile.email),
            )
    return render("staff/users/send_link.html", form.status, form=form, user=user)


@page(bp, "/staff/users/<uuid:user_id>/demand-password", methods=["GET", "POST"], allow=KEEPS_USERS)
def demand_password(user_id: UUID) -> Response:
    user = call(GetUser(user_id=user_id))
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            call(form.read(DemandPasswordChange, user_id=user_id))
            return go(
                url_for("staff_users.show", user_id=user_id),
                _("%(name)s must now change the password.", name=user.profile.name),
            )
    return render("staff/users/demand_password.html", form.status, form=form, user=user)


@page(bp, "/staff/users/<uuid:user_id>/unblock", methods=["GET", "POST"], allow=KEEPS_USERS)
def unblock(user_id: UUID) -> Response:
    user = call(GetUser(user_id=user_id))
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            call(form.read(UnblockUser, user_id=user_id))
            return go(
                url_for("staff_users.show", user_id=user_id), _("%(name)s may sign in again.", name=user.profile.name)
            )
    return render("staff/users/unblock.html", form.status, form=form, user=user)

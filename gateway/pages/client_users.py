"""Client information → Users: the main user adds people, says what they may do, and ends it (S3-09, S3-11, S3-36)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import fresh, right
from chassis.errors import PortalError
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.pages import _representation as shared
from gateway.routing import page
from gateway.views import go, render
from services.identity.messages import (
    AddRepresentation,
    ChangeRepresentation,
    EndRepresentation,
    ListClientUsers,
    Representation,
)

bp = Blueprint("client_users", __name__)
MANAGES = right("users.manage")


def _held(representation_id: UUID) -> Representation:
    found = (one for one in call(ListClientUsers()).items if one.representation_id == representation_id)
    held = next(found, None)
    if held is None:
        raise PortalError("not_found")
    return held


@page(bp, "/client/users", allow=MANAGES)
def index() -> Response:
    return render("pages/client/users.html", users=call(ListClientUsers()).items)


@page(bp, "/client/users/new", methods=["GET", "POST"], allow=fresh(MANAGES))
def add() -> Response:
    form = Form.of_request(shared.initial(None))
    if form.submitted:
        with form.catch():
            held = call(shared.read(form, AddRepresentation, main=False, role="additional"))
            told = (
                _("%(name)s has been sent a link by e-mail to activate the account.", name=held.user_name)
                if held.user_status == "pending"
                else _("%(name)s may act for the client and has been told by e-mail.", name=held.user_name)
            )
            return go(url_for("client_users.index"), told)
    return render("pages/client/user_new.html", form.status, form=form)


@page(bp, "/client/users/<uuid:representation_id>", methods=["GET", "POST"], allow=fresh(MANAGES))
def edit(representation_id: UUID) -> Response:
    held = _held(representation_id)
    form = Form.of_request(shared.initial(held))
    if form.submitted:
        with form.catch():
            call(shared.read(form, ChangeRepresentation, main=False, representation_id=representation_id))
            return go(url_for("client_users.index"), _("The rights of %(name)s are changed.", name=held.user_name))
    return render("pages/client/user.html", form.status, form=form, held=held, mixed=shared.mixed(held))


@page(bp, "/client/users/<uuid:representation_id>/end", methods=["GET", "POST"], allow=fresh(MANAGES))
def end(representation_id: UUID) -> Response:
    held = _held(representation_id)
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            call(form.read(EndRepresentation, representation_id=representation_id, reason="client_request"))
            told = _("%(name)s no longer acts for this client.", name=held.user_name)
            return go(url_for("client_users.index"), told)
    return render("pages/client/end_representation.html", form.status, form=form, held=held)

"""Staff let people act for a client, naming the ground, and change what they may do (S0-18, S1-05, B-03)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import fresh, role
from chassis.errors import PortalError
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.pages import _representation as shared
from gateway.routing import page
from gateway.views import go, render
from services.identity.messages import AddRepresentation, ChangeRepresentation, GetClient, ListClientUsers

bp = Blueprint("staff_representations", __name__)
KEEPS_CLIENTS = role("customer_service", "administrator")


@page(bp, "/staff/clients/<uuid:client_id>/representations/new", methods=["GET", "POST"], allow=fresh(KEEPS_CLIENTS))
def add(client_id: UUID) -> Response:
    client = call(GetClient(client_id=client_id))
    form = Form.of_request(shared.initial(None))
    if form.submitted:
        with form.catch():
            main = form.text("role") == "main"
            held = call(shared.read(form, AddRepresentation, main=main, client_id=client_id))
            told = _("%(name)s may act for the client and has been told by e-mail.", name=held.user_name)
            return go(url_for("staff_clients.show", client_id=client_id), told)
    return render("staff/clients/representation_new.html", form.status, form=form, client=client)


@page(
    bp, "/staff/clients/<uuid:client_id>/representations/<uuid:representation_id>", methods=["GET", "POST"],
    allow=fresh(KEEPS_CLIENTS),
)  # fmt: skip
def edit(client_id: UUID, representation_id: UUID) -> Response:
    users = call(ListClientUsers(client_id=client_id)).items
    held = next((one for one in users if one.representation_id == representation_id), None)
    if held is None:
        raise PortalError("not_found")
    form = Form.of_request(shared.initial(held))
    if form.submitted:
        with form.catch():
            main = held.role == "main"
            call(shared.read(form, ChangeRepresentation, main=main, representation_id=representation_id))
            told = _("The rights of %(name)s are changed.", name=held.user_name)
            return go(url_for("staff_clients.show", client_id=client_id), told)
    return render("staff/clients/representation.html", form.status, form=form, held=held, mixed=shared.mixed(held))

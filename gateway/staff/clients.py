"""Clients in the staff console: searched, shown with their people, contact data kept."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import any_staff, fresh, role
from chassis.errors import PortalError
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.views import go, render
from services.identity.messages import EndRepresentation, GetClient, ListClients, UpdateClientContacts

bp = Blueprint("staff_clients", __name__)

KEEPS_CLIENTS = role("customer_service", "administrator")
CONTACTS = ("address", "correspondence_address", "email", "invoice_email", "phone")


@page(bp, "/staff/clients", allow=any_staff, nav=Nav(N_("Clients"), "people", 30))
def index() -> Response:
    listing = Listing.of_request(ListClients, sorts=("name", "-name", "created", "-created"), filters=("kind", "stage"))
    return render("staff/clients/index.html", listing=listing, page=call(listing.request))


@page(bp, "/staff/clients/<uuid:client_id>", allow=any_staff)
def show(client_id: UUID) -> Response:
    return render("staff/clients/show.html", client=call(GetClient(client_id=client_id)))


@page(bp, "/staff/clients/<uuid:client_id>/contacts", methods=["GET", "POST"], allow=KEEPS_CLIENTS)
def contacts(client_id: UUID) -> Response:
    client = call(GetClient(client_id=client_id))
    present = {name: getattr(client, name) for name in (*CONTACTS, "language", "version")}
    form = Form.of_request(present)
    if form.submitted:
        with form.catch():
            call(form.read(UpdateClientContacts, client_id=client_id, clearable=CONTACTS))
            return go(url_for("staff_clients.show", client_id=client_id), _("The contact data are saved."))
    return render("staff/clients/contacts.html", form.status, form=form, client=client)


@page(
    bp,
    "/staff/clients/<uuid:client_id>/representations/<uuid:representation_id>/end",
    methods=["GET", "POST"],
    allow=fresh(KEEPS_CLIENTS),
)
def end_representation(client_id: UUID, representation_id: UUID) -> Response:
    client = call(GetClient(client_id=client_id))
    held = next((user for user in client.users if user.representation_id == representation_id), None)
    if held is None:
        raise PortalError("not_found")
    form = Form.of_request()
    home = url_for("staff_clients.show", client_id=client_id)
    if form.submitted:
        with form.catch():
            call(form.read(EndRepresentation, representation_id=representation_id))
            return go(home, _("%(name)s no longer acts for this client.", name=held.user_name))
    return render("staff/clients/end_representation.html", form.status, form=form, client=client, held=held)

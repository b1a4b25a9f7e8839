"""Clients in the staff console: searched, shown with their people, contact data kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import fresh, in_office, role
from chassis.days import riga_today
from chassis.errors import PortalError
from chassis.messages import Request
from gateway.bus import call, gather
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.views import go, render
from gateway.work import current
from services.billing.messages import Balance
from services.identity.messages import (
    EndRepresentation,
    GetClient,
    GetEntitlements,
    ListClients,
    UpdateClientContacts,
    WithdrawClient,
)
from services.metering.messages import ListContracts
from services.permits.messages import GetPermitCounts
from services.requests.messages import CaseQueue

bp = Blueprint("staff_clients", __name__)
# Each part of a client's page gets this long; the others are shown without it.
PART_SECONDS = 2.5

KEEPS_CLIENTS = role("customer_service", "administrator")
CONTACTS = ("address", "correspondence_address", "email", "invoice_email", "phone")


@page(bp, "/staff/clients", allow=in_office, nav=Nav(N_("Clients"), "people", 30))
def index() -> Response:
    listing = Listing.of_request(ListClients, sorts=("name", "-name", "created", "-created"), filters=("kind", "stage"))
    return render("staff/clients/index.html", listing=listing, page=call(listing.request))


@page(bp, "/staff/clients/<uuid:client_id>", allow=in_office)
def show(client_id: UUID) -> Response:
    client = call(GetClient(client_id=client_id))
    return render("staff/clients/show.html", client=client, parts=_parts(client_id))


def _parts(client_id: UUID) -> dict[str, Any]:
    """Ask every service the caller's roles reach what it has for the client, all at once; a part may be away."""
    caller = current().caller
    wanted: dict[str, Request[Any]] = {
        "entitlements": GetEntitlements(client_id=client_id),
        "permits": GetPermitCounts(client_id=client_id),
    }
    if caller.is_staff("accountant", "auditor", "customer_service"):
        wanted["balance"] = Balance(client_id=client_id)
    if caller.is_staff("permit_engineer", "customer_service", "administrator", "auditor"):
        wanted["cases"] = CaseQueue(client_id=client_id, limit=5)
    if caller.is_staff("customer_service", "administrator", "accountant", "auditor"):
        wanted["contracts"] = ListContracts(client_id=client_id, limit=5)
    replies = gather(list(wanted.values()), return_errors=True, timeout=PART_SECONDS)
    return dict(zip(wanted, (None if isinstance(reply, PortalError) else reply for reply in replies), strict=True))


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


@page(bp, "/staff/clients/<uuid:client_id>/withdraw", methods=["GET", "POST"], allow=fresh(KEEPS_CLIENTS))
def withdraw(client_id: UUID) -> Response:
    """Record that a client gave up the portal in writing; everybody's right to act for it ends."""
    form = Form.of_request({"received_on": riga_today().isoformat()})
    if form.submitted:
        with form.catch():
            call(form.read(WithdrawClient, client_id=client_id, confirmed=form.text("confirmed") == "1"))
            home = url_for("staff_clients.show", client_id=client_id)
            return go(home, _("Nobody acts for the client in the portal any more."))
    client = call(GetClient(client_id=client_id))
    held = [user for user in client.users if user.ended_at is None]
    return render("staff/clients/withdraw.html", form.status, form=form, client=client, held=held)

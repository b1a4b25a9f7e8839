"""The register of clients in the staff console: entering a client, changing basic data, confirming what is right."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import role
from chassis.errors import FieldError, PortalError
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.pages._joining import read_all
from gateway.routing import page
from gateway.views import go, render
from services.identity.messages import (
    ChangeClient,
    ConfirmClientData,
    FindSimilarClients,
    GetClient,
    RegisterClient,
    SimilarClient,
)

bp = Blueprint("staff_register", __name__)

KEEPS_CLIENTS = role("customer_service", "administrator")
CLEARABLE = (
    "reg_no", "person_code", "external_ref", "address", "correspondence_address", "email", "invoice_email", "phone",
)  # fmt: skip


@page(bp, "/staff/clients/new", methods=["GET", "POST"], allow=KEEPS_CLIENTS)
def new() -> Response:
    form = Form.of_request({"kind": "legal", "stage": "client", "language": "lv"})
    alike: list[SimilarClient] = []
    if form.submitted:
        with form.catch():
            made = call(read_all(lambda: form.read(RegisterClient), _malformed(form)))
            return go(url_for("staff_clients.show", client_id=made.client_id), _("The client is registered."))
        if form.code == "identity.similar_client":
            alike = call(form.read(FindSimilarClients)).items
    return render("staff/clients/new.html", form.status, form=form, alike=alike)


def _malformed(form: Form) -> Iterator[FieldError]:
    """Name codes and addresses that are none, where something else was left out: seeking similar clients reads them."""
    try:
        call(form.read(FindSimilarClients, name=form.text("name") or "–"))
    except PortalError as error:
        if error.code != "invalid":
            raise
        yield from error.errors


@page(bp, "/staff/clients/<uuid:client_id>/edit", methods=["GET", "POST"], allow=KEEPS_CLIENTS)
def edit(client_id: UUID) -> Response:
    client = call(GetClient(client_id=client_id))
    shown = (*CLEARABLE, "stage", "name", "language", "version")
    form = Form.of_request({name: getattr(client, name) for name in shown})
    if form.submitted:
        with form.catch():
            call(form.read(ChangeClient, client_id=client_id, clearable=CLEARABLE))
            return go(url_for("staff_clients.show", client_id=client_id), _("The data are saved."))
    return render("staff/clients/edit.html", form.status, form=form, client=client)


@page(bp, "/staff/clients/<uuid:client_id>/confirm", methods=["POST"], allow=KEEPS_CLIENTS)
def confirm(client_id: UUID) -> Response:
    form = Form.of_request()
    call(form.read(ConfirmClientData, client_id=client_id))
    return go(url_for("staff_clients.show", client_id=client_id), _("The contact data are confirmed."))

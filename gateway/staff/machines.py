"""Machine clients in the staff console: other systems, what they may read, and their secrets (shown once)."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import fresh, role
from chassis.errors import PortalError
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.settings import settings
from gateway.views import confirm_page, go, render
from services.identity.messages import (
    AddMachineSecret,
    ChangeMachineClient,
    CreateMachineClient,
    GetMachineClient,
    ListMachineClients,
    MachineScope,
    RevokeMachineSecret,
    SetMachineStatus,
)

bp = Blueprint("staff_machines", __name__)
SEES, KEEPS = role("administrator", "auditor"), fresh(role("administrator"))
SCOPES = get_args(MachineScope)


@page(bp, "/staff/machines", allow=SEES, nav=Nav(N_("Machine clients"), "cpu", 92))
def index() -> Response:
    listing = Listing.of_request(ListMachineClients, filters=("status",))
    return render("staff/machines/index.html", listing=listing, page=call(listing.request))


@page(bp, "/staff/machines/new", methods=["GET", "POST"], allow=KEEPS)
def new() -> Response:
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            made = call(form.read(CreateMachineClient))
            return go(_home(made.machine_id), _("The machine client is made. Now give it a secret."))
    return render("staff/machines/edit.html", form.status, form=form, machine=None, scopes=SCOPES)


@page(bp, "/staff/machines/<uuid:machine_id>", allow=SEES)
def show(machine_id: UUID) -> Response:
    machine = call(GetMachineClient(machine_id=machine_id))
    return render("staff/machines/show.html", machine=machine, token_url=f"{settings().public_url}/oauth/token")


@page(bp, "/staff/machines/<uuid:machine_id>/edit", methods=["GET", "POST"], allow=KEEPS)
def edit(machine_id: UUID) -> Response:
    machine = call(GetMachineClient(machine_id=machine_id))
    form = Form.of_request({
        "name": machine.name, "contact": machine.contact, "note": machine.note, "version": machine.version,
        "scopes": machine.scopes,
    })
    if form.submitted:
        with form.catch():
            call(form.read(ChangeMachineClient, machine_id=machine_id, clearable=("note",)))
            return go(_home(machine_id), _("Saved. It holds from now on."))
    return render("staff/machines/edit.html", form.status, form=form, machine=machine, scopes=SCOPES)


@page(bp, "/staff/machines/<uuid:machine_id>/secret", methods=["GET", "POST"], allow=KEEPS)
def secret(machine_id: UUID) -> Response:
    """The secret stands on the answer to the form itself and nowhere else: no address leads to it again."""
    machine = call(GetMachineClient(machine_id=machine_id))
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            made = call(form.read(AddMachineSecret, machine_id=machine_id))
            if made.client_secret is None:
                return go(_home(machine_id), _("This secret was shown already. Make another one if it is lost."),
                          "warning")
            return render("staff/machines/secret.html", machine=machine, made=made)
    once = (
        _("It is shown once. The present secret goes on working until you revoke it.")
        if machine.live_secrets
        else _("It is shown once.")
    )
    return confirm_page(
        _("Make a new secret?"), [machine.name, once],
        button=_("Make a secret"), cancel=_home(machine_id), form=form,
    )


@page(
    bp, "/staff/machines/<uuid:machine_id>/secrets/<uuid:secret_id>/revoke", methods=["GET", "POST"], allow=KEEPS
)
def revoke(machine_id: UUID, secret_id: UUID) -> Response:
    machine = call(GetMachineClient(machine_id=machine_id))
    held = next((one for one in machine.secrets if one.secret_id == secret_id and one.revoked_at is None), None)
    if held is None:
        raise PortalError("not_found")
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            call(RevokeMachineSecret(machine_id=machine_id, secret_id=secret_id))
            return go(_home(machine_id), _("The secret is revoked."))
    return confirm_page(
        _("Revoke the secret …%(hint)s?", hint=held.hint),
        [machine.name, _("Whoever still uses it is refused at once. Check in the list when it was used last.")],
        button=_("Revoke"), cancel=_home(machine_id), form=form, tone="danger",
    )


@page(bp, "/staff/machines/<uuid:machine_id>/status", methods=["GET", "POST"], allow=KEEPS)
def status(machine_id: UUID) -> Response:
    machine = call(GetMachineClient(machine_id=machine_id))
    disable = machine.status == "active"
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            wanted = form.text("wanted")
            call(form.read(SetMachineStatus, machine_id=machine_id, status=wanted))
            done = _("The machine client is disabled.") if wanted == "disabled" else _("The machine client is enabled.")
            return go(_home(machine_id), done)
    fields: dict[str, Any] = {"version": machine.version, "wanted": "disabled" if disable else "active"}
    title = _("Disable the machine client?") if disable else _("Enable the machine client?")
    line = (_("Its tokens end at once and it gets no new ones.") if disable
            else _("Its secrets that were not revoked work again."))
    return confirm_page(
        title, [machine.name, line], button=_("Disable") if disable else _("Enable"), cancel=_home(machine_id),
        form=form, tone="danger" if disable else "primary", fields=fields,
    )


def _home(machine_id: UUID) -> str:
    return url_for("staff_machines.show", machine_id=machine_id)


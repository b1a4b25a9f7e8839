"""How a client settles, in the staff console: seen with its history, changed on a ground (S1-16, S1-22)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import role
from gateway.bus import call, gather
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.routing import page
from gateway.views import go, render
from services.identity.messages import ChangeSettlement, GetClient, GetEntitlements

bp = Blueprint("staff_settlement", __name__)

KEEPS_SETTLEMENT = role("accountant", "customer_service", "administrator")


@page(bp, "/staff/clients/<uuid:client_id>/settlement", methods=["GET", "POST"], allow=KEEPS_SETTLEMENT)
def edit(client_id: UUID) -> Response:
    client, held = gather([GetClient(client_id=client_id), GetEntitlements(client_id=client_id)])
    form = Form.of_request({"settlement": held.settlement, "payer": held.payer or "", "version": held.version})
    if form.submitted:
        with form.catch():
            call(form.read(ChangeSettlement, client_id=client_id))
            return go(url_for("staff_clients.show", client_id=client_id), _("The settlement arrangement is changed."))
    return render("staff/clients/settlement.html", form.status, form=form, client=client, held=held)

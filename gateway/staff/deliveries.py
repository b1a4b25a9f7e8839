"""Messages on their way: what was sent when, what failed and why, sending again."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import role
from gateway.bus import call, gather
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.views import go, render
from services.notifications import messages as m

bp = Blueprint("staff_deliveries", __name__)
READS = role("customer_service", "permit_engineer", "accountant", "administrator", "auditor")


@page(bp, "/staff/deliveries", allow=READS, nav=Nav(N_("Deliveries"), "send", 70))
def index() -> Response:
    listing = Listing.of_request(m.ListDeliveries, filters=("status", "channel", "stuck", "client_id"))
    found, counts = gather([listing.request, m.CountDeliveries()])
    return render("staff/deliveries/index.html", listing=listing, page=found, counts=counts)


@page(bp, "/staff/deliveries/<uuid:delivery_id>", allow=READS)
def show(delivery_id: UUID) -> Response:
    delivery = call(m.GetDelivery(delivery_id=delivery_id))
    form = Form.of_request(initial={"address": delivery.address})
    return render("staff/deliveries/show.html", delivery=delivery, form=form)


@page(bp, "/staff/deliveries/<uuid:delivery_id>/resend", methods=["POST"],
      allow=role("customer_service", "administrator"))  # fmt: skip
def resend(delivery_id: UUID) -> Response:
    form = Form.of_request()
    with form.catch():
        sent = call(form.read(m.Resend, delivery_id=delivery_id))
        return go(url_for("staff_deliveries.show", delivery_id=sent.delivery_id), _("The message is queued again."))
    delivery = call(m.GetDelivery(delivery_id=delivery_id))
    return render("staff/deliveries/show.html", form.status, delivery=delivery, form=form)

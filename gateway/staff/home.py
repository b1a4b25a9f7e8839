"""The staff console's first page: what waits for whom, as far as the roles reach."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from chassis.access import any_staff
from chassis.errors import PortalError
from chassis.messages import Request
from gateway.bus import gather
from gateway.i18n import N_
from gateway.routing import Nav, page
from gateway.views import render
from gateway.work import current
from services.billing.messages import CountBooks
from services.notifications.messages import CountDeliveries
from services.requests.messages import CountQueue

bp = Blueprint("staff_home", __name__)


@page(bp, "/staff", allow=any_staff, nav=Nav(N_("Overview"), "house", 0))
def start() -> Response:
    caller = current().caller
    wanted: dict[str, Request[Any]] = {}
    if caller.is_staff("permit_engineer", "customer_service", "auditor"):
        wanted["queue"] = CountQueue()
    if caller.is_staff("customer_service", "administrator"):
        wanted["deliveries"] = CountDeliveries()
    if caller.is_staff("accountant", "auditor"):
        wanted["books"] = CountBooks()
    replies = gather(list(wanted.values()), return_errors=True, timeout=2.5)
    parts = {
        name: {"away": True} if isinstance(reply, PortalError) else reply
        for name, reply in zip(wanted, replies, strict=True)
    }
    return render("staff/home/start.html", parts=parts)

"""Invoices of all clients."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request

from chassis.access import role
from gateway.bus import call
from gateway.i18n import N_
from gateway.lists import Listing
from gateway.pages import invoices as shared
from gateway.routing import Nav, page
from gateway.views import render
from services.billing.messages import ListInvoices

bp = Blueprint("staff_invoices", __name__)

READERS = role("accountant", "auditor", "customer_service")
BASE = "base_staff.html"


def client_in_address() -> dict[str, Any]:
    """The client a page is narrowed to; an address somebody edited narrows nothing."""
    given = request.args.get("client_id", "")
    try:
        return {"client_id": UUID(given)} if given else {}
    except ValueError:
        return {}


@page(bp, "/staff/invoices", allow=READERS, nav=Nav(N_("Invoices"), "receipt", 40))
def index() -> Response:
    listing = Listing.of_request(ListInvoices, sorts=shared.SORTS, filters=shared.FILTERS, **client_in_address())
    return render(
        "pages/billing/invoices.html", listing=listing, page=call(listing.request), area="staff_invoices", base=BASE
    )


@page(bp, "/staff/invoices/<uuid:invoice_id>", allow=READERS)
def show(invoice_id: UUID) -> Response:
    return shared.show_invoice(invoice_id, "staff_invoices", BASE)


@page(bp, "/staff/invoices/<uuid:invoice_id>.pdf", allow=READERS)
def pdf(invoice_id: UUID) -> Response:
    return shared.pdf_of(invoice_id)

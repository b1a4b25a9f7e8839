"""Invoices as a customer sees them; the staff console shows the same pages over all clients (staff/invoices.py)."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

from flask import Blueprint, Response

from chassis.access import right
from gateway.bus import call, gather
from gateway.i18n import N_
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.views import render
from gateway.work import current
from services.billing.messages import Balance, GetInvoice, InvoicePdf, ListInvoices

bp = Blueprint("invoices", __name__)

SORTS = ("issued", "-issued", "due", "-due", "total", "-total")
FILTERS = ("state", "issued_from", "issued_to")


@page(bp, "/invoices", allow=right("finance.see"), nav=Nav(N_("Invoices"), "receipt", 30))
def index() -> Response:
    listing = Listing.of_request(ListInvoices, sorts=SORTS, filters=FILTERS)
    found, balance = gather([listing.request, Balance()])
    return render(
        "pages/billing/invoices.html", listing=listing, page=found, balance=balance, area="invoices", base="base.html"
    )


@page(bp, "/invoices/<uuid:invoice_id>", allow=right("finance.see"))
def show(invoice_id: UUID) -> Response:
    return show_invoice(invoice_id, "invoices", "base.html")


@page(bp, "/invoices/<uuid:invoice_id>.pdf", allow=right("finance.see"))
def pdf(invoice_id: UUID) -> Response:
    return pdf_of(invoice_id)


# --- shared with the staff console and the API --------------------------------------------------------------------


def show_invoice(invoice_id: UUID, area: str, base: str) -> Response:
    invoice = call(GetInvoice(invoice_id=invoice_id))
    return render("pages/billing/invoice.html", invoice=invoice, area=area, base=base)


def pdf_of(invoice_id: UUID, language: Any = None) -> Response:
    """Return the PDF, put together from the pieces that cross the bus (one, for all but the longest invoices)."""
    asked = InvoicePdf(invoice_id=invoice_id, language=language or current().language)
    piece = call(asked)
    body = base64.b64decode(piece.data)
    while piece.next is not None:
        piece = call(asked.model_copy(update={"offset": piece.next}))
        body += base64.b64decode(piece.data)
    response = Response(body, content_type=piece.media_type)
    response.headers["Content-Disposition"] = f'inline; filename="{piece.name}"'
    return response

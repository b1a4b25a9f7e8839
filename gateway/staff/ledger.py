"""The books: do they balance, and the journal."""

from __future__ import annotations

from flask import Blueprint, Response

from chassis.access import role
from gateway.bus import gather
from gateway.i18n import N_
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.staff.invoices import client_in_address
from gateway.views import render
from services.billing.messages import CheckLedger, ListPostings

bp = Blueprint("staff_ledger", __name__)


@page(bp, "/staff/ledger", allow=role("accountant", "auditor"), nav=Nav(N_("Ledger"), "journal-text", 60))
def index() -> Response:
    listing = Listing.of_request(ListPostings, **client_in_address())
    report, journal = gather([CheckLedger(), listing.request], timeout=15)
    return render("staff/billing/ledger.html", report=report, page=journal, listing=listing)

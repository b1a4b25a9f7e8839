"""Payments of all clients, and the money that fits nothing."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import fresh, role
from chassis.errors import PortalError
from gateway.bus import call, gather
from gateway.formats import eur, number
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.staff.invoices import client_in_address
from gateway.views import confirm_page, go, render
from gateway.work import current
from services.billing.messages import GetPayment, ListPayments, ListSuspense, ReturnSuspense, SuspenseEntry

bp = Blueprint("staff_payments", __name__)

READERS = role("accountant", "auditor", "customer_service")
BASE = "base_staff.html"


@page(bp, "/staff/payments", allow=READERS, nav=Nav(N_("Payments"), "credit-card", 45))
def index() -> Response:
    listing = Listing.of_request(ListPayments, filters=("state",), **client_in_address())
    if current().caller.is_staff("accountant", "auditor"):
        found, suspense = gather([listing.request, ListSuspense()])
    else:
        found, suspense = call(listing.request), None
    return render(
        "pages/billing/payments.html",
        listing=listing,
        page=found,
        suspense=suspense.items if suspense else [],
        area="staff_payments",
        base=BASE,
    )


@page(bp, "/staff/payments/<uuid:payment_id>", allow=READERS)
def show(payment_id: UUID) -> Response:
    payment = call(GetPayment(payment_id=payment_id))
    return render("pages/billing/payment.html", payment=payment, area="staff_payments", base=BASE)


@page(bp, "/staff/suspense/<uuid:suspense_id>/return", methods=["GET", "POST"], allow=fresh(role("accountant")))
def give_back(suspense_id: UUID) -> Response:
    """Ask, then send money that fits nothing back to where it came from."""
    form = Form.of_request()
    target = url_for(".index")
    if form.submitted:
        with form.catch():
            entry = call(form.read(ReturnSuspense, suspense_id=suspense_id))
            return go(target, _("%(amount)s is on its way back.", amount=_amount(entry)))
    entry = _entry(suspense_id)
    return confirm_page(
        _("Return the money?"),
        [
            _("%(amount)s goes back to the account it was paid from.", amount=_amount(entry)),
            _("Bank's reference: %(reference)s", reference=entry.provider_ref),
        ],
        button=_("Return"),
        cancel=target,
        form=form,
    )


def _entry(suspense_id: UUID) -> SuspenseEntry:
    asked = ListSuspense(only_open=False, limit=100)
    while True:
        found = call(asked)
        for entry in found.items:
            if entry.suspense_id == suspense_id:
                return entry
        if found.next is None:
            raise PortalError("not_found")
        asked = asked.model_copy(update={"after": found.next})


def _amount(entry: SuspenseEntry) -> str:
    return eur(entry.amount) if entry.currency == "EUR" else f"{number(entry.amount, 2)} {entry.currency}"

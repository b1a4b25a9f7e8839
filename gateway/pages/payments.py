"""Paying: choose invoices, see where the money goes, go to the bank and come back."""

from __future__ import annotations

import base64
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from pydantic import ValidationError

from chassis.access import entitled, public, right
from chassis.errors import PortalError
from chassis.messages import Money
from chassis.validation import error_of
from gateway.bus import call, gather
from gateway.formats import number
from gateway.forms import Form, typed
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.views import go, render
from gateway.work import current
from services.billing.messages import (
    CancelPayment,
    CheckPayment,
    GetInvoice,
    GetPayment,
    Invoice,
    ListPayments,
    PaymentNotice,
    StartPayment,
)

bp = Blueprint("payments", __name__)

OPEN = ("created", "pending")
MOST_AT_ONCE = 50
NOTICE_BYTES = 100_000


@page(bp, "/payments", allow=right("finance.see"), nav=Nav(N_("Payments"), "credit-card", 35))
def index() -> Response:
    listing = Listing.of_request(ListPayments, filters=("state",))
    return render(
        "pages/billing/payments.html", listing=listing, page=call(listing.request), area="payments", base="base.html"
    )


@page(bp, "/payments/new", methods=["GET", "POST"], allow=entitled("payments", right("finance.pay")))
def new() -> Response:
    chosen = _chosen()
    if not chosen:
        return go(url_for("invoices.index", state="unpaid"), _("Choose at least one invoice to pay."), "warning")
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            payment = call(_wanted(form, len(chosen)))
            # The bank's page when the bank has answered already; else our own, which leads on when it has.
            target = payment.redirect_url or url_for(".show", payment_id=payment.payment_id)
            return redirect(target, 303)  # type: ignore[return-value]
    invoices: list[Invoice] = gather([GetInvoice(invoice_id=one) for one in chosen])
    if not form.submitted:
        invoices = [invoice for invoice in invoices if invoice.open and not invoice.payment_id]
        if not invoices:
            return go(url_for("invoices.index"), _("These invoices are paid, or being paid, already."), "warning")
        amounts = {f"parts.{index}.amount": number(one.open, 2) for index, one in enumerate(invoices)}
        form = Form.of_request(initial=amounts)
    return render("pages/billing/pay.html", form.status, form=form, invoices=invoices)


def _chosen() -> list[UUID]:
    given = request.form if request.method == "POST" else request.args
    names = [value for name, value in given.items(multi=True) if name == "invoice" or name.endswith(".invoice_id")]
    try:
        return list(dict.fromkeys(UUID(name) for name in names))[:MOST_AT_ONCE]
    except ValueError:
        return []


def _wanted(form: Form, count: int) -> StartPayment:
    parts = []
    for index in range(count):
        # An amount somebody cleared is refused rather than taken for "all of it".
        amount = typed(Money, form.values.getlist(f"parts.{index}.amount"))
        parts.append({"invoice_id": form.text(f"parts.{index}.invoice_id"), "amount": amount or "0"})
    try:
        return StartPayment.model_validate({"parts": parts, "idempotency_key": form.idempotency_key})
    except ValidationError as error:
        raise error_of(error) from error


@page(bp, "/payments/<uuid:payment_id>", allow=right("finance.see"))
def show(payment_id: UUID) -> Response:
    """The page a payer comes back to. What the browser says on the way counts for nothing: the bank is asked."""
    payment = call(GetPayment(payment_id=payment_id))
    if payment.state in OPEN:
        payment = call(CheckPayment(payment_id=payment_id))
    return render("pages/billing/payment.html", payment=payment, area="payments", base="base.html")


@page(bp, "/payments/<uuid:payment_id>/cancel", methods=["POST"], allow=right("finance.pay"))
def cancel(payment_id: UUID) -> Response:
    target = url_for(".show", payment_id=payment_id)
    try:
        payment = call(CancelPayment(payment_id=payment_id))
    except PortalError as error:
        if error.code not in ("billing.payment_finished", "billing.bank_unavailable"):
            raise
        return go(target, error.sentence(current().language), "warning")
    if payment.state in OPEN:
        return go(target, _("The bank is already carrying the payment out; it can no longer be cancelled."), "warning")
    return go(target)


@page(bp, "/bank/callback", methods=["POST"], allow=public, csrf=False, max_bytes=NOTICE_BYTES)
def notice() -> Response:
    """The bank's notice: passed on as it came, because the signature is over the raw body."""
    body = base64.b64encode(request.get_data(cache=False)).decode()
    call(PaymentNotice(body=body, signature=request.headers.get("X-Signature", "")[:4000]))
    return Response("OK", content_type="text/plain")

"""Payments over the API: start one over several invoices, then lead the payer to `redirect_url`."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from flask import Blueprint
from pydantic import Field

from chassis.access import entitled, fresh, right, role
from chassis.messages import Page
from gateway.api._frame import Body, Paged, api
from gateway.bus import call, call_json
from services.billing.messages import (
    CancelPayment,
    CheckPayment,
    GetPayment,
    ListPayments,
    ListSuspense,
    Payment,
    PaymentFilter,
    PaymentPart,
    ReturnSuspense,
    StartPayment,
    SuspenseEntry,
)

bp = Blueprint("api_payments", __name__)

TAG = "Payments"
STAFF_TAG = "Staff: billing"
SEE, PAY = right("finance.see"), right("finance.pay")
START = entitled("payments", PAY)
STAFF = role("accountant", "auditor", "customer_service")
BOOKS = role("accountant", "auditor")


class PaymentQuery(Paged):
    """Filters of the list of payments."""

    search: str = Field("", max_length=100, description="Reference of the payment or number of an invoice")
    state: PaymentFilter | None = None


class StaffPaymentQuery(PaymentQuery):
    client_id: UUID | None = None


class NewPayment(Body):
    """The invoices to pay; without `amount` the whole of what is left."""

    parts: Annotated[list[PaymentPart], Field(min_length=1, max_length=100)]


@api(
    bp, "POST", "/payments", allow=START, body=NewPayment, reply=Payment, status=201, idempotent=True, tag=TAG,
    summary="Pay several invoices in one payment",
    errors=(
        "not_found", "billing.nothing_chosen", "billing.invoice_twice", "billing.invoice_paid",
        "billing.invoice_in_payment", "billing.amount_not_positive", "billing.amount_over_open",
        "billing.payment_amount_too_big", "idempotency_key_reused",
    ),
)  # fmt: skip
def start_payment(body: NewPayment, idempotency_key: str | None) -> Any:
    """Lead the payer to `redirect_url`. When it is null the bank has not answered yet: ask for the payment again."""
    return call(StartPayment(parts=body.parts, idempotency_key=idempotency_key))


@api(bp, "GET", "/payments", allow=SEE, query=PaymentQuery, reply=Page[Payment], tag=TAG, summary="List payments")
def list_payments(query: PaymentQuery) -> Any:
    return call(ListPayments(**query.model_dump(exclude_none=True)))


@api(
    bp, "GET", "/payments/<uuid:payment_id>", allow=SEE, reply=Payment, tag=TAG, summary="One payment",
    errors=("not_found",),
)  # fmt: skip
def get_payment(payment_id: UUID) -> Any:
    return call_json(GetPayment(payment_id=payment_id))


@api(
    bp, "POST", "/payments/<uuid:payment_id>/check", allow=SEE, reply=Payment, tag=TAG,
    summary="Ask the bank how a payment is", errors=("not_found",),
)  # fmt: skip
def check_payment(payment_id: UUID) -> Any:
    return call_json(CheckPayment(payment_id=payment_id))


@api(
    bp, "POST", "/payments/<uuid:payment_id>/cancel", allow=PAY, reply=Payment, tag=TAG,
    summary="Give up an unfinished payment",
    errors=("not_found", "billing.payment_finished", "billing.bank_unavailable"),
)  # fmt: skip
def cancel_payment(payment_id: UUID) -> Any:
    return call_json(CancelPayment(payment_id=payment_id))


@api(
    bp, "GET", "/staff/payments", allow=STAFF, query=StaffPaymentQuery, reply=Page[Payment], tag=STAFF_TAG,
    summary="List payments of all clients",
)  # fmt: skip
def staff_list_payments(query: StaffPaymentQuery) -> Any:
    return call(ListPayments(**query.model_dump(exclude_none=True)))


@api(
    bp, "GET", "/staff/payments/<uuid:payment_id>", allow=STAFF, reply=Payment, tag=STAFF_TAG,
    summary="One payment of any client", errors=("not_found",),
)  # fmt: skip
def staff_get_payment(payment_id: UUID) -> Any:
    return call_json(GetPayment(payment_id=payment_id))


@api(
    bp, "GET", "/staff/suspense", allow=BOOKS, query=Paged, reply=Page[SuspenseEntry], tag=STAFF_TAG,
    summary="Money that fits nothing",
)  # fmt: skip
def list_suspense(query: Paged) -> Any:
    return call(ListSuspense(**query.model_dump(exclude_none=True)))


@api(
    bp, "POST", "/staff/suspense/<uuid:suspense_id>/return", allow=fresh(role("accountant")), reply=SuspenseEntry,
    idempotent=True, tag=STAFF_TAG, summary="Send money that fits nothing back",
    errors=("not_found", "billing.suspense_settled", "billing.bank_unavailable"),
)  # fmt: skip
def return_suspense(suspense_id: UUID, idempotency_key: str | None) -> Any:
    return call(ReturnSuspense(suspense_id=suspense_id, idempotency_key=idempotency_key))

"""Payments through a bank, and the money that fits nothing (suspense)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.messages import Done, GivenMoney, IdempotencyKey, Limit, Line, Message, Moment, Money, Page, Request
from services.billing.messages.invoices import HistoryEntry
from services.billing.messages.words import (
    PaymentFilter,
    PaymentState,
    Search,
)


class PaymentPart(Message):
    """An invoice to pay, whole when `amount` is None."""

    invoice_id: UUID
    amount: GivenMoney | None = None


class Allocation(Message):
    invoice_id: UUID
    number: str
    amount: Money


class Payment(Message):
    """A payment and where its money goes. `redirect_url` leads to the bank while it is `pending`."""

    payment_id: UUID
    client_id: UUID
    client_name: str = ""
    state: PaymentState
    amount: Money
    currency: Literal["EUR"] = "EUR"
    reference: str
    provider: str
    redirect_url: str | None = None
    reason: str = ""
    started_at: Moment
    finished_at: Moment | None = None
    expires_at: Moment
    suspense: Money = Decimal("0.00")
    allocations: list[Allocation]
    history: list[HistoryEntry] = Field(default_factory=list)


class StartPayment(Request[Payment], rpc="billing.start_payment", timeout=12.0):
    """Pay several invoices of the own client, each whole or in part, in one payment (S2-15, B-06).

    Errors: nothing_chosen, invoice_twice, invoice_paid, invoice_in_payment, amount_over_open,
    amount_not_positive, not_found. A bank that does not answer leaves the payment `created`; it is tried again.
    """

    parts: Annotated[list[PaymentPart], Field(max_length=100)]
    idempotency_key: IdempotencyKey | None = None


class GetPayment(Request[Payment], rpc="billing.get_payment", timeout=5.0):
    payment_id: UUID


class CheckPayment(Request[Payment], rpc="billing.check_payment", timeout=12.0):
    """Ask the bank now and answer the state; what the browser says is never believed."""

    payment_id: UUID


class CancelPayment(Request[Payment], rpc="billing.cancel_payment", timeout=12.0):
    """Give up an unfinished payment. Error payment_finished when money has already moved."""

    payment_id: UUID


class ListPayments(Request[Page[Payment]], rpc="billing.list_payments", timeout=5.0):
    client_id: UUID | None = None
    state: PaymentFilter | None = None
    search: Search = ""
    limit: Limit = 50
    after: str | None = None


class PaymentNotice(Request[Done], rpc="billing.payment_notice", timeout=10.0):
    """The bank's callback: raw body in base64 and its signature header. Errors: notice_unsigned, notice_malformed."""

    provider: Line = "sandbox_bank"
    body: Annotated[str, StringConstraints(max_length=200_000)]
    signature: Annotated[str, StringConstraints(max_length=4_000)]


class SuspenseEntry(Message):
    """Money that came and fits nothing; `reason` one of double, late, amount, currency, reference, invoice_paid."""

    suspense_id: UUID
    payment_id: UUID | None
    client_id: UUID | None
    client_name: str = ""
    amount: Money
    currency: str = "EUR"
    reason: str
    provider_ref: str
    at: Moment
    returned_at: Moment | None = None


class ListSuspense(Request[Page[SuspenseEntry]], rpc="billing.list_suspense", timeout=5.0):
    only_open: bool = True
    limit: Limit = 50
    after: str | None = None


class ReturnSuspense(Request[SuspenseEntry], rpc="billing.return_suspense", timeout=15.0):
    """Staff send suspense money back through the bank it came from."""

    suspense_id: UUID
    idempotency_key: IdempotencyKey | None = None

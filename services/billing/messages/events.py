"""The facts billing tells."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field

from chassis.messages import Event, Money
from services.billing.messages.payments import Allocation
from services.billing.messages.words import (
    InvoiceKind,
)

OF_PERMITS: Any = Field(
    default_factory=list,
    description="the permits to which every line belongs; empty when some line belongs to none",
)


class InvoiceIssued(Event, type="billing.invoice.issued", aggregate="invoice_id"):
    invoice_id: UUID
    number: str
    client_id: UUID
    client_name: str = ""
    kind: InvoiceKind
    month: date | None = None
    total: Money
    due_date: date
    permit_ids: list[UUID] = Field(default_factory=list)
    case_id: UUID | None = None
    of_permits: list[UUID] = OF_PERMITS


class InvoicePaid(Event, type="billing.invoice.paid", aggregate="invoice_id"):
    invoice_id: UUID
    number: str
    client_id: UUID
    total: Money
    case_id: UUID | None = None


class InvoiceOverdue(Event, type="billing.invoice.overdue", aggregate="invoice_id"):
    """Once per invoice, on the first day after its due day."""

    invoice_id: UUID
    number: str
    client_id: UUID
    open: Money
    due_date: date
    of_permits: list[UUID] = OF_PERMITS


class PaymentStarted(Event, type="billing.payment.started", aggregate="payment_id"):
    payment_id: UUID
    client_id: UUID
    amount: Money
    invoices: list[Allocation]


class PaymentSettled(Event, type="billing.payment.settled", aggregate="payment_id"):
    """The bank has the money; `invoices` says where it went, `suspense` what fitted nowhere."""

    payment_id: UUID
    client_id: UUID
    amount: Money
    invoices: list[Allocation]
    suspense: Money = Decimal("0.00")
    of_permits: list[UUID] = OF_PERMITS


class PaymentFailed(Event, type="billing.payment.failed", aggregate="payment_id"):
    """`reason`: declined, cancelled, expired, bank_unavailable, amount, currency."""

    payment_id: UUID
    client_id: UUID
    amount: Money
    reason: str


class PriceListPublished(Event, type="billing.price_list.published", aggregate="price_list_id"):
    price_list_id: UUID
    title: str
    legal_basis: str
    valid_from: date


class FeeRunFinished(Event, type="billing.fee_run.finished", aggregate="fee_run_id"):
    fee_run_id: UUID
    month: date
    invoice_count: int
    total: Money
    problem_count: int

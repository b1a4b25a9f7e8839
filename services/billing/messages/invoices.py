"""Invoices: the list, the page, the PDF, the balance."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chassis.messages import Limit, Message, Moment, Money, Page, Request, last_day
from services.billing.messages.words import (
    InvoiceFilter,
    InvoiceKind,
    InvoiceSort,
    InvoiceState,
    PaymentState,
    Quantity,
    Rate,
    Search,
    UnitPrice,
    VatCategory,
)


class Party(Message):
    """Supplier or customer as they were on the day of issue."""

    name: str
    reg_no: str = ""
    vat_no: str = ""
    address: str = ""
    email: str = ""
    iban: str = ""
    bank: str = ""
    bic: str = ""
    phone: str = ""


class InvoiceRow(Message):
    """One line of the list of invoices; `open` is what is still to pay, `payment_id` an unfinished payment of it."""

    invoice_id: UUID
    number: str
    client_id: UUID
    client_name: str
    kind: InvoiceKind
    month: date | None
    issued_on: date
    due_on: date
    state: InvoiceState
    overdue: bool
    total: Money
    paid: Money
    open: Money
    payment_id: UUID | None = None


class InvoiceLine(Message):
    position: int
    code: str
    name_lv: str
    name_en: str
    unit_lv: str
    unit_en: str
    quantity: Quantity
    unit_price: UnitPrice
    net: Money
    permit_id: UUID | None = None
    permit_no: str | None = None


class InvoicePayment(Message):
    """A payment that touched the invoice, with the part that fell on it."""

    payment_id: UUID
    state: PaymentState
    amount: Money
    at: Moment


class HistoryEntry(Message):
    at: Moment
    what: str
    by: str = ""
    detail: str = ""


class Invoice(InvoiceRow):
    """One invoice with everything that stands on it."""

    net: Money
    vat: Money
    vat_category: VatCategory
    vat_rate: Rate
    vat_note_lv: str
    vat_note_en: str
    currency: Literal["EUR"] = "EUR"
    reference: str
    supplier: Party
    customer: Party
    case_id: UUID | None = None
    legal_basis: str
    lines: list[InvoiceLine]
    payments: list[InvoicePayment]
    history: list[HistoryEntry]


class ListInvoices(Request[Page[InvoiceRow]], rpc="billing.list_invoices", timeout=5.0):
    """A customer sees the own client's; staff see all or those of `client_id`. Search: number, client, permit."""

    client_id: UUID | None = None
    search: Search = ""
    state: InvoiceFilter | None = None
    issued_from: date | None = None
    issued_to: Annotated[date | None, last_day("issued_from")] = None
    sort: InvoiceSort = "-issued"
    limit: Limit = 50
    after: str | None = None


class GetInvoice(Request[Invoice], rpc="billing.get_invoice", timeout=5.0):
    """Another client's invoice is `not_found`."""

    invoice_id: UUID


class PdfChunk(Message):
    """`data` is base64 of at most 512 KiB; `next` is the offset to ask for, None at the end; `size` of the whole."""

    name: str
    media_type: str = "application/pdf"
    size: int
    data: str
    next: int | None = None


class InvoicePdf(Request[PdfChunk], rpc="billing.invoice_pdf", timeout=15.0):
    """The invoice as PDF/A-3a and PDF/UA-1, in pieces; offset in bytes."""

    invoice_id: UUID
    language: Literal["lv", "en"] = "lv"
    offset: Annotated[int, Field(ge=0)] = 0


class BalanceSummary(Message):
    """What a client owes, from the ledger; `owed` counts all open invoices, `overdue` those past their due day."""

    client_id: UUID
    owed: Money
    open_count: int
    overdue: Money
    overdue_count: int
    overpaid: Money
    next_due_on: date | None
    in_payment: Money
    as_of: Moment


class BooksAtHand(Message):
    """What is open in everybody's books today: invoices, those past their due day, money that fits nothing."""

    open_count: int
    open: Money
    overdue_count: int
    overdue: Money
    suspense_count: int


class CountBooks(Request[BooksAtHand], rpc="billing.count_books", timeout=5.0):
    """What an accountant's day begins with."""


class Balance(Request[BalanceSummary], rpc="billing.balance", timeout=5.0):
    client_id: UUID | None = None

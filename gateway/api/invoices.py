"""Invoices and the balance over the API."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from flask import Blueprint, Response
from pydantic import Field

from chassis.access import any_of, right, role, scope
from chassis.messages import Page, last_day
from gateway.api._frame import Paged, Query, api
from gateway.bus import call, call_json
from gateway.pages.invoices import pdf_of
from services.billing.messages import (
    Balance,
    BalanceSummary,
    GetInvoice,
    Invoice,
    InvoiceFilter,
    InvoiceRow,
    InvoiceSort,
    ListInvoices,
    PriceList,
    PriceListInForce,
)

bp = Blueprint("api_invoices", __name__)

TAG = "Invoices"
SEE = right("finance.see")
STAFF = role("accountant", "auditor", "customer_service")
READ = any_of(STAFF, scope("invoices.read"))


class InvoiceQuery(Paged):
    """Filters of the list of invoices."""

    search: str = Field("", max_length=100, description="Invoice number, name of the client, or a whole permit number")
    state: InvoiceFilter | None = None
    issued_from: date | None = None
    issued_to: Annotated[date | None, last_day("issued_from")] = None
    sort: InvoiceSort = "-issued"


class StaffInvoiceQuery(InvoiceQuery):
    client_id: UUID | None = None


class PdfQuery(Query):
    language: Literal["lv", "en"] = "lv"


class DayQuery(Query):
    day: date | None = None


@api(bp, "GET", "/invoices", allow=SEE, query=InvoiceQuery, reply=Page[InvoiceRow], tag=TAG, summary="List invoices")
def list_invoices(query: InvoiceQuery) -> Any:
    return call(ListInvoices(**query.model_dump(exclude_none=True)))


@api(
    bp, "GET", "/invoices/<uuid:invoice_id>", allow=SEE, reply=Invoice, tag=TAG, summary="One invoice",
    errors=("not_found",),
)  # fmt: skip
def get_invoice(invoice_id: UUID) -> Any:
    return call_json(GetInvoice(invoice_id=invoice_id))


@api(
    bp, "GET", "/invoices/<uuid:invoice_id>/pdf", allow=SEE, query=PdfQuery, reply=None, produces="application/pdf",
    tag=TAG, summary="An invoice as PDF", errors=("not_found",),
)  # fmt: skip
def invoice_pdf(invoice_id: UUID, query: PdfQuery) -> Response:
    return pdf_of(invoice_id, query.language)


@api(bp, "GET", "/balance", allow=SEE, reply=BalanceSummary, tag=TAG, summary="What the client owes")
def balance() -> Any:
    return call_json(Balance())


@api(
    bp, "GET", "/price-list", allow=any_of(SEE, STAFF), query=DayQuery, reply=PriceList, tag=TAG,
    summary="The price list in force on a day", errors=("billing.no_price_list",),
)  # fmt: skip
def price_list(query: DayQuery) -> Any:
    return call(PriceListInForce(day=query.day))


@api(
    bp, "GET", "/staff/invoices", allow=READ, query=StaffInvoiceQuery, reply=Page[InvoiceRow], tag="Staff: billing",
    summary="List invoices of all clients",
)  # fmt: skip
def staff_list_invoices(query: StaffInvoiceQuery) -> Any:
    return call(ListInvoices(**query.model_dump(exclude_none=True)))


@api(
    bp, "GET", "/staff/invoices/<uuid:invoice_id>", allow=READ, reply=Invoice, tag="Staff: billing",
    summary="One invoice of any client", errors=("not_found",),
)  # fmt: skip
def staff_get_invoice(invoice_id: UUID) -> Any:
    return call_json(GetInvoice(invoice_id=invoice_id))


@api(
    bp, "GET", "/staff/invoices/<uuid:invoice_id>/pdf", allow=READ, query=PdfQuery, reply=None,
    produces="application/pdf", tag="Staff: billing", summary="An invoice of any client as PDF", errors=("not_found",),
)  # fmt: skip
def staff_invoice_pdf(invoice_id: UUID, query: PdfQuery) -> Response:
    return pdf_of(invoice_id, query.language)

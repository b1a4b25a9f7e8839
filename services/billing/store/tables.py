"""The tables of billing. Invoices, published prices and the ledger never change (triggers in the migrations)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.ids import new_id
from chassis.tables import chassis_tables

metadata = sa.MetaData()
chassis = chassis_tables(metadata)
MONEY = sa.Numeric(14, 2)
PRECISE = sa.Numeric(14, 4)


class Base(DeclarativeBase):
    metadata = metadata
    type_annotation_map = {
        datetime: TIMESTAMP(timezone=True),
        bytes: BYTEA,
        str: sa.Text,
        Decimal: MONEY,
        dict[str, Any]: JSONB,
    }


def _id() -> Mapped[UUID]:
    return mapped_column(primary_key=True, default=new_id)


def _now() -> Mapped[datetime]:
    return mapped_column(server_default=sa.func.now())


class PriceList(Base):
    """A version of the price list: a draft, or published and unchangeable."""

    __tablename__ = "price_lists"
    id: Mapped[UUID] = _id()
    version: Mapped[int] = mapped_column(default=1)
    title: Mapped[str]
    legal_basis: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    state: Mapped[str] = mapped_column(default="draft")
    created_at: Mapped[datetime] = _now()
    created_by: Mapped[str]
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None]


class PriceItem(Base):
    """One price of a list."""

    __tablename__ = "price_items"
    price_list_id: Mapped[UUID] = mapped_column(sa.ForeignKey("price_lists.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    name_lv: Mapped[str]
    name_en: Mapped[str]
    unit_lv: Mapped[str]
    unit_en: Mapped[str]
    kind: Mapped[str]
    occasion: Mapped[str | None]
    basis: Mapped[str]
    service_kind: Mapped[str | None]
    permit_kind: Mapped[str | None]
    price: Mapped[Decimal] = mapped_column(PRECISE)
    vat_category: Mapped[str]


class NumberSeries(Base):
    """The last number taken in a series and year; locked by whoever takes more."""

    __tablename__ = "number_series"
    series: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class Invoice(Base):
    """An issued invoice; only what was paid, and that its lateness was told, may change."""

    __tablename__ = "invoices"
    id: Mapped[UUID] = _id()
    number: Mapped[str]
    series: Mapped[str]
    year: Mapped[int]
    sequence: Mapped[int]
    reference: Mapped[str]
    client_id: Mapped[UUID]
    client_name: Mapped[str]
    search: Mapped[str]
    kind: Mapped[str]
    month: Mapped[date | None]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    vat_category: Mapped[str]
    vat_rate: Mapped[Decimal] = mapped_column(sa.Numeric(5, 2))
    net: Mapped[Decimal]
    vat: Mapped[Decimal]
    total: Mapped[Decimal]
    paid: Mapped[Decimal] = mapped_column(default=Decimal("0.00"))
    open: Mapped[Decimal] = mapped_column(MONEY, sa.Computed("total - paid", persisted=True))
    supplier: Mapped[dict[str, Any]]
    customer: Mapped[dict[str, Any]]
    price_list_id: Mapped[UUID]
    legal_basis: Mapped[str]
    case_id: Mapped[UUID | None]
    permit_id: Mapped[UUID | None]
    fee_run_id: Mapped[UUID | None]
    issued_at: Mapped[datetime] = _now()
    issued_by: Mapped[str]
    overdue_told_at: Mapped[datetime | None]


class InvoiceLine(Base):
    """A line of an invoice."""

    __tablename__ = "invoice_lines"
    invoice_id: Mapped[UUID] = mapped_column(sa.ForeignKey("invoices.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    name_lv: Mapped[str]
    name_en: Mapped[str]
    unit_lv: Mapped[str]
    unit_en: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(PRECISE)
    unit_price: Mapped[Decimal] = mapped_column(PRECISE)
    net: Mapped[Decimal]
    permit_id: Mapped[UUID | None]
    permit_no: Mapped[str | None]


class InvoiceHistory(Base):
    """What happened to an invoice; appended only."""

    __tablename__ = "invoice_history"
    id: Mapped[UUID] = _id()
    invoice_id: Mapped[UUID] = mapped_column(sa.ForeignKey("invoices.id"))
    at: Mapped[datetime] = _now()
    what: Mapped[str]
    by: Mapped[str] = mapped_column(default="")
    detail: Mapped[str] = mapped_column(default="")


class InvoiceDocument(Base):
    """A rendered PDF, kept until its layout changes."""

    __tablename__ = "invoice_documents"
    invoice_id: Mapped[UUID] = mapped_column(sa.ForeignKey("invoices.id"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    layout: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[bytes]
    made_at: Mapped[datetime] = _now()


class FeeRun(Base):
    """A monthly run: collecting (asking permits), issuing, finished, or failed with its problem."""

    __tablename__ = "fee_runs"
    id: Mapped[UUID] = _id()
    month: Mapped[date]
    state: Mapped[str]
    price_list_id: Mapped[UUID]
    issued_on: Mapped[date]
    cursor: Mapped[str | None]
    permit_count: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = _now()
    started_by: Mapped[str]
    finished_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(default="")
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]


class FeeBasis(Base):
    """What permits said of one permit and month."""

    __tablename__ = "fee_basis"
    fee_run_id: Mapped[UUID] = mapped_column(sa.ForeignKey("fee_runs.id"), primary_key=True)
    permit_id: Mapped[UUID] = mapped_column(primary_key=True)
    permit_no: Mapped[str]
    client_id: Mapped[UUID]
    client_name: Mapped[str]
    service_kind: Mapped[str]
    permit_kind: Mapped[str]
    station_count: Mapped[int]
    assignment_count: Mapped[int]
    bandwidth_khz: Mapped[Decimal] = mapped_column(sa.Numeric)
    days_in_force: Mapped[int]
    days_in_month: Mapped[int]


class FeeRunClient(Base):
    """What a run did for one client."""

    __tablename__ = "fee_run_clients"
    fee_run_id: Mapped[UUID] = mapped_column(sa.ForeignKey("fee_runs.id"), primary_key=True)
    client_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_name: Mapped[str]
    outcome: Mapped[str] = mapped_column(default="waiting")
    invoice_id: Mapped[UUID | None]
    invoice_count: Mapped[int] = mapped_column(default=0)
    number: Mapped[str] = mapped_column(default="")
    total: Mapped[Decimal | None]
    problem: Mapped[str] = mapped_column(default="")


class Payment(Base):
    """A payment through a provider; `reference` is ours and known before the bank hears of it."""

    __tablename__ = "payments"
    id: Mapped[UUID] = _id()
    client_id: Mapped[UUID]
    client_name: Mapped[str]
    search: Mapped[str]
    state: Mapped[str]
    amount: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(default="EUR")
    reference: Mapped[str]
    provider: Mapped[str]
    provider_ref: Mapped[str | None]
    redirect_url: Mapped[str | None]
    reason: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="lv")
    started_by: Mapped[str]
    started_at: Mapped[datetime] = _now()
    expires_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    next_poll_at: Mapped[datetime | None]
    polls: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None]


class PaymentPart(Base):
    """The part of a payment meant for one invoice; `active` while the payment is unfinished."""

    __tablename__ = "payment_parts"
    payment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("payments.id"), primary_key=True)
    invoice_id: Mapped[UUID] = mapped_column(sa.ForeignKey("invoices.id"), primary_key=True)
    number: Mapped[str]
    amount: Mapped[Decimal]
    applied: Mapped[Decimal] = mapped_column(default=Decimal("0.00"))
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)


class PaymentHistory(Base):
    """What happened to a payment; appended only."""

    __tablename__ = "payment_history"
    id: Mapped[UUID] = _id()
    payment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("payments.id"))
    at: Mapped[datetime] = _now()
    what: Mapped[str]
    by: Mapped[str] = mapped_column(default="")
    detail: Mapped[str] = mapped_column(default="")


class PaymentNotice(Base):
    """A notice of the bank with a good signature, as it came."""

    __tablename__ = "payment_notices"
    id: Mapped[UUID] = _id()
    provider: Mapped[str]
    provider_ref: Mapped[str]
    reference: Mapped[str]
    body: Mapped[bytes]
    signature: Mapped[str]
    at: Mapped[datetime] = _now()
    outcome: Mapped[str]


class Suspense(Base):
    """Money that came and fits nothing."""

    __tablename__ = "suspense"
    id: Mapped[UUID] = _id()
    payment_id: Mapped[UUID | None]
    client_id: Mapped[UUID | None]
    client_name: Mapped[str] = mapped_column(default="")
    provider: Mapped[str]
    provider_ref: Mapped[str]
    amount: Mapped[Decimal]
    currency: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime] = _now()
    return_key: Mapped[str | None]
    return_asked_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    returned_by: Mapped[str] = mapped_column(default="")


class PostingSet(Base):
    """One entry of the journal."""

    __tablename__ = "posting_sets"
    id: Mapped[UUID] = _id()
    number: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True))
    at: Mapped[datetime] = _now()
    source: Mapped[str]
    what: Mapped[str]


class Posting(Base):
    """A line of a posting set."""

    __tablename__ = "postings"
    set_id: Mapped[UUID] = mapped_column(sa.ForeignKey("posting_sets.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    client_id: Mapped[UUID | None]
    debit: Mapped[Decimal] = mapped_column(default=Decimal("0.00"))
    credit: Mapped[Decimal] = mapped_column(default=Decimal("0.00"))

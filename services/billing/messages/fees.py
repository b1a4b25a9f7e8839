"""The monthly fee run over the permits in force."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from chassis.messages import IdempotencyKey, Limit, Message, Moment, Money, Page, Request
from services.billing.messages.prices import PriceListRow
from services.billing.messages.words import (
    FeeRunState,
)


class FeeRun(Message):
    """One run over the permits in force in a month. `skipped_count` clients already had their invoices."""

    fee_run_id: UUID
    month: date
    state: FeeRunState
    started_at: Moment
    started_by: str
    finished_at: Moment | None
    permit_count: int
    client_count: int
    done_count: int
    invoice_count: int
    skipped_count: int
    problem_count: int
    total: Money
    problem: str = ""


class FeeRunResult(Message):
    """What the run did for one client: issued (with the invoice), skipped (had one already), or a problem."""

    client_id: UUID
    client_name: str
    outcome: Literal["waiting", "issued", "skipped", "nothing", "problem"]
    invoice_id: UUID | None = None
    number: str = ""
    total: Money | None = None
    problem: str = ""


class FeeRunPreview(Message):
    """What the accountant confirms before a run: the month, its price list, and what was invoiced already."""

    month: date
    price_list: PriceListRow
    issued_on: date
    due_on: date
    invoiced_clients: int
    invoiced_total: Money
    running: UUID | None = None


class PreviewFeeRun(Request[FeeRunPreview], rpc="billing.preview_fee_run", timeout=5.0):
    month: date


class StartFeeRun(Request[FeeRun], rpc="billing.start_fee_run", timeout=5.0):
    """Begin (it goes on by itself). Errors: month_not_begun, no_price_list, fee_run_going."""

    month: date
    idempotency_key: IdempotencyKey | None = None


class GetFeeRun(Request[FeeRun], rpc="billing.get_fee_run", timeout=5.0):
    fee_run_id: UUID


class ListFeeRuns(Request[Page[FeeRun]], rpc="billing.list_fee_runs", timeout=5.0):
    limit: Limit = 50
    after: str | None = None


class FeeRunReport(Request[Page[FeeRunResult]], rpc="billing.fee_run_report", timeout=5.0):
    fee_run_id: UUID
    outcome: Literal["issued", "skipped", "nothing", "problem"] | None = None
    limit: Limit = 50
    after: str | None = None

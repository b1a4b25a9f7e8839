"""The accountant's work over the API: price lists, fee runs, the ledger."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from flask import Blueprint
from pydantic import Field

from chassis.access import role
from chassis.messages import Line, Page
from gateway.api._frame import Body, Paged, Query, api, check_match
from gateway.bus import call, call_json
from services.billing.messages import (
    BooksAtHand,
    CheckLedger,
    CountBooks,
    CreatePriceList,
    DropPriceList,
    FeeRun,
    FeeRunPreview,
    FeeRunReport,
    FeeRunResult,
    GetFeeRun,
    GetPriceList,
    LedgerReport,
    ListFeeRuns,
    ListPostings,
    ListPriceLists,
    PostingSet,
    PreviewFeeRun,
    PriceItem,
    PriceList,
    PriceListRow,
    PublishPriceList,
    SavePriceList,
    StartFeeRun,
)

bp = Blueprint("api_billing", __name__)

TAG = "Staff: billing"
BOOKS, ACCOUNTANT = role("accountant", "auditor"), role("accountant")
ONE_LIST = "/staff/price-lists/<uuid:price_list_id>"


class PriceListHead(Body):
    """What a version of the price list is called, on what it rests, when it rules."""

    title: Annotated[Line, Field(min_length=1)]
    legal_basis: Annotated[Line, Field(min_length=1)]
    valid_from: date
    valid_to: date | None = None


class NewPriceList(PriceListHead):
    copy_from: UUID | None = None


class WholePriceList(PriceListHead):
    items: Annotated[list[PriceItem], Field(max_length=500)]


class Month(Body):
    """Any day of the month to invoice."""

    month: date


class MonthQuery(Query):
    month: date


class ReportQuery(Paged):
    outcome: Literal["issued", "skipped", "nothing", "problem"] | None = None


class JournalQuery(Paged):
    client_id: UUID | None = None


@api(
    bp, "GET", "/staff/price-lists", allow=BOOKS, query=Paged, reply=Page[PriceListRow], tag=TAG,
    summary="List versions of the price list",
)  # fmt: skip
def list_price_lists(query: Paged) -> Any:
    return call(ListPriceLists(**query.model_dump(exclude_none=True)))


@api(
    bp, "POST", "/staff/price-lists", allow=ACCOUNTANT, body=NewPriceList, reply=PriceList, status=201, idempotent=True,
    tag=TAG, summary="Make a draft", errors=("not_found", "billing.price_list_gap", "idempotency_key_reused"),
)  # fmt: skip
def create_price_list(body: NewPriceList, idempotency_key: str | None) -> Any:
    return call(CreatePriceList(**body.model_dump(), idempotency_key=idempotency_key))


@api(bp, "GET", ONE_LIST, allow=BOOKS, reply=PriceList, tag=TAG, summary="One version", errors=("not_found",))
def get_price_list(price_list_id: UUID) -> Any:
    return call(GetPriceList(price_list_id=price_list_id))


@api(
    bp, "PUT", ONE_LIST, allow=ACCOUNTANT, body=WholePriceList, reply=PriceList, if_match=True, tag=TAG,
    summary="Replace a draft",
    errors=("not_found", "stale", "billing.price_list_published", "billing.price_list_gap"),
)  # fmt: skip
def save_price_list(price_list_id: UUID, body: WholePriceList) -> Any:
    present = call(GetPriceList(price_list_id=price_list_id))
    check_match(present)
    return call(SavePriceList(price_list_id=price_list_id, version=present.version, **body.model_dump()))


@api(
    bp, "DELETE", ONE_LIST, allow=ACCOUNTANT, reply=None, status=204, if_match=True, tag=TAG,
    summary="Throw a draft away", errors=("not_found", "stale", "billing.price_list_published"),
)  # fmt: skip
def drop_price_list(price_list_id: UUID) -> None:
    present = call(GetPriceList(price_list_id=price_list_id))
    check_match(present)
    call(DropPriceList(price_list_id=price_list_id, version=present.version))


@api(
    bp, "POST", f"{ONE_LIST}/publish", allow=ACCOUNTANT, reply=PriceList, if_match=True, tag=TAG,
    summary="Publish a draft; nobody can change it after that",
    errors=(
        "not_found", "stale", "billing.price_list_published", "billing.price_list_empty",
        "billing.price_list_overlaps", "billing.price_list_past",
    ),
)  # fmt: skip
def publish_price_list(price_list_id: UUID) -> Any:
    present = call(GetPriceList(price_list_id=price_list_id))
    check_match(present)
    return call(PublishPriceList(price_list_id=price_list_id, version=present.version))


@api(
    bp, "GET", "/staff/fee-runs/preview", allow=BOOKS, query=MonthQuery, reply=FeeRunPreview, tag=TAG,
    summary="What a fee run would do", errors=("billing.month_not_begun", "billing.no_price_list"),
)  # fmt: skip
def preview_fee_run(query: MonthQuery) -> Any:
    return call_json(PreviewFeeRun(month=query.month))


@api(
    bp, "POST", "/staff/fee-runs", allow=ACCOUNTANT, body=Month, reply=FeeRun, status=202, idempotent=True, tag=TAG,
    summary="Start the monthly fee run",
    errors=(
        "billing.month_not_begun", "billing.no_price_list", "billing.fee_run_going", "idempotency_key_reused",
    ),
)  # fmt: skip
def start_fee_run(body: Month, idempotency_key: str | None) -> Any:
    return call(StartFeeRun(month=body.month, idempotency_key=idempotency_key))


@api(bp, "GET", "/staff/fee-runs", allow=BOOKS, query=Paged, reply=Page[FeeRun], tag=TAG, summary="List fee runs")
def list_fee_runs(query: Paged) -> Any:
    return call(ListFeeRuns(**query.model_dump(exclude_none=True)))


@api(
    bp, "GET", "/staff/fee-runs/<uuid:fee_run_id>", allow=BOOKS, reply=FeeRun, tag=TAG, summary="How far a run is",
    errors=("not_found",),
)  # fmt: skip
def get_fee_run(fee_run_id: UUID) -> Any:
    return call_json(GetFeeRun(fee_run_id=fee_run_id))


@api(
    bp, "GET", "/staff/fee-runs/<uuid:fee_run_id>/report", allow=BOOKS, query=ReportQuery, reply=Page[FeeRunResult],
    tag=TAG, summary="What a run did for each client", errors=("not_found",),
)  # fmt: skip
def fee_run_report(fee_run_id: UUID, query: ReportQuery) -> Any:
    return call(FeeRunReport(fee_run_id=fee_run_id, **query.model_dump(exclude_none=True)))


@api(bp, "GET", "/staff/invoices/counts", allow=BOOKS, reply=BooksAtHand, tag=TAG, summary="What is open in the books")
def count_books() -> Any:
    return call_json(CountBooks())


@api(bp, "GET", "/staff/ledger", allow=BOOKS, reply=LedgerReport, tag=TAG, summary="Check the books")
def check_ledger() -> Any:
    return call_json(CheckLedger())


@api(
    bp, "GET", "/staff/ledger/postings", allow=BOOKS, query=JournalQuery, reply=Page[PostingSet], tag=TAG,
    summary="The journal",
)  # fmt: skip
def list_postings(query: JournalQuery) -> Any:
    return call(ListPostings(**query.model_dump(exclude_none=True)))

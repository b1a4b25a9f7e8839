"""The audit trail in the staff console: searched, paged, exported as evidence (S1-65)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import orjson
from flask import Blueprint, Response, stream_with_context

from chassis.access import role
from chassis.days import riga_today
from gateway.bus import call
from gateway.i18n import N_
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.views import render
from services.identity.messages import AuditPage, AuditRow, ListAudit

bp = Blueprint("staff_audit", __name__)

WATCHES = role("auditor", "administrator")
FILTERS = ("person", "client_id", "action", "object_type", "object_id", "address", "outcome", "from_day", "to_day")
COLUMNS = (
    "seq", "record_id", "at", "service", "action", "outcome", "actor_kind", "actor_id", "actor_name", "client_id",
    "client_name", "object_type", "object_id", "right", "address", "session_id", "correlation_id", "detail", "chain",
)  # fmt: skip
# An export is one stream; who needs more narrows the days.
MOST_PAGES = 1000


@page(bp, "/staff/audit", allow=WATCHES, nav=Nav(N_("Audit trail"), "shield-check", 80))
def index() -> Response:
    listing = Listing.of_request(ListAudit, filters=FILTERS)
    chosen = {name: listing.chosen(name) for name in FILTERS if listing.chosen(name)}
    return render("staff/audit/index.html", listing=listing, page=call(listing.request), export_filters=chosen)


@page(bp, "/staff/audit.csv", allow=WATCHES)
def export() -> Response:
    listing = Listing.of_request(ListAudit, filters=FILTERS, limit=100, export=True)
    first = call(listing.request)
    response = Response(stream_with_context(_lines(listing.request, first)), mimetype="text/csv; charset=utf-8")
    name = f"audit-{riga_today().isoformat()}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(asked: ListAudit, first: AuditPage) -> Iterator[str]:
    yield "\ufeff" + _line(COLUMNS)  # the mark makes spreadsheets read Latvian letters
    found = first
    for _number in range(MOST_PAGES):
        yield "".join(_line(_cells(row)) for row in found.items)
        if found.next is None:
            return
        # Only the first page marks the export: one deed, one record.
        found = call(asked.model_copy(update={"after": found.next, "export": False}))


def _cells(row: AuditRow) -> list[str]:
    cells = []
    for name in COLUMNS:
        value = getattr(row, name)
        if name == "detail":
            text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
        elif hasattr(value, "isoformat"):
            text = value.isoformat()
        else:
            text = "" if value is None else str(value)
        cells.append(text)
    return cells


def _line(cells: list[str] | tuple[str, ...]) -> str:
    buffer = io.StringIO()
    # A cell that begins like a formula would be run by a spreadsheet.
    safe = ["'" + cell if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in cells]
    csv.writer(buffer, delimiter=";").writerow(safe)
    return buffer.getvalue()

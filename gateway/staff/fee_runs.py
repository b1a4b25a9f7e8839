"""The monthly fee run: choose a month, confirm, watch, read the report."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, Response, request, url_for

from chassis.access import role
from chassis.days import riga_today
from gateway.bus import call, gather
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.routing import Nav, page
from gateway.views import go, render
from services.billing.messages import FeeRunReport, GetFeeRun, ListFeeRuns, PreviewFeeRun, StartFeeRun

bp = Blueprint("staff_fee_runs", __name__)

READERS = role("accountant", "auditor")
MONTHS_SHOWN = 14


@page(bp, "/staff/fee-runs", allow=READERS, nav=Nav(N_("Fee runs"), "calendar2-check", 50))
def index() -> Response:
    listing = Listing.of_request(ListFeeRuns)
    return render("staff/billing/fee_runs.html", listing=listing, page=call(listing.request), months=_months())


def _months() -> list[date]:
    month = riga_today().replace(day=1)
    found = []
    for _number in range(MONTHS_SHOWN):
        found.append(month)
        month = (
            month.replace(year=month.year - 1, month=12) if month.month == 1 else month.replace(month=month.month - 1)
        )
    return found


@page(bp, "/staff/fee-runs/new", methods=["GET", "POST"], allow=role("accountant"))
def new() -> Response:
    """Show what will be done; done only after the accountant has said yes."""
    form = Form.of_request(initial={"month": request.args.get("month", "")})
    if form.submitted:
        with form.catch():
            run = call(form.read(StartFeeRun))
            return go(url_for(".show", fee_run_id=run.fee_run_id), _("The fee run has started."))
    preview = None
    with form.catch():
        preview = call(form.read(PreviewFeeRun))
    return render("staff/billing/fee_run_new.html", form.status, form=form, preview=preview)


@page(bp, "/staff/fee-runs/<uuid:fee_run_id>", allow=READERS)
def show(fee_run_id: UUID) -> Response:
    listing = Listing.of_request(FeeRunReport, filters=("outcome",), fee_run_id=fee_run_id)
    run, report = gather([GetFeeRun(fee_run_id=fee_run_id), listing.request])
    return render("staff/billing/fee_run.html", run=run, page=report, listing=listing)

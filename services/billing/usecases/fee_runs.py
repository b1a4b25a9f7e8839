"""An accountant starts the monthly fee run and watches it; advance_fee_run does the work."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.errors import PortalError
from chassis.ids import encode_cursor, new_id
from chassis.messages import Page
from services.billing import messages as m
from services.billing.domain import amounts
from services.billing.domain import prices as rules
from services.billing.settings import settings
from services.billing.store import fee_runs, prices
from services.billing.store.cursors import read_cursor, text
from services.billing.store.tables import FeeRun, Invoice
from services.billing.usecases.common import by_right, who

# Two accountants who press the button at the same moment: the second sees the first one's run.
_ALONE = sa.text("SELECT pg_advisory_xact_lock(7260314)")


def preview(db: Database, request: m.PreviewFeeRun, caller: Caller) -> m.FeeRunPreview:
    """Return what will be done, for the accountant to confirm."""
    month = rules.month_of(request.month, riga_today())
    today = riga_today()
    with db.reading() as connection:
        validity = rules.in_force(prices.published(connection), month)
        listed = prices.row(connection, validity.price_list_id)
        count, total = connection.execute(
            sa.select(
                sa.func.count(sa.distinct(Invoice.client_id)), sa.func.coalesce(sa.func.sum(Invoice.total), 0)
            ).where(Invoice.kind == "monthly", Invoice.month == month)
        ).one()
        running = connection.execute(
            sa.select(FeeRun.id).where(FeeRun.month == month, FeeRun.state.in_(fee_runs.GOING))
        ).scalar()
    return m.FeeRunPreview(
        month=month,
        price_list=m.PriceListRow(**prices.shown_row(listed, today)),
        issued_on=today,
        due_on=amounts.due_date(today, settings().term_days),
        invoiced_clients=count,
        invoiced_total=total,
        running=running,
    )


def start(db: Database, request: m.StartFeeRun, caller: Caller) -> m.FeeRun:
    """Begin a run. It goes on by itself, also after a crash; clients that have their invoice are skipped."""
    today = riga_today()
    month = rules.month_of(request.month, today)
    with db.unit_of_work(caller) as uow:
        done = uow.replayed(request, m.FeeRun)
        if done is not None:
            return done
        uow.session.execute(_ALONE)
        going = uow.session.execute(
            sa.select(FeeRun.id).where(FeeRun.month == month, FeeRun.state.in_(fee_runs.GOING))
        ).scalar()
        if going is not None:
            raise PortalError("billing.fee_run_going", fee_run_id=going)
        validity = rules.in_force(prices.published(uow.session), month)
        run = FeeRun(
            id=new_id(),
            month=month,
            state="collecting",
            price_list_id=validity.price_list_id,
            issued_on=today,
            started_by=who(caller),
        )
        uow.session.add(run)
        uow.session.flush()
        uow.audit(
            "billing.fee_run.start",
            on=("fee_run", run.id),
            right=by_right(caller, ""),
            detail={"month": str(month), "price_list": validity.title},
        )
        return uow.remember(request, fee_runs.shown(fee_runs.one(uow.session, run.id)))


def one(db: Database, request: m.GetFeeRun, caller: Caller) -> m.FeeRun:
    """Return how far a run is."""
    with db.reading() as connection:
        row = fee_runs.one(connection, request.fee_run_id)
    if row is None:
        raise PortalError("not_found")
    return fee_runs.shown(row)


def page(db: Database, request: m.ListFeeRuns, caller: Caller) -> Page[m.FeeRun]:
    """Return runs, newest first."""
    before = read_cursor(request.after, datetime.fromisoformat, UUID)
    with db.reading() as connection:
        rows = fee_runs.page(connection, before, request.limit + 1)
    more = len(rows) > request.limit
    rows = rows[: request.limit]
    cursor = encode_cursor([rows[-1].started_at.isoformat(), rows[-1].id]) if more else None
    return Page[m.FeeRun](items=[fee_runs.shown(row) for row in rows], next=cursor)


def report(db: Database, request: m.FeeRunReport, caller: Caller) -> Page[m.FeeRunResult]:
    """Return what a run did for each client."""
    after = read_cursor(request.after, text, UUID)
    with db.reading() as connection:
        if fee_runs.one(connection, request.fee_run_id) is None:
            raise PortalError("not_found")
        rows = fee_runs.results(connection, request, after, request.limit + 1)
    more = len(rows) > request.limit
    rows = rows[: request.limit]
    db.disclosed(
        "billing.fee_run.report", caller=caller, on=("fee_run", request.fee_run_id), right=by_right(caller, "")
    )
    return Page[m.FeeRunResult](
        items=[
            m.FeeRunResult(
                client_id=row.client_id,
                client_name=row.client_name,
                outcome=row.outcome,
                invoice_id=row.invoice_id,
                number=row.number,
                total=row.total,
                problem=row.problem,
            )
            for row in rows
        ],
        next=encode_cursor([rows[-1].client_name, rows[-1].client_id]) if more else None,
    )

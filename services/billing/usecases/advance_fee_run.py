"""The work of a fee run, step by step: each step is one commit, so a run goes on where a crash left it.

First all that permits says of the month is kept (the evidence); then clients get their invoices, a batch at a time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from prometheus_client import Counter

from chassis import telemetry
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.unit_of_work import UnitOfWork
from services.billing import messages as m
from services.billing.domain import amounts
from services.billing.domain import prices as rules
from services.billing.settings import settings
from services.billing.store import fee_runs, invoices, prices
from services.billing.store.tables import FeeRun
from services.billing.usecases.common import by_right, customer_of
from services.billing.usecases.issue import Draft, Issued, issue
from services.identity.messages import ClientCard, GetClients
from services.permits.messages import GetFeeBasisPage

log = telemetry.get_logger(__name__)
INVOICES = Counter("billing_fee_run_invoices_total", "Invoices issued by fee runs")
BATCH = 250
TURN_SECONDS = 20.0
PASSING = ("unavailable", "deadline", "too_many")
MOST_TRIES = 8


class Calls(Protocol):
    """The part of chassis.bus.Bus that a run needs."""

    def call(self, request: Any) -> Any:
        """Ask another service."""


@dataclass(frozen=True)
class Prices:
    """What a run charges by."""

    price_list_id: UUID
    legal_basis: str
    items: Sequence[rules.PriceItem]


def run(db: Database, bus: Calls, caller: Caller) -> int:
    """Work on every run that has something to do, for a while; returns how many steps were made."""
    until = time.monotonic() + TURN_SECONDS
    steps = 0
    with db.reading() as connection:
        going = fee_runs.going(connection, now())
    for found in going:
        while time.monotonic() < until and step(db, bus, found.id, caller):
            steps += 1
    return steps


def step(db: Database, bus: Calls, fee_run_id: UUID, caller: Caller) -> bool:
    """Make one step; False when there is nothing more to do now."""
    with db.reading() as connection:
        found = fee_runs.one(connection, fee_run_id)
    if found is None or found.state not in fee_runs.GOING:
        return False
    try:
        if found.state == "collecting":
            _collect(db, bus, found, caller)
        else:
            _issue(db, bus, found, caller)
    except PortalError as error:
        _stumbled(db, found, error, caller)
        return False
    except Exception:
        # A fault of ours: shown to the accountant and counted, not repeated every second for ever.
        log.error("fee run failed", fee_run=str(fee_run_id), exc_info=True)
        _stumbled(db, found, PortalError("internal"), caller)
        return False
    return True


def _collect(db: Database, bus: Calls, found: Any, caller: Caller) -> None:
    page = bus.call(GetFeeBasisPage(month=found.month, after=found.cursor))
    with db.unit_of_work(caller) as uow:
        fresh = fee_runs.keep_basis(uow.session, found.id, page.items)
        uow.session.execute(
            sa.update(FeeRun)
            .where(FeeRun.id == found.id)
            .values(
                cursor=page.next,
                permit_count=FeeRun.permit_count + fresh,
                state="collecting" if page.next else "issuing",
                tries=0,
                next_try_at=None,
                problem="",
            )
        )


def _issue(db: Database, bus: Calls, found: Any, caller: Caller) -> None:
    with db.reading() as connection:
        clients = [row.client_id for row in fee_runs.waiting(connection, found.id, BATCH)]
        if clients:
            head = prices.row(connection, found.price_list_id)
            assert head is not None
            charged = Prices(head.id, head.legal_basis, prices.items(connection, found.price_list_id))
            permits = fee_runs.basis_of(connection, found.id, clients)
    if not clients:
        _finish(db, found, caller)
        return
    cards = {card.client_id: card for card in bus.call(GetClients(client_ids=clients)).items}
    lines = {
        client_id: [line for permit in permits[client_id] for line in rules.monthly_lines(charged.items, permit)]
        for client_id in clients
    }
    with db.unit_of_work(caller) as uow:
        _issue_batch(uow, found, clients, lines, cards, charged)


def _issue_batch(
    uow: UnitOfWork,
    found: Any,
    clients: Sequence[UUID],
    lines: dict[UUID, list[amounts.Line]],
    cards: dict[UUID, ClientCard],
    charged: Prices,
) -> None:
    config = settings()
    # Whoever holds the series issues alone, so what is not there now cannot appear before our commit.
    invoices.lock_series(uow.session, config.invoice_series, found.issued_on.year)
    already = invoices.monthly_already(uow.session, found.month, clients)
    drafts: list[Draft] = []
    for client_id in clients:
        card = cards.get(client_id)
        if card is None:
            continue
        have = {row.vat_category for row in already.get(client_id, ())}
        drafts += [
            Draft(
                client_id=client_id,
                customer=customer_of(card),
                kind="monthly",
                lines=category_lines,
                legal=card.kind == "legal",
                month=found.month,
                fee_run_id=found.id,
            )
            for category, category_lines in amounts.by_vat_category(lines[client_id]).items()
            if category not in have
        ]
    issued: dict[UUID, list[Issued]] = {}
    for one in issue(
        uow,
        drafts,
        price_list_id=charged.price_list_id,
        legal_basis=charged.legal_basis,
        issued_on=found.issued_on,
        config=config,
    ):
        issued.setdefault(one.client_id, []).append(one)
    fee_runs.set_outcomes(
        uow.session,
        [_outcome(found.id, c, cards.get(c), issued.get(c, []), already.get(c, [])) for c in clients],
    )
    INVOICES.inc(len(drafts))


def _outcome(
    fee_run_id: UUID, client_id: UUID, card: ClientCard | None, issued: list[Issued], already: list[Any]
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "run": fee_run_id,
        "client": client_id,
        "outcome": "nothing",
        "invoice_id": None,
        "invoice_count": 0,
        "number": "",
        "total": None,
        "problem": "",
    }
    if card is None:
        return result | {"outcome": "problem", "problem": "client_unknown"}
    if issued:
        total = sum((one.total for one in issued), Decimal("0.00"))
        numbers = ", ".join(one.number for one in issued)
        return result | {
            "outcome": "issued",
            "invoice_id": issued[0].invoice_id,
            "invoice_count": len(issued),
            "number": numbers,
            "total": total,
        }
    if already:
        return result | {"outcome": "skipped", "invoice_id": already[0].id, "number": already[0].number}
    return result


def _finish(db: Database, found: Any, caller: Caller) -> None:
    with db.unit_of_work(caller) as uow:
        run = uow.session.get(FeeRun, found.id, with_for_update=True)
        if run is None or run.state != "issuing":
            return
        run.state, run.finished_at, run.problem = "finished", now(), ""
        uow.session.flush()
        shown = fee_runs.shown(fee_runs.one(uow.session, run.id))
        uow.emit(
            m.FeeRunFinished(
                fee_run_id=run.id,
                month=run.month,
                invoice_count=shown.invoice_count,
                total=shown.total,
                problem_count=shown.problem_count,
            )
        )
        uow.audit(
            "billing.fee_run.finish",
            on=("fee_run", run.id),
            right=by_right(caller, ""),
            detail={"month": str(run.month), "invoices": shown.invoice_count, "total": str(shown.total)},
        )
    log.info("fee run finished", fee_run=str(found.id), invoices=shown.invoice_count, skipped=shown.skipped_count)


def _stumbled(db: Database, found: Any, error: PortalError, caller: Caller) -> None:
    """Trouble that passes is waited for; other trouble ends the run after some tries, with its reason shown."""
    tries = found.tries + 1
    failed = error.code not in PASSING and tries >= MOST_TRIES
    log.warning("fee run stumbled", fee_run=str(found.id), code=error.code, tries=tries, failed=failed)
    with db.unit_of_work(caller) as uow:
        uow.session.execute(
            sa.update(FeeRun)
            .where(FeeRun.id == found.id)
            .values(
                tries=tries,
                next_try_at=now() + timedelta(seconds=min(2**tries, 60)),
                problem=error.code,
                state="failed" if failed else found.state,
                finished_at=now() if failed else None,
            )
        )

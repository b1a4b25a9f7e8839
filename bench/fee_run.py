"""(d) The monthly fee run: invoices a second, with lines, numbers, postings, events and audit records, on a database.

An empty database of billing on the stack's server; permits and identity are answered from memory, so that what is
measured is billing's own work. Beside it, in turn: the same work with one invoice a transaction.
"""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from bench.report import Bar, Finding
from chassis.caller import Caller, timer_caller
from chassis.database import Database
from chassis.migrate import migrate
from services.billing import messages as m
from services.billing.demo import load
from services.billing.store import tables
from services.billing.usecases import advance_fee_run, fee_runs, read_ledger
from services.identity.messages import ClientCard, ClientCards, GetClients
from services.permits.messages import FEE_PAGE, FeeBasis, FeeBasisPage
from tests import stack

CLIENTS, PERMITS_EACH = 2_000, 5
ROUNDS = 3
ONE_BY_ONE = 200
BAR = 200  # "hundreds of invoices a second"

TIMER = timer_caller("billing", "advance_fee_runs")
ACCOUNTANT = Caller(kind="staff", user=uuid.uuid4(), roles=frozenset({"accountant"}), name="Bench")


class Others:
    """Permits and identity, answering from memory."""

    def __init__(self, clients: int) -> None:
        holders = [uuid.uuid4() for _ in range(clients)]
        permits = [_permit(holder, number) for holder in holders for number in range(PERMITS_EACH)]
        cut = [permits[start : start + FEE_PAGE] for start in range(0, len(permits), FEE_PAGE)]
        self.pages = [
            FeeBasisPage(items=part, next=str(number + 1) if number + 1 < len(cut) else None)
            for number, part in enumerate(cut)
        ]

    def call(self, request: Any) -> Any:
        """Answer as the service asked would."""
        if isinstance(request, GetClients):
            return ClientCards(items=[_card(client_id) for client_id in request.client_ids])
        return self.pages[int(request.after or 0)]


def _permit(holder: uuid.UUID, number: int) -> FeeBasis:
    return FeeBasis(
        permit_id=uuid.uuid4(), permit_no=f"RA-{number:06d}", holder_client_id=holder, holder_name="SIA Bench",
        service_kind=("fixed", "land_mobile", "broadcasting")[number % 3], permit_kind="use", station_count=2,
        assignment_count=4, bandwidth_khz=Decimal("56000"), days_in_force=30, days_in_month=30,
    )  # fmt: skip


def _card(client_id: uuid.UUID) -> ClientCard:
    return ClientCard(
        client_id=client_id, kind="legal", name=f"SIA Bench {client_id.hex[:6]}", reg_no="40203100010",
        address="Brīvības iela 214, Rīga", email="a@example.com", invoice_email=None, phone=None, language="lv",
    )  # fmt: skip


@contextmanager
def _database() -> Iterator[Database]:
    """An empty database of billing with the demo's price lists."""
    url = sa.make_url(stack.endpoints()["database_admin"]).set(drivername="postgresql+psycopg2")
    name = f"bench_{uuid.uuid4().hex[:8]}"
    with sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool).connect() as admin:
        admin.execute(sa.text(f"CREATE DATABASE {name}"))
        own = url.set(database=name).render_as_string(hide_password=False)
        try:
            migrate("billing", own)
            database = Database("billing", tables.metadata, url=own, pool_size=4)
            load(database)
            yield database
            database.close()
        finally:
            admin.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


def _run(db: Database, month: date, clients: int, batch: int) -> tuple[float, list[float], int]:
    """Return the seconds of a whole run, of each issuing step, and the invoices issued."""
    others = Others(clients)
    advance_fee_run.BATCH = batch
    started_run = fee_runs.start(db, m.StartFeeRun(month=month), ACCOUNTANT)
    steps: list[float] = []
    began = time.perf_counter()
    while True:
        started = time.perf_counter()
        if not advance_fee_run.step(db, others, started_run.fee_run_id, TIMER):
            break
        steps.append(time.perf_counter() - started)
    seconds = time.perf_counter() - began
    done = fee_runs.one(db, m.GetFeeRun(fee_run_id=started_run.fee_run_id), ACCOUNTANT)
    assert done.state == "finished", done
    return seconds, steps[len(others.pages) : -1], done.invoice_count


def run() -> Finding:
    """Measure, print invoices a second, and check the books afterwards."""
    stack.use_stack_environment("billing")
    finding = Finding(
        "d-fee-run",
        "(d) Monthly fee run",
        ("", "invoices/s p50", "lowest", "batch p50 / p95, ms"),
        notes=f"{CLIENTS} clients with {PERMITS_EACH} permits each, {ROUNDS} runs, whole run from asking permits to "
        f"the last commit: lines, gap-free numbers, double-entry postings, event and audit record of each invoice.",
    )
    batch = advance_fee_run.BATCH
    rates: dict[str, list[float]] = {"batched": [], "one by one": []}
    steps: dict[str, list[float]] = {"batched": [], "one by one": []}
    with _database() as db:
        month = date(2024, 1, 1)
        for _ in range(ROUNDS):
            for name, clients, size in (("batched", CLIENTS, batch), ("one by one", ONE_BY_ONE, 1)):
                seconds, took, issued = _run(db, month, clients, size)
                rates[name].append(issued / seconds)
                steps[name] += took
                month = (month + timedelta(days=32)).replace(day=1)
        advance_fee_run.BATCH = batch
        books = read_ledger.check(db, m.CheckLedger(), ACCOUNTANT)
        assert books.balanced, books.faults
    for name, found in rates.items():
        took = sorted(steps[name])
        p95 = took[int(len(took) * 0.95)]
        finding.rows.append(
            (
                f"{name} ({batch if name == 'batched' else 1} a transaction)",
                f"{statistics.median(found):.0f}",
                f"{min(found):.0f}",
                f"{statistics.median(took) * 1000:.0f} / {p95 * 1000:.0f}",
            )
        )
    batched = statistics.median(rates["batched"])
    finding.bars.append(Bar("invoices a second", batched, BAR))
    finding.bars.append(Bar("batched against one by one", batched / statistics.median(rates["one by one"]), 2))
    return finding

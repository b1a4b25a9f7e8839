"""Fee runs and permit fees: once per client and month, once per permit, resumable, by the price list in force."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from chassis.caller import AlreadyHandled, Caller, Delivery, service_caller
from chassis.days import now, riga_today
from chassis.errors import PortalError
from services.billing import messages as m
from services.billing.store.tables import FeeRun, Invoice, InvoiceLine
from services.billing.usecases import (
    advance_fee_run,
    fee_runs,
    invoice_permit,
    publish_price_list,
    read_prices,
    save_price_list,
)
from services.permits.messages import FeeBasis, FeeBasisPage, FeeItem, PermitIssued
from tests.integration.billing.world import ACCOUNTANT, TIMER, Clients, World, price_item

MONTHS = iter([date(2023, month, 1) for month in range(1, 13)])


def basis(client: UUID, number: int, kind: str = "fixed", **changed: Any) -> FeeBasis:
    fields: dict[str, Any] = {
        "permit_id": uuid4(), "permit_no": f"RA-{number:04d}", "holder_client_id": client, "holder_name": "SIA",
        "service_kind": kind, "permit_kind": "use", "station_count": 2, "assignment_count": 4,
        "bandwidth_khz": Decimal("56000"), "days_in_force": 30, "days_in_month": 30,
    }  # fmt: skip
    return FeeBasis(**(fields | changed))


def pages(permits: list[FeeBasis], size: int = 3) -> list[FeeBasisPage]:
    cut = [permits[start : start + size] for start in range(0, len(permits), size)] or [[]]
    return [
        FeeBasisPage(items=part, next=str(number + 1) if number + 1 < len(cut) else None)
        for number, part in enumerate(cut)
    ]


def start(world: World, month: date) -> m.FeeRun:
    return fee_runs.start(world.db, m.StartFeeRun(month=month), ACCOUNTANT)


def finish(world: World, run: m.FeeRun, calls: Clients) -> m.FeeRun:
    while advance_fee_run.step(world.db, calls, run.fee_run_id, TIMER):
        pass
    return fee_runs.one(world.db, m.GetFeeRun(fee_run_id=run.fee_run_id), ACCOUNTANT)


def invoices_of(world: World, month: date) -> list[Any]:
    with world.db.reading() as connection:
        return list(
            connection.execute(
                sa.select(Invoice.client_id, Invoice.id, Invoice.vat_category, Invoice.total)
                .where(Invoice.month == month)
                .order_by(Invoice.sequence)
            )
        )


def test_each_client_gets_one_invoice_per_vat_treatment(world: World) -> None:
    month = next(MONTHS)
    radio, television, amateur = uuid4(), uuid4(), uuid4()
    permits = [basis(radio, 1), basis(radio, 2), basis(television, 3, "broadcast_aux"), basis(amateur, 4, "amateur")]
    done = finish(world, start(world, month), Clients(pages(permits)))
    assert (done.state, done.permit_count, done.client_count, done.invoice_count) == ("finished", 4, 3, 3)
    found = {(row.client_id, row.vat_category): row.total for row in invoices_of(world, month)}
    assert found == {
        (radio, "O"): Decimal("24.08"),  # two permits, 56 MHz each at 0.2150
        (radio, "S"): Decimal("12.10"),  # twice 5.00 and 21 %
        (television, "O"): Decimal("8.06"),
    }
    with world.db.reading() as connection:
        lines = connection.execute(
            sa.select(InvoiceLine.permit_no, InvoiceLine.quantity, InvoiceLine.net)
            .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
            .where(Invoice.client_id == radio, Invoice.vat_category == "O")
            .order_by(InvoiceLine.position)
        ).all()
    assert [tuple(row) for row in lines] == [
        ("RA-0001", Decimal("56.0000"), Decimal("12.04")),
        ("RA-0002", Decimal("56.0000"), Decimal("12.04")),
    ]
    report: list[m.FeeRunResult] = []
    after = None
    while True:
        asked = m.FeeRunReport(fee_run_id=done.fee_run_id, limit=2, after=after)
        page = fee_runs.report(world.db, asked, ACCOUNTANT)
        report, after = report + page.items, page.next
        if after is None:
            break
    assert len(report) == 3
    assert {row.client_id: row.outcome for row in report} == {radio: "issued", television: "issued", amateur: "nothing"}
    assert world.books().balanced, world.books().faults


def test_a_second_run_issues_nothing_twice_and_says_so(world: World) -> None:
    month = next(MONTHS)
    old, new = uuid4(), uuid4()
    finish(world, start(world, month), Clients(pages([basis(old, 1)])))
    before = invoices_of(world, month)
    done = finish(world, start(world, month), Clients(pages([basis(old, 1), basis(new, 2, "broadcast_aux")])))
    assert (done.invoice_count, done.skipped_count) == (1, 1)
    assert invoices_of(world, month)[:-1] == before
    again = finish(world, start(world, month), Clients(pages([basis(old, 1), basis(new, 2, "broadcast_aux")])))
    assert (again.invoice_count, again.skipped_count, again.total) == (0, 2, 0)


class Dying(Clients):
    """Another service that is there for a number of calls, then the process is gone."""

    def __init__(self, pages: list[Any], lives: int) -> None:
        super().__init__(pages)
        self.lives = lives

    def call(self, request: Any) -> Any:
        self.lives -= 1
        if self.lives < 0:
            raise KeyboardInterrupt
        return super().call(request)


def test_a_run_goes_on_wherever_it_was_killed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advance_fee_run, "BATCH", 2)
    month = next(MONTHS)
    clients = [uuid4() for _ in range(7)]
    permits = [basis(client, number) for number, client in enumerate(clients)]
    run = start(world, month)
    deaths = 0
    while True:
        calls = Dying(pages(permits, 2), lives=1)
        try:
            done = finish(world, run, calls)
        except KeyboardInterrupt:
            deaths += 1
            continue
        break
    assert deaths >= 7
    assert (done.state, done.invoice_count, done.client_count) == ("finished", 14, 7)
    rows = invoices_of(world, month)
    assert len({(row.client_id, row.vat_category) for row in rows}) == len(rows) == 14
    assert world.books().balanced, world.books().faults


def test_a_killed_issuing_leaves_no_half_a_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    month = next(MONTHS)
    run = start(world, month)
    calls = Clients(pages([basis(uuid4(), 1), basis(uuid4(), 2)]))
    assert advance_fee_run.step(world.db, calls, run.fee_run_id, TIMER)

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(advance_fee_run.fee_runs, "set_outcomes", dies)
        with pytest.raises(KeyboardInterrupt):
            advance_fee_run.step(world.db, calls, run.fee_run_id, TIMER)
    assert invoices_of(world, month) == []
    assert finish(world, run, calls).invoice_count == 4
    assert world.books().balanced, world.books().faults


class Away(Clients):
    """A service that is not there."""

    def call(self, request: Any) -> Any:
        raise PortalError("unavailable")


def test_a_service_that_is_away_is_waited_for(world: World) -> None:
    month = next(MONTHS)
    run = start(world, month)
    for _ in range(advance_fee_run.MOST_TRIES + 1):
        assert not advance_fee_run.step(world.db, Away(), run.fee_run_id, TIMER)
    waiting = fee_runs.one(world.db, m.GetFeeRun(fee_run_id=run.fee_run_id), ACCOUNTANT)
    assert (waiting.state, waiting.problem) == ("collecting", "unavailable")
    assert advance_fee_run.run(world.db, Clients(pages([])), TIMER) == 0  # not before its time
    with world.db.engine.begin() as connection:
        connection.execute(sa.update(FeeRun).where(FeeRun.id == run.fee_run_id).values(next_try_at=now()))
    advance_fee_run.run(world.db, Clients(pages([basis(uuid4(), 1)])), TIMER)
    assert fee_runs.one(world.db, m.GetFeeRun(fee_run_id=run.fee_run_id), ACCOUNTANT).state == "finished"


def test_a_client_identity_does_not_know_is_a_problem_in_the_report(world: World) -> None:
    month = next(MONTHS)
    known, unknown = uuid4(), uuid4()
    calls = Clients(pages([basis(known, 1), basis(unknown, 2)]), unknown=[unknown])
    done = finish(world, start(world, month), calls)
    assert (done.invoice_count, done.problem_count) == (2, 1)
    report = fee_runs.report(world.db, m.FeeRunReport(fee_run_id=done.fee_run_id, outcome="problem"), ACCOUNTANT)
    assert [(row.client_id, row.problem) for row in report.items] == [(unknown, "client_unknown")]


def test_one_run_of_a_month_at_a_time_and_only_of_months_that_began(world: World) -> None:
    month = next(MONTHS)
    run = start(world, month)
    with pytest.raises(PortalError) as refused:
        start(world, month)
    assert refused.value.code == "billing.fee_run_going"
    finish(world, run, Clients(pages([])))
    with pytest.raises(PortalError) as refused:
        start(world, (riga_today().replace(day=1) + timedelta(days=40)).replace(day=1))
    assert refused.value.code == "billing.month_not_begun"
    with pytest.raises(PortalError) as refused:
        start(world, date(2022, 9, 1))
    assert refused.value.code == "billing.no_price_list"


def issued(client: UUID, **changed: Any) -> PermitIssued:
    fields: dict[str, Any] = {
        "permit_id": uuid4(), "permit_no": "RA-2026-000777", "client_id": client, "case_id": uuid4(),
        "service_kind": "fixed", "permit_kind": "install",
        "fee_items": [FeeItem(code="issue.fixed", quantity=Decimal(2))],
    }  # fmt: skip
    return PermitIssued(**(fields | changed))


def delivery() -> Delivery:
    return Delivery(uuid4(), "billing.on_permit_issued", service_caller("permits"), now(), "c0ffee")


def test_a_permits_fee_is_invoiced_exactly_once(world: World) -> None:
    client = uuid4()
    event, handed = issued(client), delivery()
    assert invoice_permit.run(world.db, Clients(), event, handed) == 1
    with pytest.raises(AlreadyHandled):
        invoice_permit.run(world.db, Clients(), event, handed)
    assert invoice_permit.run(world.db, Clients(), event, delivery()) == 0  # told again under another id
    anna = Caller(kind="user", user=uuid4(), client=client, rights=frozenset({"finance.see"}))
    from services.billing.usecases import read_invoices

    (row,) = read_invoices.page(world.db, m.ListInvoices(), anna).items
    assert (row.kind, row.total) == ("one_off", Decimal("44.20"))
    told = world.event("invoice.issued", row.invoice_id)
    assert (told["case_id"], told["permit_ids"]) == (str(event.case_id), [str(event.permit_id)])


def test_a_fee_without_a_price_or_a_client_stays_to_be_done(world: World) -> None:
    nothing = issued(uuid4(), permit_kind="shared")
    handed = delivery()
    with pytest.raises(PortalError) as refused:
        invoice_permit.run(world.db, Clients(), nothing, handed)
    assert refused.value.code == "billing.no_price"
    stranger = uuid4()
    with pytest.raises(PortalError):
        invoice_permit.run(world.db, Clients(unknown=[stranger]), issued(stranger), delivery())
    with world.db.reading() as connection:
        inbox = world.db.tables.inbox
        assert connection.execute(sa.select(inbox.c.event_id).where(inbox.c.event_id == handed.event_id)).all() == []


def draft(world: World, first: date, **changed: Any) -> m.PriceList:
    made = save_price_list.create(
        world.db, m.CreatePriceList(title="Nr. 700", legal_basis="MK Nr. 700", valid_from=first, **changed), ACCOUNTANT
    )
    return made


@pytest.mark.requirement("S1-15")
def test_price_lists_change_only_as_drafts_and_follow_each_other(world: World) -> None:
    today = riga_today()
    copy = draft(world, today + timedelta(days=10), copy_from=world.price_list_id)
    current = read_prices.in_force(world.db, m.PriceListInForce(), Caller())
    assert copy.items == current.items
    saved = save_price_list.save(
        world.db,
        m.SavePriceList(
            price_list_id=copy.price_list_id, version=copy.version, title="Nr. 700", legal_basis="MK Nr. 700",
            valid_from=copy.valid_from, items=[price_item("1", "1.00"), *copy.items],
        ),
        ACCOUNTANT,
    )  # fmt: skip
    stale = m.PublishPriceList(price_list_id=copy.price_list_id, version=copy.version)
    with pytest.raises(PortalError) as refused:
        publish_price_list.run(world.db, stale, ACCOUNTANT)
    assert refused.value.code == "stale"
    publish = m.PublishPriceList(price_list_id=copy.price_list_id, version=saved.version)
    published = publish_price_list.run(world.db, publish, ACCOUNTANT)
    for day, expected in ((9, current.price_list_id), (10, copy.price_list_id)):
        found = read_prices.in_force(world.db, m.PriceListInForce(day=today + timedelta(days=day)), Caller())
        assert found.price_list_id == expected
    with pytest.raises(PortalError) as refused:
        save_price_list.drop(
            world.db, m.DropPriceList(price_list_id=copy.price_list_id, version=published.version), ACCOUNTANT
        )
    assert refused.value.code == "billing.price_list_published"
    for statement in (
        "UPDATE price_lists SET title = 'x' WHERE id = :id",
        "UPDATE price_items SET price = 0 WHERE price_list_id = :id",
        "DELETE FROM price_items WHERE price_list_id = :id",
        "UPDATE price_lists SET state = 'draft', published_at = NULL WHERE id = :id",
    ):
        with pytest.raises(sa.exc.DBAPIError, match="cannot change"), world.db.engine.begin() as connection:
            connection.execute(sa.text(statement), {"id": copy.price_list_id})


def test_an_empty_draft_is_not_published_and_a_draft_can_be_thrown_away(world: World) -> None:
    empty = draft(world, riga_today() + timedelta(days=400))
    with pytest.raises(PortalError) as refused:
        publish_price_list.run(
            world.db, m.PublishPriceList(price_list_id=empty.price_list_id, version=empty.version), ACCOUNTANT
        )
    assert refused.value.code == "billing.price_list_empty"
    save_price_list.drop(
        world.db, m.DropPriceList(price_list_id=empty.price_list_id, version=empty.version), ACCOUNTANT
    )
    with pytest.raises(PortalError) as refused:
        read_prices.one(world.db, m.GetPriceList(price_list_id=empty.price_list_id), ACCOUNTANT)
    assert refused.value.code == "not_found"

"""What is issued or booked never changes, numbers have no gaps, lists page by key, the PDF says what the law wants."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pypdf import PdfReader

from chassis.caller import service_caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.messages import Page
from services.billing import messages as m
from services.billing.settings import settings
from services.billing.store import invoices as store
from services.billing.store import tables
from services.billing.usecases import (
    fee_runs,
    invoice_pdf,
    read_invoices,
    read_ledger,
    read_payments,
    read_prices,
    suspense,
    tell_overdue,
)
from services.billing.usecases.issue import Draft, issue
from tests.integration.billing.world import ACCOUNTANT, TIMER, World, line

UNSIGNED = "Rēķins sagatavots elektroniski un ir derīgs bez paraksta"


def refused_by_the_database(db: Database, statement: str, **values: object) -> str:
    with pytest.raises(sa.exc.DBAPIError) as refused, db.engine.begin() as connection:
        connection.execute(sa.text(statement), values)
    return str(refused.value.orig)


def test_an_issued_invoice_can_not_be_changed_even_by_hand(world: World) -> None:
    anna = world.client()
    invoice = world.invoice(anna, "10.00")
    key = {"id": invoice.invoice_id}
    for statement in (
        "UPDATE invoices SET client_name = 'x' WHERE id = :id",
        "UPDATE invoices SET net = 1, vat = 0, total = 1 WHERE id = :id",
        "DELETE FROM invoices WHERE id = :id",
    ):
        assert "cannot change" in refused_by_the_database(world.db, statement, **key)
    for table in ("invoice_lines", "invoice_history"):
        assert "append-only" in refused_by_the_database(world.db, f"DELETE FROM {table} WHERE invoice_id = :id", **key)
    assert "check" in refused_by_the_database(world.db, "UPDATE invoices SET paid = 10.01 WHERE id = :id", **key)


def test_the_ledger_is_append_only_and_every_set_balances(world: World) -> None:
    world.invoice(world.client(), "10.00")
    for statement in ("UPDATE postings SET debit = debit + 1", "DELETE FROM postings", "TRUNCATE postings",
                      "DELETE FROM posting_sets", "UPDATE posting_sets SET what = 'x'"):  # fmt: skip
        assert "append-only" in refused_by_the_database(world.db, statement)
    insert = (
        "WITH s AS (INSERT INTO posting_sets (id, source, what) VALUES (:id, :source, 'test') RETURNING id)"
        " INSERT INTO postings (set_id, position, account, debit, credit)"
        " SELECT id, n, 'suspense', d, c FROM s, (VALUES (1, 5.00, 0), (2, 0, 4.99)) AS v (n, d, c)"
    )
    message = refused_by_the_database(world.db, insert, id=new_id(), source="test:one")
    assert "does not balance" in message
    empty = "INSERT INTO posting_sets (id, source, what) VALUES (:id, :source, 'test')"
    assert "does not balance" in refused_by_the_database(world.db, empty, id=new_id(), source="test:two")
    old = (
        "INSERT INTO postings (set_id, position, account, debit) SELECT id, 99, 'suspense', 1 FROM posting_sets LIMIT 1"
    )
    assert "does not balance" in refused_by_the_database(world.db, old)


def test_the_same_fact_is_never_booked_twice(world: World) -> None:
    from services.billing.domain import ledger
    from services.billing.store import ledger as journal

    posting = ledger.suspense_received(uuid4(), None, Decimal("1.00"))
    with pytest.raises(sa.exc.IntegrityError), world.db.unit_of_work(TIMER) as uow:
        journal.book(uow.session, [posting, posting])


def test_numbers_have_no_gaps_though_some_who_took_them_failed(world: World) -> None:
    client = uuid4()
    draft = Draft(client, m.Party(name="SIA"), "one_off", [line("1.00", kind="one_off")])

    def work(turn: int) -> None:
        for again in range(4):
            try:
                with world.db.unit_of_work(service_caller("billing")) as uow:
                    issue(uow, [draft, draft], price_list_id=world.price_list_id, legal_basis="x",
                          issued_on=date(2031, 5, 5), config=settings())  # fmt: skip
                    if (turn + again) % 2:
                        raise RuntimeError("the light went out")
            except RuntimeError:
                continue

    threads = [threading.Thread(target=work, args=(turn,)) for turn in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with world.db.reading() as connection:
        rows = connection.execute(
            sa.select(tables.Invoice.sequence).where(tables.Invoice.year == 2031).order_by(tables.Invoice.sequence)
        )
        assert list(rows.scalars()) == list(range(1, 25))
    assert world.books().balanced, world.books().faults


def test_a_check_of_the_books_notices_what_is_wrong(world: World) -> None:
    anna = world.client()
    invoice = world.invoice(anna, "10.00")
    with world.db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE invoices SET paid = 4 WHERE id = :id"), {"id": invoice.invoice_id})
    report = world.books()
    assert not report.balanced
    assert any(str(anna.client) in fault for fault in report.faults)
    assert any(invoice.number in fault for fault in report.faults)
    with world.db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE invoices SET paid = 0 WHERE id = :id"), {"id": invoice.invoice_id})
    assert world.books().balanced


@pytest.mark.requirement("S1-10")
def test_the_balance_comes_from_the_ledger(world: World) -> None:
    anna = world.client()
    world.invoice(anna, "10.00", days_ago=60)
    newer = world.invoice(anna, "5.00")
    balance = read_invoices.balance(world.db, m.Balance(), anna)
    assert (balance.owed, balance.open_count) == (Decimal("15.00"), 2)
    assert (balance.overdue, balance.overdue_count) == (Decimal("10.00"), 1)
    assert balance.next_due_on == riga_today() - timedelta(days=40)
    world.pay(anna, newer)
    assert read_invoices.balance(world.db, m.Balance(), anna).in_payment == Decimal("5.00")
    with pytest.raises(PortalError) as refused:
        read_invoices.balance(world.db, m.Balance(client_id=uuid4()), anna)
    assert refused.value.code == "not_found"


@pytest.mark.parametrize("sort", ["issued", "-issued", "due", "-due", "total", "-total"])
def test_lists_page_by_key_without_losing_or_doubling(world: World, sort: str) -> None:
    anna = world.client()
    made = {world.invoice(anna, "5.00", days_ago=turn // 3).invoice_id for turn in range(11)}
    seen: list[m.InvoiceRow] = []
    after = None
    while True:
        page = read_invoices.page(world.db, m.ListInvoices(sort=sort, limit=3, after=after), anna)  # type: ignore[arg-type]
        seen += page.items
        after = page.next
        if after is None:
            break
    assert len(seen) == 11
    assert {one.invoice_id for one in seen} == made
    field = {"issued": "issued_on", "due": "due_on", "total": "total"}[sort.lstrip("-")]
    values = [getattr(one, field) for one in seen]
    assert values == sorted(values, reverse=sort.startswith("-"))


@pytest.mark.parametrize(
    "cursor", ["abc", "W10", "WyJ4IiwieSJd", "W1siYSJdLHsiYiI6MX1d", "WzEsMl0", "WyJ4Il0", "W251bGxd"]
)
def test_a_cursor_we_never_handed_out_is_refused(world: World, cursor: str) -> None:
    asks: list[Callable[[], object]] = [
        *(
            lambda sort=sort: read_invoices.page(world.db, m.ListInvoices(sort=sort, after=cursor), ACCOUNTANT)  # type: ignore[misc]
            for sort in ("issued", "total")
        ),
        lambda: read_payments.page(world.db, m.ListPayments(after=cursor), ACCOUNTANT),
        lambda: suspense.page(world.db, m.ListSuspense(after=cursor), ACCOUNTANT),
        lambda: fee_runs.page(world.db, m.ListFeeRuns(after=cursor), ACCOUNTANT),
        lambda: fee_runs.report(world.db, m.FeeRunReport(fee_run_id=uuid4(), after=cursor), ACCOUNTANT),
        lambda: read_prices.page(world.db, m.ListPriceLists(after=cursor), ACCOUNTANT),
        lambda: read_ledger.journal(world.db, m.ListPostings(after=cursor), ACCOUNTANT),
    ]
    for ask in asks:
        with pytest.raises(PortalError) as refused:
            ask()
        assert (refused.value.code, refused.value.field) == ("malformed", "after")


def test_every_list_pages_without_losing_or_doubling(world: World) -> None:
    anna = world.client()
    for _ in range(3):
        world.pay(anna, world.invoice(anna, "2.00"))

    def through(ask: Callable[[str | None], Page[Any]], key: str) -> list[object]:
        seen, after = [], None
        while True:
            page = ask(after)
            seen += [getattr(one, key) for one in page.items]
            after = page.next
            if after is None:
                return seen

    paid = through(lambda a: read_payments.page(world.db, m.ListPayments(limit=1, after=a), anna), "payment_id")
    assert len(paid) == len(set(paid)) == 3
    asked = {"client_id": anna.client, "limit": 1}
    sets = through(lambda a: read_ledger.journal(world.db, m.ListPostings(after=a, **asked), ACCOUNTANT), "number")
    assert len(sets) == 3
    assert sets == sorted(set(sets), reverse=True)  # type: ignore[type-var]
    lists = through(lambda a: read_prices.page(world.db, m.ListPriceLists(limit=1, after=a), ACCOUNTANT), "title")
    assert len(lists) == len(set(lists))


def test_search_finds_number_client_and_permit(world: World) -> None:
    anna = world.client()
    invoice = world.invoice(anna, "5.00")
    for word in (invoice.number.lower(), "tests", "RA-2026-000005"):
        found = read_invoices.page(world.db, m.ListInvoices(search=word), anna).items
        assert [one.invoice_id for one in found] == [invoice.invoice_id], word
    assert read_invoices.page(world.db, m.ListInvoices(search="100%"), anna).items == []


def test_filters_tell_paid_from_unpaid_from_late(world: World) -> None:
    anna = world.client()
    late, fresh = world.invoice(anna, "5.00", days_ago=40), world.invoice(anna, "6.00")
    payment = world.pay(anna, fresh)
    world.decide(payment, "before")
    world.until(payment, "paid")

    def found(state: str) -> list[object]:
        return [one.invoice_id for one in read_invoices.page(world.db, m.ListInvoices(state=state), anna).items]  # type: ignore[arg-type]

    assert (found("unpaid"), found("overdue"), found("paid")) == (
        [late.invoice_id],
        [late.invoice_id],
        [fresh.invoice_id],
    )


def test_lateness_is_told_once(world: World) -> None:
    anna = world.client()
    late, due_today = world.invoice(anna, "5.00", days_ago=21), world.invoice(anna, "5.00", days_ago=20)
    tell_overdue.run(world.db, TIMER)
    tell_overdue.run(world.db, TIMER)
    assert world.events(late.invoice_id) == ["invoice.issued", "invoice.overdue"]
    assert world.events(due_today.invoice_id) == ["invoice.issued"]


@pytest.mark.requirement("S4-08")
@pytest.mark.requirement("S1-49")
@pytest.mark.requirement("S1-02")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("lv", ["Rēķins", "Apmaksāt līdz", "Fiksēto sakaru EMS", UNSIGNED]),
        ("en", ["Invoice", "Due date", "EMC of fixed links", "Prepared electronically"]),
    ],
)  # fmt: skip
def test_the_pdf_is_archivable_accessible_and_complete(world: World, language: str, words: list[str]) -> None:
    anna = world.client()
    made = world.invoice(anna, "1234.56", vat="S")
    invoice = read_invoices.one(world.db, m.GetInvoice(invoice_id=made.invoice_id), anna)
    asked = m.InvoicePdf(invoice_id=made.invoice_id, language=language)  # type: ignore[arg-type]
    chunk = invoice_pdf.run(world.db, asked, anna)
    assert chunk.next is None
    body = base64.b64decode(chunk.data)
    reader = PdfReader(io.BytesIO(body))
    text = " ".join("".join(page.extract_text() for page in reader.pages).split())
    reference = " ".join(invoice.reference[i : i + 4] for i in range(0, len(invoice.reference), 4))
    supplier = ["VAS “Elektroniskie sakari”", "40003021907", "Eksporta iela 5, Rīga, LV-1010"]
    for word in [*words, *supplier, made.number, "RA-2026-000005", reference, "1 493,82 €", "259,26 €"]:
        assert word in text.replace("\u00a0", " "), word
    metadata = reader.xmp_metadata
    assert metadata is not None
    xmp = metadata.stream.get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert reader.trailer["/Root"]["/Lang"] == language  # type: ignore[index]
    assert invoice_pdf.run(world.db, asked, anna).data == chunk.data
    with world.db.reading() as connection:
        layout = invoice_pdf.invoice_pdf.layout()
        assert store.document(connection, made.invoice_id, language, layout) == body


def test_a_document_that_no_longer_fits_the_layout_is_made_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = world.client()
    made = world.invoice(anna, "10.00")
    asked = m.InvoicePdf(invoice_id=made.invoice_id)
    rendered: list[str] = []
    original = invoice_pdf.invoice_pdf.render

    def counting(invoice: m.Invoice, language: str) -> bytes:
        rendered.append(language)
        return original(invoice, language)

    monkeypatch.setattr(invoice_pdf.invoice_pdf, "render", counting)
    invoice_pdf.run(world.db, asked, anna)
    invoice_pdf.run(world.db, asked, anna)
    monkeypatch.setattr(invoice_pdf.invoice_pdf, "layout", lambda: "another")
    invoice_pdf.run(world.db, asked, anna)
    assert rendered == ["lv", "lv"]


def test_another_clients_invoice_is_not_there(world: World) -> None:
    anna, ilze = world.client(), world.client()
    made = world.invoice(anna, "10.00")
    for ask in (
        lambda: read_invoices.one(world.db, m.GetInvoice(invoice_id=made.invoice_id), ilze),
        lambda: invoice_pdf.run(world.db, m.InvoicePdf(invoice_id=made.invoice_id), ilze),
        lambda: read_invoices.page(world.db, m.ListInvoices(client_id=anna.client), ilze),
    ):
        with pytest.raises(PortalError) as refused:
            ask()
        assert refused.value.code == "not_found"
    assert read_invoices.one(world.db, m.GetInvoice(invoice_id=made.invoice_id), ACCOUNTANT).number == made.number


def test_the_tables_in_code_are_the_tables_in_the_database(new_database: Callable[..., str]) -> None:
    engine = sa.create_engine(new_database("billing"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, tables.metadata)
    engine.dispose()
    # Indexes, checks and unique constraints live in the migrations only; columns must agree.
    wrong = [one for one in found if isinstance(one, list) or one[0] in ("add_table", "remove_table", "add_column",
                                                                       "remove_column")]  # fmt: skip
    assert [one for one in wrong if "alembic_version" not in str(one)] == []

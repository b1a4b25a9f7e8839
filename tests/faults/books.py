"""After the faults: what the load wrote against what the services hold, each in its own database and over the API."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import orjson
import pika
import sqlalchemy as sa

from tests import stack
from tests.faults import machine
from tests.faults.load import PART, Load
from tests.journeys.api_client import Api
from tests.journeys.people import ACCOUNTANT


def query(service: str, statement: str, **values: Any) -> list[Any]:
    """Rows of a service's own database."""
    engine = sa.create_engine(stack.database_url(service), poolclass=sa.NullPool)
    with engine.connect() as connection:
        return list(connection.execute(sa.text(statement), values))


def outboxes_empty() -> bool:
    """Whether every event that was written has been published."""
    return all(box is not None and box["pending"] == 0 for box in machine.status()["outbox"].values())


def dead_letters() -> dict[str, int]:
    """Queues of dead letters that hold any."""
    return {name: depth for name, depth in machine.status()["dead_letters"].items() if depth}


def unsettled(load: Load) -> list[str]:
    """Payments of the load that the bank took and the portal has not booked yet."""
    states = {row["payment_id"]: row["state"] for row in load.anna.all("/payments")}
    return [number for number in load.written.payments if states.get(number) != "paid"]


def amounts_off(load: Load) -> dict[str, tuple[Decimal, Decimal]]:
    """Invoices whose paid amount is not what was paid: {invoice: (expected, found)}."""
    times = Counter(load.written.payments.values())
    found = {row["invoice_id"]: Decimal(row["paid"]) for row in load.anna.all("/invoices")}
    expected = {number: load.paid_before.get(number, Decimal(0)) + PART * times[number] for number in found}
    assert times.keys() <= found.keys(), "invoices that were paid are gone"
    return {number: (expected[number], found[number]) for number in found if found[number] != expected[number]}


def ledger_differences(load: Load) -> list[Any]:
    """What the accountant's check of the books finds."""
    report = Api.signed_in(stack.portal_url(), ACCOUNTANT).get("/staff/ledger")
    return [] if report["balanced"] else [report]


def unfinished(load: Load) -> list[str]:
    """Approved cases of the load without a permit or without an invoice yet."""
    rows = {row["case_id"]: row["status"] for row in load.anna.all("/requests", limit=100)}
    return [case for case in load.written.cases if rows.get(case) != "completed"]


def rows_not_exactly_once(load: Load) -> dict[str, dict[str, int]]:
    """Cases of the load that do not have exactly one permit, one invoice and one message about the permit."""
    wanted = dict.fromkeys(load.written.cases, 1)
    wrong = {}
    for service, table in (("permits", "permits"), ("billing", "invoices")):
        statement = f"SELECT case_id::text, count(*) FROM {table} WHERE case_id IS NOT NULL GROUP BY case_id"
        counts = {case: count for case, count in query(service, statement) if case in wanted}
        if counts != wanted:
            wrong[table] = {case: counts.get(case, 0) for case in wanted if counts.get(case, 0) != 1}
    return wrong


def events_not_exactly_once(load: Load) -> dict[str, dict[str, int]]:
    """Facts of the load that are not one event in the history of all events: {kind: {payment or case: events}}.

    The relay may publish an event again after a crash, with the same id; that is still one event.
    """
    kinds = {
        "payment.settled": ("payment_id", load.written.payments), "case.submitted": ("case_id", load.written.cases),
        "case.approved": ("case_id", load.written.cases), "case.completed": ("case_id", load.written.cases),
        "permit.issued": ("case_id", load.written.cases), "invoice.issued": ("case_id", load.written.cases),
    }  # fmt: skip
    ids: dict[str, dict[str, set[str]]] = {kind: {fact: set() for fact in facts} for kind, (_, facts) in kinds.items()}
    for kind, event in history():
        if kind in kinds:
            fact = event["data"].get(kinds[kind][0])
            ids[kind].get(fact, set()).add(event["id"])
    wrong = {kind: {fact: len(found) for fact, found in of.items() if len(found) != 1} for kind, of in ids.items()}
    return {kind: facts for kind, facts in wrong.items() if facts}


def history() -> list[tuple[str, dict[str, Any]]]:
    """Every event in the stream of all events, from its beginning: routing key and envelope."""
    connection = pika.BlockingConnection(pika.URLParameters(stack.endpoints()["amqp"]["admin"]))
    found = []
    try:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=500)
        messages = channel.consume("events.history", arguments={"x-stream-offset": "first"}, inactivity_timeout=3)
        for method, _, body in messages:
            if method is None:
                break
            channel.basic_ack(method.delivery_tag)
            found.append((method.routing_key, orjson.loads(body)))
    finally:
        connection.close()
    return found

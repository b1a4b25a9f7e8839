"""Another system listens: examples/subscriber.py prints what happens, and replays what it missed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pika

from services.billing import messages as billing
from services.requests import messages as requests_
from tests import stack
from tests.journeys.api_client import eventually
from tests.journeys.objects import Maker
from tests.journeys.peers import Bank
from tests.journeys.people import ANNA, ENGINEER

WANTED = {
    "requests.case.submitted", "permits.permit.issued", "billing.invoice.issued", "billing.payment.settled",
}  # fmt: skip
LINE = re.compile(r"^\S+ (?P<kind>\S+) (?P<subject>\S+) (?P<data>\{.*\})$", re.M)


@contextmanager
def subscriber(folder: Path, *arguments: str) -> Iterator[Path]:
    """Run the example in a folder of its own; yields the file it prints to."""
    printed = folder / f"printed-{len(list(folder.iterdir()))}.txt"
    command = [sys.executable, str(stack.ROOT / "examples" / "subscriber.py"), *arguments]
    env = os.environ | {"PORTAL_RUN": str(stack.run_dir())}
    with printed.open("w") as out, (folder / "heard.txt").open("a") as errors:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=out, stderr=errors)
        try:
            yield printed
        finally:
            process.terminate()
            assert process.wait(timeout=15) == 0, (folder / "heard.txt").read_text()


def events(printed: Path) -> list[tuple[str, dict[str, Any]]]:
    return [(found["kind"], json.loads(found["data"])) for found in LINE.finditer(printed.read_text())]


def happen(maker: Maker) -> tuple[str, str]:
    """A request is approved and its invoice paid; returns the ids of the case and of the payment."""
    case = maker.case()
    maker.ask(ENGINEER, requests_.TakeCase(case_id=case.case_id))
    maker.ask(ENGINEER, requests_.Approve(case_id=case.case_id, confirmed=True))
    asked = requests_.GetCase(case_id=case.case_id)
    number = eventually("the invoice", lambda: maker.ask(ANNA, asked).invoices)[0]
    (invoice,) = maker.ask(ANNA, billing.ListInvoices(search=number)).items
    started = maker.ask(ANNA, billing.StartPayment(parts=[billing.PaymentPart(invoice_id=invoice.invoice_id)]))
    look = billing.GetPayment(payment_id=started.payment_id)
    Bank().decide(eventually("the bank's page", lambda: maker.ask(ANNA, look).redirect_url), "before")
    return str(case.case_id), str(started.payment_id)


def about(printed: Path, case: str, payment: str) -> list[str]:
    """The kinds of the wanted events that tell of this case or this payment, in order."""
    return [
        kind
        for kind, data in events(printed)
        if kind in WANTED and (data.get("case_id") == case or data.get("payment_id") == payment)
    ]


def test_it_prints_the_four_events_and_replays_them(maker: Maker, tmp_path: Path) -> None:
    live, late = tmp_path / "live", tmp_path / "late"
    live.mkdir()
    late.mkdir()
    with subscriber(live, "--from", "next") as printed:
        eventually("the subscriber listens", lambda: "listening" in (live / "heard.txt").read_text())
        case, payment = happen(maker)
        order = eventually("four events", lambda: found if len(found := about(printed, case, payment)) >= 4 else None)
    assert set(order) == WANTED and len(order) == 4, "each once"
    assert order.index("requests.case.submitted") < order.index("permits.permit.issued")
    assert order.index("permits.permit.issued") < order.index("billing.invoice.issued")

    with subscriber(late, "--from", "first") as printed:  # a system that comes a day late
        again = eventually("the same events", lambda: f if len(f := about(printed, case, payment)) >= 4 else None)
    assert again == order
    with subscriber(late) as printed:  # and goes on where it stopped
        newer = happen(maker)
        order = eventually("the new events", lambda: f if len(f := about(printed, *newer)) >= 4 else None)
    assert set(order) == WANTED and not about(printed, case, payment)


def test_its_broker_user_reaches_its_own_stream_and_nothing_else() -> None:
    known = json.loads((stack.run_dir() / "subscriber.json").read_text())
    for act in (
        lambda channel: channel.basic_consume("rpc-identity", lambda *_: None),
        lambda channel: channel.basic_get("notifications.on_money"),
        lambda channel: channel.queue_declare("listener-of-mine"),
        lambda channel: channel.basic_publish("nameko-rpc", "identity.sign_in", b"{}", mandatory=True),
        lambda channel: channel.queue_bind(known["stream"], "portal.audit", "#"),
    ):
        connection = pika.BlockingConnection(pika.URLParameters(known["url"]))
        channel = connection.channel()
        with suppress(pika.exceptions.ChannelClosedByBroker):
            act(channel)
        connection.process_data_events(time_limit=1)  # a refused message closes the channel a moment later
        assert channel.is_closed, "the broker let it through"
        connection.close()

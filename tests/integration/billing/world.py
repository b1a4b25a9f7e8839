"""Words for tests: a bank that can be stopped and killed, clients with invoices, payments step by step."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import requests
import sqlalchemy as sa

from chassis.caller import Caller, service_caller, timer_caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.messages import Request
from services.billing import messages as m
from services.billing.domain import amounts
from services.billing.settings import settings
from services.billing.store.tables import Payment, PriceList
from services.billing.usecases import (
    publish_price_list,
    read_invoices,
    read_ledger,
    read_payments,
    save_price_list,
    start_payment,
    sweep_payments,
)
from services.billing.usecases.issue import Draft, Issued, issue
from services.identity.messages import ClientCard, ClientCards, GetClients
from tests.stack import ROOT

API_KEY = "test-key"
NOBODY = Caller()
TIMER = timer_caller("billing", "test")
ACCOUNTANT = Caller(kind="staff", user=uuid4(), roles=frozenset({"accountant"}), name="Dace Grāmatvede")
RIGHTS = frozenset({"finance.see", "finance.pay"})


class Bank:
    """The sandbox bank's process and its test door."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port, self.folder = port, folder
        self.url = f"http://127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._log = (folder / "bank.log").open("ab")

    def start(self) -> None:
        environment = os.environ | {
            "PORT": str(self.port), "BANK_API_KEY": API_KEY, "STATE_DIR": str(self.folder), "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        command = [sys.executable, "-m", "deploy.local.bank"]
        self._process = subprocess.Popen(command, env=environment, stdout=self._log, stderr=self._log)
        wait_for(self._answers, 20)

    def stop(self, how: int = signal.SIGTERM) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(10)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        except requests.RequestException:
            return False

    def purchases(self, reference: str) -> list[dict[str, Any]]:
        answer = requests.get(
            f"{self.url}/api/v1/purchases/", params={"reference": reference}, timeout=5,
            headers={"Authorization": f"Bearer {API_KEY}"},
        )  # fmt: skip
        found: list[dict[str, Any]] = answer.json()["results"]
        return found

    def decide(self, number: str, mode: str, **more: Any) -> int:
        return requests.post(
            f"{self.url}/test/purchases/{number}/decide", json={"mode": mode, **more}, timeout=10
        ).status_code

    def create(self, reference: str, amount: str, callback: str) -> str:
        asked = {
            "reference": reference,
            "client": {"email": "x@example.com"},
            "purchase": {"currency": "EUR", "products": [{"name": "x", "price": int(Decimal(amount) * 100)}]},
            "success_redirect": "http://portal.example",
            "success_callback": callback,
        }
        headers = {"Authorization": f"Bearer {API_KEY}"}
        answer = requests.post(f"{self.url}/api/v1/purchases/", json=asked, headers=headers, timeout=5)
        return str(answer.json()["id"])


class Clients:
    """Answers as identity and permits do."""

    def __init__(self, pages: Sequence[Any] = (), unknown: Sequence[UUID] = ()) -> None:
        self.pages, self.unknown = list(pages), set(unknown)

    def call(self, request: Request[Any]) -> Any:
        if isinstance(request, GetClients):
            return ClientCards(items=[card(one) for one in request.client_ids if one not in self.unknown])
        return self.pages[int(getattr(request, "after", None) or 0)]


def card(client_id: UUID) -> ClientCard:
    return ClientCard(
        client_id=client_id, kind="legal", name=f"SIA “Tests {client_id.hex[:4]}”", reg_no="40203100010",
        address="Brīvības iela 1, Rīga", email="a@example.com", invoice_email=None, phone=None, language="lv",
    )  # fmt: skip


def wait_for(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """Return the first true answer of `condition`; fail when there is none in time."""
    until = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < until, "nothing happened in time"
        time.sleep(0.05)


def line(price: str, vat: str = "O", quantity: str = "1", kind: str = "monthly") -> amounts.Line:
    return amounts.Line(
        "2.1.1", "Fiksēto sakaru EMS", "EMC of fixed links", "MHz", "MHz", Decimal(quantity), Decimal(price), vat, kind,
        UUID(int=5), "RA-2026-000005",
    )  # fmt: skip


def price_item(code: str, price: str, **changed: Any) -> m.PriceItem:
    fields: dict[str, Any] = {"name_lv": "Maksa", "name_en": "Fee", "unit_lv": "atļauja", "unit_en": "permit",
                              "kind": "monthly", "basis": "permit"}  # fmt: skip
    return m.PriceItem(code=code, price=Decimal(price), **(fields | changed))


PRICES = (
    price_item("2.1.1", "0.2150", service_kind="fixed", basis="mhz"),
    price_item("2.9.1", "5.00", service_kind="fixed", vat_category="S"),
    price_item("2.2.2", "8.06", service_kind="broadcast_aux"),
    price_item("1.1.1", "22.10", kind="one_off", occasion="issue", permit_kind="install", basis="station"),
)


class World:
    """One database with a price list in force."""

    def __init__(self, db: Database, bank: Bank) -> None:
        self.db, self.bank = db, bank
        self.price_list_id = self._price_list()
        self._month = date(2020, 1, 1)

    def _price_list(self) -> UUID:
        with self.db.reading() as connection:
            known = connection.execute(sa.select(PriceList.id).where(PriceList.state == "published")).scalar()
        if known is not None:
            return known
        made = save_price_list.create(
            self.db,
            m.CreatePriceList(title="Nr. 600", legal_basis="MK noteikumi Nr. 600", valid_from=date(2022, 10, 1)),
            ACCOUNTANT,
        )
        saved = save_price_list.save(
            self.db,
            m.SavePriceList(
                price_list_id=made.price_list_id, version=made.version, title=made.title,
                legal_basis=made.legal_basis, valid_from=made.valid_from, items=list(PRICES),
            ),
            ACCOUNTANT,
        )  # fmt: skip
        publish_price_list.run(
            self.db, m.PublishPriceList(price_list_id=made.price_list_id, version=saved.version), ACCOUNTANT
        )
        return made.price_list_id

    def client(self) -> Caller:
        """Return a user of a fresh client."""
        return Caller(kind="user", user=uuid4(), client=uuid4(), rights=RIGHTS, name="Anna Kalniņa")

    def invoice(self, who: Caller, price: str, *, days_ago: int = 0, vat: str = "O") -> Issued:
        """Issue an invoice to a client."""
        assert who.client is not None
        self._month = (self._month + timedelta(days=32)).replace(day=1)
        draft = Draft(
            client_id=who.client, customer=m.Party(name="SIA “Tests”", email="a@example.com"), kind="monthly",
            lines=[line(price, vat)], month=self._month,
        )  # fmt: skip
        with self.db.unit_of_work(service_caller("billing")) as uow:
            (done,) = issue(
                uow, [draft], price_list_id=self.price_list_id, legal_basis="MK noteikumi Nr. 600",
                issued_on=riga_today() - timedelta(days=days_ago), config=settings(),
            )  # fmt: skip
        return done

    def pay(self, who: Caller, *parts: Issued | tuple[Issued, str], key: str | None = None) -> m.Payment:
        """Start a payment over invoices, whole or in part."""
        wanted = [
            m.PaymentPart(invoice_id=part.invoice_id)
            if isinstance(part, Issued)
            else m.PaymentPart(invoice_id=part[0].invoice_id, amount=Decimal(part[1]))
            for part in parts
        ]
        return start_payment.run(self.db, m.StartPayment(parts=wanted, idempotency_key=key), who)

    def decide(self, payment: m.Payment, mode: str, **more: Any) -> str:
        """Let the payer decide at the bank; returns the bank's own number of the purchase."""
        number = str(self.bank.purchases(payment.reference)[0]["id"])
        assert self.bank.decide(number, mode, **more) == 200
        return number

    def payment(self, payment: m.Payment, who: Caller) -> m.Payment:
        return read_payments.one(self.db, m.GetPayment(payment_id=payment.payment_id), who)

    def state(self, payment: m.Payment) -> str:
        with self.db.reading() as connection:
            return str(
                connection.execute(sa.select(Payment.state).where(Payment.id == payment.payment_id)).scalar_one()
            )

    def until(self, payment: m.Payment, state: str, seconds: float = 10) -> None:
        """Wait until a payment is in a state."""
        wait_for(lambda: self.state(payment) == state, seconds)

    def later(self, payment: m.Payment, **ago: Any) -> None:
        """Let time pass for a payment: it is due to be asked about, and older by `ago`."""
        moved = timedelta(**ago)
        with self.db.engine.begin() as connection:
            connection.execute(
                sa.update(Payment)
                .where(Payment.id == payment.payment_id)
                .values(
                    next_poll_at=now(), claimed_until=None, started_at=Payment.started_at - moved,
                    expires_at=Payment.expires_at - moved,
                )
            )  # fmt: skip

    def sweep(self) -> None:
        sweep_payments.run(self.db, TIMER)

    def open(self, invoice: Issued, who: Caller) -> Decimal:
        return read_invoices.one(self.db, m.GetInvoice(invoice_id=invoice.invoice_id), who).open

    def books(self) -> m.LedgerReport:
        return read_ledger.check(self.db, m.CheckLedger(), ACCOUNTANT)

    def events(self, about: UUID | None = None) -> list[str]:
        """Return the routing keys of the outbox, of one aggregate when given."""
        table = self.db.tables.outbox
        statement = sa.select(table.c.routing_key).where(table.c.exchange == "billing.events")
        if about is not None:
            statement = statement.where(table.c.aggregate == str(about))
        with self.db.reading() as connection:
            return [str(key) for key in connection.execute(statement.order_by(table.c.position)).scalars()]

    def event(self, routing_key: str, about: UUID) -> dict[str, Any]:
        table = self.db.tables.outbox
        with self.db.reading() as connection:
            (body,) = connection.execute(
                sa.select(table.c.envelope).where(table.c.routing_key == routing_key, table.c.aggregate == str(about))
            ).scalars()
        data: dict[str, Any] = json.loads(bytes(body))["data"]
        return data


def another(who: Caller, **changed: Any) -> Caller:
    """Return the same person, changed."""
    return replace(who, **changed)

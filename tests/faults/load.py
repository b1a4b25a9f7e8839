"""The journey's writes, over and over, as a careful outsider would make them: every write has an idempotency key, and
whatever is not answered is sent again with the same key until it is."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import requests

from tests import stack
from tests.faults.machine import crowded
from tests.journeys.api_client import Api, Refused
from tests.journeys.fixed_link import DATA_SHEET, sent
from tests.journeys.peers import Bank
from tests.journeys.people import ANNA, ENGINEER, Person

PART = Decimal("1.00")
PATIENCE = 90.0  # seconds a write is repeated before the load gives up
PAUSE = 0.25  # between two units: what heals needs the processor too
FORM = "fixed_link"
OCTETS = {"Content-Type": "application/octet-stream"}
BANK_MODES = ("approve", "twice", "before", "never")


class GaveUp(AssertionError):
    """A write that was not answered for so long that something must be broken for good."""


def insist(what: str, act: Callable[[], Any], pause: float = 0.3) -> Any:
    """Do it until it is answered. 5xx, 429 and broken connections are weather; any other refusal is an error."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return act()
        except (requests.RequestException, Refused) as trouble:
            if isinstance(trouble, Refused) and trouble.status < 500 and trouble.status != 429:
                raise
            if time.monotonic() > end:
                raise GaveUp(f"{what}: not in {PATIENCE:.0f} s, last: {trouble}") from trouble
            time.sleep(pause)


@dataclass
class Written:
    """What the load brought about, to be counted afterwards."""

    payments: dict[str, str] = field(default_factory=dict)  # payment id -> invoice id, each over PART
    cases: list[str] = field(default_factory=list)  # approved cases


class Load:
    """Two threads: one pays, one asks for permits and has them approved. `units` counts what each has finished."""

    def __init__(self) -> None:
        self.written = Written()
        self.units = {"payments": 0, "cases": 0}
        self.errors: list[BaseException] = []
        self._stop = threading.Event()
        self._bank = Bank()
        self._threads = [
            threading.Thread(target=self._repeat, args=("payments", self._pay), name="payments"),
            threading.Thread(target=self._repeat, args=("cases", self._ask_and_approve), name="cases"),
        ]

    def start(self) -> None:
        self.anna, self.engineer = self._sign_in(ANNA), self._sign_in(ENGINEER)
        rows = insist("list invoices", lambda: list(self.anna.all("/invoices")))
        self.paid_before = {row["invoice_id"]: Decimal(row["paid"]) for row in rows}
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is begun, begin nothing more."""
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(2 * PATIENCE)
                assert not thread.is_alive(), f"{thread.name} hangs"

    def check(self) -> None:
        """Raise what a thread died of."""
        if self.errors:
            raise self.errors[0]

    def goes_on(self, seconds: float = 60.0) -> None:
        """Wait until each thread has begun and finished something new: the whole journey works again."""
        wanted = {name: done + 2 for name, done in self.units.items()}
        end = time.monotonic() + seconds * crowded()
        while any(self.units[name] < wanted[name] for name in wanted):
            self.check()
            assert time.monotonic() < end, f"no new work in {seconds:.0f} s: {self.units}, wanted {wanted}"
            time.sleep(0.1)

    def _sign_in(self, person: Person) -> Api:
        signed_in: Api = insist(f"{person.name} signs in", lambda: Api.signed_in(stack.portal_url(), person))
        return signed_in

    def _repeat(self, name: str, unit: Callable[[], None]) -> None:
        try:
            while not self._stop.is_set():
                unit()
                self.units[name] += 1
                time.sleep(PAUSE)
        except BaseException as error:
            self.errors.append(error)

    def _pay(self) -> None:
        """Pay one euro of the invoice that is free and has most left; the bank behaves in a different way each time."""
        unpaid = insist("look for an invoice", lambda: self.anna.get("/invoices", state="unpaid", limit=100))["items"]
        free = [row for row in unpaid if row["payment_id"] is None and Decimal(row["open"]) > PART]
        if not free:
            time.sleep(0.5)  # all are in payments that a fault holds up
            return
        invoice = max(free, key=lambda row: Decimal(row["open"]))["invoice_id"]
        key, body = uuid.uuid4().hex, {"parts": [{"invoice_id": invoice, "amount": str(PART)}]}
        payment = insist("start a payment", lambda: self.anna.post("/payments", body, key=key))
        number = payment["payment_id"]
        self.written.payments[number] = invoice
        end = time.monotonic() + PATIENCE
        while payment["redirect_url"] is None and payment["state"] in ("created", "pending"):
            if time.monotonic() > end:
                raise GaveUp(f"payment {number} got no page of the bank")
            time.sleep(0.3)
            payment = insist("look at a payment", lambda: self.anna.get(f"/payments/{number}"))
        mode = BANK_MODES[len(self.written.payments) % len(BANK_MODES)]
        insist("the bank decides", lambda: self._decide(payment["redirect_url"], mode))

    def _decide(self, page: str, mode: str) -> None:
        try:
            self._bank.decide(page, mode)
        except AssertionError as refused:
            if " 409 " not in str(refused):  # 409: decided already, the answer to the first try was lost
                raise requests.ConnectionError(str(refused)) from refused

    def _ask_and_approve(self) -> None:
        """One request for a fixed link from the draft to the approval; issuing and invoicing follow by events."""
        keys = [uuid.uuid4().hex for _ in range(3)]
        draft = insist("start a draft", lambda: self.anna.post("/requests/drafts", {"form": FORM}, key=keys[0]))
        path, values = f"/requests/drafts/{draft['case_id']}", sent(f"Ķēde {keys[0][:8]}")
        insist("save the draft", lambda: self._save(path, values))
        insist("attach a file", lambda: self._attach(draft["case_id"]))
        version = insist("look at the draft", lambda: self.anna.get(path))["version"]
        confirmed = {"version": version, "confirmed": True}
        case = insist("submit", lambda: self.anna.post(f"{path}/submit", confirmed, key=keys[1]))
        desk = f"/staff/cases/{case['case_id']}"
        insist("take the case", lambda: self.engineer.post(f"{desk}/take"))
        insist("approve", lambda: self.engineer.post(f"{desk}/approve", {"confirmed": True}, key=keys[2]))
        self.written.cases.append(case["case_id"])

    def _save(self, path: str, values: dict[str, str]) -> None:
        """A save whose answer was lost has been done or not: look, then say which version is meant.

        It may even be done between the look and the next try, when the broker hands the lost call out again: then the
        version is stale (412), as it should be, and one looks again.
        """
        present = self.anna.get(path)
        try:
            saved = self.anna.ask("PATCH", path, json={"data": values, "version": present["version"]})
        except Refused as refused:
            if refused.status == 412:
                raise requests.ConnectionError("an earlier save came in between") from refused
            raise
        assert not [problem for problem in saved["problems"] if problem["field"] in values], saved["problems"]

    def _attach(self, case_id: str) -> None:
        """A file that was attached before its answer was lost is not attached again."""
        if any(file["complete"] for file in self.anna.get(f"/requests/drafts/{case_id}")["attachments"]):
            return
        query = {"name": "lapa.pdf", "document": "data_sheet"}
        self.anna.ask("POST", f"/requests/{case_id}/attachments", params=query, data=DATA_SHEET, headers=OCTETS)

"""The whole journey once more as a program goes it: /api/v1, JSON, nothing but `requests`."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests import stack
from tests.journeys import fixed_link, register
from tests.journeys.api_client import Api, Refused, eventually, fresh_key, is_over
from tests.journeys.objects import Maker
from tests.journeys.peers import Bank, decoded_pdf
from tests.journeys.people import ACCOUNTANT, ANNA, ENGINEER, PASSWORD, PETERIS, Person


def import_file(engineer: Api, content: bytes) -> dict[str, Any]:
    """Send a register file in two parts and wait until it is worked through."""
    made = engineer.post("/staff/imports", {"name": "registrs.csv", "size": len(content)}, key=fresh_key())
    path, half = f"/staff/imports/{made['import_id']}", len(content) // 2
    binary = {"Content-Type": "application/octet-stream"}
    for offset, part in ((0, content[:half]), (0, content[:half]), (half, content[half:])):  # the first part twice
        engineer.ask("PUT", f"{path}/content", params={"offset": offset}, data=part, headers=binary)
    engineer.post(f"{path}/finish", {})

    def finished() -> dict[str, Any] | None:
        found: dict[str, Any] = engineer.get(path)
        return found if found["status"] in ("done", "failed") else None

    return eventually("the import", finished, seconds=60)


def test_importing_a_register(api: Callable[[Person], Api]) -> None:
    engineer, one, bad = api(ENGINEER), register.number(), register.number()
    content = register.file(register.row(one), register.row(bad, lat="200"))
    first = import_file(engineer, content)
    assert (first["created"], first["rejected"], first["error_rows"]) == (1, 1, 1)
    problems = engineer.get(f"/staff/imports/{first['import_id']}/problems")["items"]
    assert [(p["permit_no"], p["column"], p["severity"]) for p in problems] == [(bad, "lat", "error")]
    report = engineer.send("GET", f"/staff/imports/{first['import_id']}/report")
    assert report.headers["Content-Type"].startswith("text/csv") and bad in report.content.decode("utf-8-sig")
    again = import_file(engineer, content)
    assert again["unchanged"] == 1 and again["created"] == again["changed"] == 0
    (found,) = engineer.get("/staff/permits", search=one)["items"]
    permit = engineer.get(f"/staff/permits/{found['permit_id']}")
    assert permit["assignments"][0]["freq_mhz"] in ("18142.5", "18142.500000")
    assert permit["stations"][0]["name"] == "Ērģeme, ūdenstornis"


@pytest.mark.requirement("S1-32", "S1-71")
def test_signing_in_and_out(base: str) -> None:
    with pytest.raises(Refused) as wrong:
        Api(base).post("/session", {"email": PETERIS.email, "password": "Nepareiza-1"})
    with pytest.raises(Refused) as unknown:
        Api(base).post("/session", {"email": "nav-tada@example.com", "password": "Nepareiza-1"})
    differing = {"reference"}
    assert {k: v for k, v in wrong.value.problem.items() if k not in differing} == {
        k: v for k, v in unknown.value.problem.items() if k not in differing
    }
    api = Api.signed_in(base, PETERIS)
    assert api.get("/session")["email"] == PETERIS.email
    other = Api.signed_in(base, PETERIS)
    sessions = api.get("/profile/sessions")["items"]
    assert sum(session["current"] for session in sessions) == 1 and len(sessions) >= 2
    api.delete(f"/profile/sessions/{other.person['session_id']}")
    is_over(other)
    api.delete("/session")
    is_over(api)


@pytest.mark.requirement("S0-09", "S0-10", "S1-72")
def test_a_request_becomes_a_permit_and_an_invoice(api: Callable[[Person], Api]) -> None:
    anna, engineer = api(ANNA), api(ENGINEER)
    forms = {form["form"] for form in anna.get("/request-forms")["items"]}
    assert "fixed_link" in forms
    key = fresh_key()
    draft = anna.post("/requests/drafts", {"form": "fixed_link"}, key=key)
    assert anna.post("/requests/drafts", {"form": "fixed_link"}, key=key)["case_id"] == draft["case_id"]
    path = f"/requests/drafts/{draft['case_id']}"
    wrong = fixed_link.sent("x", a_coordinates="65.1, 24.1", emission="XXX")
    saved = anna.ask("PATCH", path, json={"data": wrong, "version": draft["version"]})
    assert {"a_coordinates", "emission", "document:data_sheet"} <= {p["field"] for p in saved["problems"]}
    with pytest.raises(Refused) as incomplete:
        anna.post(f"{path}/submit", {"version": saved["version"], "confirmed": True})
    assert incomplete.value.status == 422
    named = {error["field"] for error in incomplete.value.problem["errors"]}
    assert {"a_coordinates", "emission"} <= named
    stale = anna.send("PATCH", path, json={"data": {"link_name": "y"}, "version": draft["version"]})
    assert stale.status_code == 412 and stale.json()["code"] == "requests.draft_changed"
    name = fixed_link.link_name()
    anna.ask("PATCH", path, json={"data": fixed_link.sent(name), "version": saved["version"]})
    anna.ask("POST", f"/requests/{draft['case_id']}/attachments", data=fixed_link.DATA_SHEET,
             params={"name": "Datu lapa.pdf", "document": "data_sheet"},
             headers={"Content-Type": "application/octet-stream"})  # fmt: skip
    version = anna.get(path)["version"]
    refused = anna.send("POST", f"{path}/submit", json={"version": version, "confirmed": False})
    assert refused.json()["code"] == "requests.not_confirmed"
    key = fresh_key()
    case = anna.post(f"{path}/submit", {"version": version, "confirmed": True}, key=key)
    assert anna.post(f"{path}/submit", {"version": version, "confirmed": True}, key=key)["case_no"] == case["case_no"]
    staff = f"/staff/cases/{case['case_id']}"
    engineer.post(f"{staff}/take", {})
    engineer.post(f"{staff}/ask-information", {"text": "Kādā augstumā ir antena?"})
    asked = anna.get(f"/requests/{case['case_id']}")
    assert asked["status"] == "information_requested" and asked["clock_stopped"] and asked["question"]
    assert engineer.send("POST", f"{staff}/approve", json={"confirmed": True}).status_code == 409
    anna.post(f"/requests/{case['case_id']}/answer", {"text": "41,5 m.", "confirmed": True})
    engineer.post(f"{staff}/approve", {"confirmed": True, "conditions": "Saskaņot ar Igauniju."}, key=fresh_key())

    def completed() -> dict[str, Any] | None:
        found: dict[str, Any] = anna.get(f"/requests/{case['case_id']}")
        return found if found["permit_id"] and found["invoices"] else None

    done = eventually("the permit and its invoice", completed)
    permit = anna.get(f"/permits/{done['permit_id']}")
    assert permit["permit_no"] == done["permit_no"] and permit["state"] in ("in_force", "upcoming")
    assert {station["name"] for station in permit["stations"]} == {"Rīga, Zaķusala", "Jūrmala, Sloka"}
    (row,) = anna.get("/invoices", search=done["invoices"][0])["items"]
    invoice = anna.get(f"/invoices/{row['invoice_id']}")
    assert invoice["kind"] == "one_off" and invoice["total"] == "14.72" and invoice["case_id"] == case["case_id"]
    assert [entry["action"] for entry in done["timeline"]][:2] == ["submit", "take"]


@pytest.mark.requirement("S2-15", "B-06", "B-09")
def test_two_invoices_in_one_payment_told_twice(api: Callable[[Person], Api], maker: Maker, bank: Bank) -> None:
    anna, accountant = api(ANNA), api(ACCOUNTANT)
    chosen = [str(one.invoice_id) for one in maker.unpaid(2)]
    before = [Decimal(anna.get(f"/invoices/{one}")["paid"]) for one in chosen]
    body = {"parts": [{"invoice_id": chosen[0], "amount": "1.25"}, {"invoice_id": chosen[1], "amount": "2.00"}]}
    key = fresh_key()
    payment = anna.post("/payments", body, key=key)
    assert anna.post("/payments", body, key=key)["payment_id"] == payment["payment_id"]
    one = {"parts": [{"invoice_id": chosen[0]}]}
    other = anna.send("POST", "/payments", json=one, headers={"Idempotency-Key": key})
    assert other.status_code == 409 and other.json()["code"] == "idempotency_key_reused"
    taken = anna.send("POST", "/payments", json=one)
    assert taken.status_code == 409 and taken.json()["code"] == "billing.invoice_in_payment"
    path = f"/payments/{payment['payment_id']}"
    url = eventually("the bank's page", lambda: anna.get(path)["redirect_url"])
    bank.decide(url, "twice")
    paid = eventually("the bank's word", lambda: p if (p := anna.get(path))["state"] == "paid" else None)
    assert paid["amount"] == "3.25" and len(paid["allocations"]) == 2 and paid["suspense"] == "0.00"
    after = [Decimal(anna.get(f"/invoices/{one}")["paid"]) for one in chosen]
    assert [late - early for early, late in zip(before, after, strict=True)] == [Decimal("1.25"), Decimal("2.00")]
    assert accountant.get("/staff/ledger")["balanced"]
    cancel = anna.send("POST", f"{path}/cancel")
    assert cancel.status_code == 409 and cancel.json()["code"] == "billing.payment_finished"


@pytest.mark.requirement("S1-15")
def test_price_lists_with_etags(api: Callable[[Person], Api]) -> None:
    accountant = api(ACCOUNTANT)
    head = {"title": "Melnraksts API", "legal_basis": "MK noteikumi", "valid_from": "2031-01-01"}
    made = accountant.post("/staff/price-lists", head, key=fresh_key())
    path = f"/staff/price-lists/{made['price_list_id']}"
    etag = accountant.send("GET", path).headers["ETag"]
    item = {
        "code": "9.9", "name_lv": "Pārbaude", "name_en": "Test", "unit_lv": "atļauja", "unit_en": "permit",
        "kind": "monthly", "basis": "permit", "price": "1.5000",
    }  # fmt: skip
    whole = {**head, "items": [item]}
    assert accountant.send("PUT", path, json=whole).status_code == 428
    accountant.put(path, whole, etag=etag)
    stale = accountant.send("PUT", path, json=whole, headers={"If-Match": etag})
    assert stale.status_code == 412
    assert accountant.get(path)["items"][0]["price"] == "1.5000"
    fresh = accountant.send("GET", path).headers["ETag"]
    accountant.ask("DELETE", path, headers={"If-Match": fresh})
    assert accountant.send("GET", path).status_code == 404


@pytest.mark.requirement("S4-08")
def test_an_invoice_as_pdf(api: Callable[[Person], Api]) -> None:
    invoice = next(api(ANNA).all("/invoices"))
    answer = api(ANNA).send("GET", f"/invoices/{invoice['invoice_id']}/pdf")
    assert answer.headers["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF-1.7")
    assert invoice["number"] in decoded_pdf(answer.content)


def test_the_example_client_pays_two_invoices(maker: Maker, base: str, api: Callable[[Person], Api]) -> None:
    maker.unpaid(2)
    example = stack.ROOT / "examples" / "api_client.py"
    done = subprocess.run(
        [sys.executable, str(example), "--portal", base, "--email", ANNA.email], capture_output=True, text=True,
        env=os.environ | {"PORTAL_PASSWORD": PASSWORD}, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "the payer goes on at http" in done.stdout, done.stdout
    payment = done.stdout.split("payment ", 1)[1].split(":")[0]
    assert uuid.UUID(payment)
    api(ANNA).post(f"/payments/{payment}/cancel")

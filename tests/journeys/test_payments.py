"""Anna reads her invoices and pays several at once; whatever the bank does, the money ends where it belongs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.api_client import Api, eventually
from tests.journeys.browser import Visitor
from tests.journeys.peers import Bank, decoded_pdf
from tests.journeys.people import ACCOUNTANT, ANNA, JURIS, Person
from tests.journeys.words import lv

APPROVE = "Apstiprināt maksājumu"


def eur(amount: str | Decimal) -> str:
    """An amount as the portal writes it in Latvian, with plain spaces."""
    whole, cents = f"{Decimal(amount):.2f}".split(".")
    return re.sub(r"(?<=\d)(?=(\d{3})+$)", " ", whole) + f",{cents} €"


@pytest.fixture
def payable(unpaid: Callable[[int], list[dict[str, Any]]], visit: Callable[..., Visitor]) -> Callable[..., Visitor]:
    """Begin to pay: choose unpaid invoices in the list, give amounts, come to the bank's page."""

    def begin(count: int = 1, amount: str | None = "1,00") -> tuple[Visitor, list[dict[str, Any]]]:
        chosen = unpaid(count)
        anna = visit(ANNA)
        anna.go("/invoices?state=unpaid&sort=-issued")
        for invoice in chosen:
            anna.main.locator(f"input[name=invoice][value='{invoice['invoice_id']}']").check()
        anna.click(lv("Pay the chosen invoices"))
        anna.sees(*(invoice["number"] for invoice in chosen))
        if amount is not None:
            for field in anna.main.locator("input[inputmode=decimal]").all():
                field.fill(amount)
        anna.submit()
        anna.sees("Šī nav īsta banka.", APPROVE)
        return anna, chosen

    return begin  # type: ignore[return-value]


def invoice_of(api: Api, invoice: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/invoices/{invoice['invoice_id']}")
    return found


def sees_paid(anna: Visitor) -> None:
    """The payment's own page says paid, by itself when that takes a moment."""
    expect(anna.page).to_have_url(re.compile(r"/payments/[0-9a-f-]{36}"))
    expect(anna.main.get_by_text(lv("The payment is received"))).to_be_visible(timeout=20_000)


@pytest.mark.requirement("S0-05", "S1-10", "S2-13", "S4-07")
def test_the_list_of_invoices_and_the_balance(visit: Callable[..., Visitor], api: Callable[[Person], Api]) -> None:
    anna = visit(ANNA)
    anna.go("/invoices")
    balance = api(ANNA).get("/balance")
    anna.sees(eur(balance["owed"]), lv("Overdue"))
    open_ = list(api(ANNA).all("/invoices", state="unpaid"))
    assert sum(Decimal(one["open"]) for one in open_) == Decimal(balance["owed"])
    anna.fill(state="paid")
    anna.click(lv("Find"))
    states = anna.main.locator(f"table tbody [data-label='{lv('State')}']").all_inner_texts()
    assert states and set(states) == {lv("Paid")}
    some = next(api(ANNA).all("/invoices", state="paid"))
    anna.go(f"/invoices?query={some['number']}")
    anna.follow(some["number"])
    anna.sees(some["number"], eur(some["total"]))


@pytest.mark.requirement("S1-02", "S1-49", "S4-06", "S4-08")
def test_an_invoice_and_its_pdf_say_the_same(visit: Callable[..., Visitor], api: Callable[[Person], Api]) -> None:
    row = next(api(ANNA).all("/invoices"))
    invoice = invoice_of(api(ANNA), row)
    anna = visit(ANNA)
    anna.go(f"/invoices/{invoice['invoice_id']}")
    shown = (
        invoice["number"], invoice["supplier"]["name"], invoice["supplier"]["reg_no"], 'SIA "Radio Links"',
        invoice["lines"][0]["name_lv"], invoice["lines"][0]["code"], invoice["reference"], invoice["supplier"]["iban"],
    )  # fmt: skip
    anna.sees(*shown, eur(invoice["total"]))
    assert invoice["supplier"]["reg_no"] == "40003021907"
    answer = anna.context.request.get(f"/invoices/{invoice['invoice_id']}.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    words = decoded_pdf(answer.body())
    squeezed = words.replace(" ", "")
    for word in shown:
        assert re.sub(r"[\s“”\"]", "", word) in re.sub(r"[“”\"]", "", squeezed), f"{word!r} is not in: {words}"
    assert f"{Decimal(invoice['total']):.2f}".replace(".", ",") in squeezed
    assert "sagatavotselektroniski" in squeezed.lower()
    english = anna.context.request.get(f"/api/v1/invoices/{invoice['invoice_id']}/pdf?language=en", headers={
        "Accept-Language": "en", "Authorization": f"Bearer {api(ANNA).secret}"})
    assert "Invoice" in decoded_pdf(english.body())


@pytest.mark.requirement("S0-06", "S0-07", "S1-12", "S2-02", "S2-14", "S2-15", "B-06", "S3-03")
def test_two_invoices_in_one_payment(payable: Callable[..., Any], api: Callable[[Person], Api]) -> None:
    anna, chosen = payable(2, amount=None)
    total = sum(Decimal(invoice["open"]) for invoice in chosen)
    anna.sees(eur(total))
    anna.click(APPROVE)
    sees_paid(anna)
    anna.sees(eur(total), *(invoice["number"] for invoice in chosen))
    for invoice in chosen:
        found = invoice_of(api(ANNA), invoice)
        assert found["state"] == "paid" and Decimal(found["open"]) == 0
    anna.go(f"/invoices/{chosen[0]['invoice_id']}")
    anna.sees(lv("Paid"))
    anna.go("/payments")
    anna.sees(*(invoice["number"] for invoice in chosen))


@pytest.mark.requirement("B-09")
@pytest.mark.parametrize(
    ("mode", "button"),
    [
        ("twice", "Apstiprināt un paziņot divreiz"),
        ("before", "Apstiprināt un paziņot, pirms pārlūks atgriežas"),
        ("never", "Apstiprināt, bet nekad nepaziņot"),
        ("delay", "Apstiprināt ar aizkavi"),
    ],
)
def test_the_result_is_one_whenever_the_bank_tells(
    mode: str, button: str, payable: Callable[..., Any], api: Callable[[Person], Api]
) -> None:
    anna, (invoice,) = payable(1, amount="1,00")
    before = Decimal(invoice_of(api(ANNA), invoice)["paid"])
    if mode == "delay":
        anna.page.locator("input[name=seconds]").fill("2")
    anna.page.get_by_role("button", name=button).click()
    sees_paid(anna)
    time.sleep(1.0)  # a second notice of the same payment is on its way
    found = invoice_of(api(ANNA), invoice)
    assert Decimal(found["paid"]) == before + 1, "exactly once"
    assert api(ACCOUNTANT).get("/staff/ledger")["balanced"]


@pytest.mark.parametrize("button", ["Noraidīt (nepietiek līdzekļu)", "Atcelt un atgriezties"])
def test_what_the_bank_refuses_stays_unpaid(
    button: str, payable: Callable[..., Any], api: Callable[[Person], Api]
) -> None:
    anna, (invoice,) = payable(1, amount="1,00")
    before = invoice_of(api(ANNA), invoice)["paid"]
    anna.page.get_by_role("button", name=button).click()
    expect(anna.page).to_have_url(re.compile(r"/payments/[0-9a-f-]{36}"))
    expect(anna.main.get_by_text(lv("No invoice was paid."))).to_be_visible(timeout=15_000)
    found = invoice_of(api(ANNA), invoice)
    assert found["paid"] == before and found["payment_id"] is None, "it can be chosen again at once"


def test_a_payment_not_finished_blocks_its_invoice_and_can_be_given_up(
    payable: Callable[..., Any], api: Callable[[Person], Api]
) -> None:
    anna, (invoice,) = payable(1, amount="1,00")
    anna.go(f"/invoices/{invoice['invoice_id']}")
    anna.sees(lv("This invoice is part of a payment that is not finished."))
    anna.go("/invoices?state=unpaid")
    assert not anna.main.locator(f"input[name=invoice][value='{invoice['invoice_id']}']").count()
    anna.go(f"/invoices/{invoice['invoice_id']}")
    anna.follow(lv("See the payment"))
    anna.click(lv("Cancel the payment"))
    anna.sees(lv("No invoice was paid."))
    eventually("the invoice is free again", lambda: invoice_of(api(ANNA), invoice)["payment_id"] is None)


def test_an_amount_over_what_is_owed_is_refused_beside_its_field(
    unpaid: Callable[[int], list[dict[str, Any]]], visit: Callable[..., Visitor]
) -> None:
    (invoice,) = unpaid(1)
    anna = visit(ANNA)
    anna.go(f"/payments/new?invoice={invoice['invoice_id']}")
    amount = anna.main.locator("input[inputmode=decimal]")
    for typed in ("999999,00", "0", "abc"):
        amount.fill(typed)
        anna.submit()
        anna.sees(lv("Please check the form"))
        assert amount.input_value() == typed, "what was typed stays typed"
        assert amount.get_attribute("aria-invalid") == "true"


@pytest.mark.requirement("S3-10")
def test_who_may_only_look_cannot_pay(visit: Callable[..., Visitor], api: Callable[[Person], Api]) -> None:
    juris = visit(JURIS)
    juris.go("/invoices")
    assert not juris.main.locator("input[name=invoice]").count()
    juris.does_not_see(lv("Pay the chosen invoices"))
    invoice = next(api(JURIS).all("/invoices", state="unpaid"))
    juris.go(f"/payments/new?invoice={invoice['invoice_id']}", status=403)
    answer = api(JURIS).send("POST", "/payments", json={"parts": [{"invoice_id": invoice["invoice_id"]}]})
    assert answer.status_code == 403


def test_a_forged_notice_pays_nothing(api: Callable[[Person], Api], bank: Bank, base: str) -> None:
    import requests

    for path in ("/bank/callback",):
        answer = requests.post(f"{base}{path}", data=b'{"id": "1", "status": "paid"}', timeout=10,
                               headers={"X-Signature": "QUJD", "Content-Type": "application/json"})  # fmt: skip
        assert answer.status_code in (400, 403), answer.text

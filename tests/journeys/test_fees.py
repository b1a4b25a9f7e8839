"""The accountant writes a price list and runs the month's fees over the permits in force."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from chassis.days import format_day, riga_today
from tests.journeys import register
from tests.journeys.api_client import Api
from tests.journeys.browser import Visitor
from tests.journeys.peers import decoded_pdf
from tests.journeys.people import ACCOUNTANT, ENGINEER, Person
from tests.journeys.test_import import as_file, send
from tests.journeys.test_payments import eur
from tests.journeys.words import lv


@pytest.mark.requirement("S1-15")
def test_a_price_list_from_draft_to_law(visit: Callable[..., Visitor], api: Callable[[Person], Api]) -> None:
    lists = list(api(ACCOUNTANT).all("/staff/price-lists"))
    begins = max([date.fromisoformat(one["valid_from"]) for one in lists] + [riga_today()]) + timedelta(days=1)
    title = f"Cenrādis no {format_day(begins)}"
    staff = visit(ACCOUNTANT)
    staff.go("/staff/price-lists")
    staff.follow(lv("New version"))
    staff.submit()
    staff.sees(lv("Please check the form"))
    staff.fill(title=title, legal_basis="MK noteikumi Nr. 999 “Paraugs”", valid_from=begins.isoformat())
    in_force = next(one for one in lists if one["in_force"])
    staff.field("copy_from", in_force["price_list_id"])
    staff.submit()
    staff.sees(title, "2.1.1", "Fiksēto sakaru EMS nodrošināšana")
    staff.follow("2.1.1")
    staff.fill(price="0,2345")
    staff.submit()
    staff.sees("0,2345")
    staff.follow(lv("Publish"), exact=True)
    staff.sees(format_day(begins))
    staff.submit()
    staff.sees(lv("The price list is published."))
    assert not staff.main.get_by_role("link", name=lv("Publish"), exact=True).count()
    address = staff.page.url
    made = address.rsplit("/", 1)[1]
    staff.go(f"/staff/price-lists/{made}/items/2.1.1")
    staff.fill(price="9")
    staff.submit()
    assert "9,00" not in staff.text()
    found = api(ACCOUNTANT).get(f"/staff/price-lists/{made}")
    assert found["state"] == "published"
    assert next(item["price"] for item in found["items"] if item["code"] == "2.1.1") == "0.2345"


@pytest.mark.timeout(240)
@pytest.mark.requirement("S0-03", "S0-05", "S1-49")
def test_a_fee_run_invoices_every_client_once(visit: Callable[..., Visitor], api: Callable[[Person], Api]) -> None:
    permit, holder = register.number(), f'SIA "Ķeguma Raidītāji {register.number()[-4:]}"'
    engineer = visit(ENGINEER)
    send(engineer, as_file(register.file(register.row(permit, holder=holder))))

    staff = visit(ACCOUNTANT)
    staff.go("/staff/fee-runs")
    staff.click(lv("Go on"))  # the month before this one is chosen already
    staff.sees(lv("Price list"), lv("Invoice date"), lv("Due"))
    staff.submit()
    staff.page.wait_for_url(re.compile(r"/staff/fee-runs/[0-9a-f-]{36}"))
    staff.page.wait_for_selector("#run:not([data-refresh])", timeout=180_000)
    staff.does_not_see(lv("problem"))
    run = api(ACCOUNTANT).get(f"/staff/fee-runs/{staff.page.url.rsplit('/', 1)[1]}")
    assert run["state"] == "finished" and run["invoice_count"] >= 1 and run["problem_count"] == 0

    staff.go(f"/staff/invoices?query={permit}")
    staff.main.get_by_role("rowheader").get_by_role("link").first.click()
    # 28 MHz at 0.2150 EUR a MHz and month
    staff.sees(holder, permit, "2.1.1", "28", "0,2150", eur("6.02"), lv("Legal basis"))
    invoice = api(ACCOUNTANT).get(f"/staff/invoices/{staff.page.url.rsplit('/', 1)[1]}")
    assert invoice["total"] == "6.02" and invoice["vat_category"] == "O" and invoice["vat"] == "0.00"
    assert sum(Decimal(line["net"]) for line in invoice["lines"]) == Decimal(invoice["net"])
    assert date.fromisoformat(invoice["due_on"]) > date.fromisoformat(invoice["issued_on"])
    pdf = staff.context.request.get(f"/staff/invoices/{invoice['invoice_id']}.pdf")
    words = decoded_pdf(pdf.body())
    assert invoice["number"] in words and "Ķeguma Raidītāji" in words and permit in words

    staff.go("/staff/fee-runs")
    staff.click(lv("Go on"))
    staff.sees(lv("Clients that have their invoice for this month will be skipped; nothing is issued twice."))
    staff.submit()
    staff.page.wait_for_selector("#run:not([data-refresh])", timeout=180_000)
    again = api(ACCOUNTANT).get(f"/staff/fee-runs/{staff.page.url.rsplit('/', 1)[1]}")
    assert again["invoice_count"] == 0 and again["skipped_count"] >= 1
    staff.sees(lv("Nothing was issued: all clients had their invoices for this month already."))
    staff.go("/staff/ledger")
    staff.sees(lv("The books balance"))
    numbers = [one["number"] for one in api(ACCOUNTANT).all("/staff/invoices", limit=100)][:3000]
    assert len(numbers) == len(set(numbers))

"""The first page, the language switch, the phone, and a browser without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from tests.journeys import axe, fixed_link
from tests.journeys.api_client import Api
from tests.journeys.browser import NARROWEST, PHONE, Visitor
from tests.journeys.objects import Maker
from tests.journeys.people import ACCOUNTANT, ANNA, ENGINEER, PETERIS, Person
from tests.journeys.test_payments import APPROVE, eur, sees_paid
from tests.journeys.test_request import submitted
from tests.journeys.words import lv


@pytest.mark.requirement("S2-09", "B-12", "S1-10")
def test_the_overview_says_what_waits(
    visit: Callable[..., Visitor], api: Callable[[Person], Api], maker: Maker
) -> None:
    maker.waiting_case()
    anna = visit(ANNA)
    anna.go("/")
    counts = api(ANNA).get("/permits/counts")
    balance = api(ANNA).get("/balance")
    cases = api(ANNA).get("/requests/counts")
    anna.sees(
        lv("Permits in force"), str(counts["in_force"]), eur(balance["owed"]), str(cases["open"]),
        lv("Unpaid invoices"), lv("Permits that end soon"), lv("Requests under way"), lv("Messages"),
    )  # fmt: skip
    anna.follow(counts["ending"][0]["permit_no"])
    anna.sees(counts["ending"][0]["permit_no"], lv("History"))
    anna.page.get_by_role("navigation", name=lv("Main")).get_by_role("link", name=lv("Invoices")).click()
    expect(anna.page).to_have_url(re.compile("/invoices$"))


def test_an_accountants_day_begins_with_what_is_open(
    visit: Callable[..., Visitor], api: Callable[[Person], Api]
) -> None:
    books = api(ACCOUNTANT)
    overdue = [Decimal(row["open"]) for row in books.all("/staff/invoices", state="overdue", limit=100)]
    counts = books.get("/staff/invoices/counts")
    assert (counts["overdue_count"], Decimal(counts["overdue"])) == (len(overdue), sum(overdue))
    assert counts["open_count"] >= counts["overdue_count"] and counts["suspense_count"] >= 0
    visitor = visit(ACCOUNTANT)
    visitor.go("/staff")
    visitor.sees("Neapmaksātie rēķini", "Nokavētie rēķini", "Nauda, kas nekam neatbilst")
    visitor.main.locator(".tile", has_text="Nokavētie rēķini").get_by_role("link").click()
    expect(visitor.page).to_have_url(re.compile(r"/staff/invoices\?state=overdue$"))


def test_the_language_is_switched_and_kept(visit: Callable[..., Visitor], base: str) -> None:
    peteris = visit()
    peteris.sign_in(PETERIS)
    peteris.go("/permits?query=YL3PK")
    peteris.page.get_by_role("button", name="EN", exact=False).first.click()
    expect(peteris.page).to_have_url(re.compile(r"/permits\?query=YL3PK"))
    assert peteris.page.locator("html").get_attribute("lang") == "en"
    peteris.sees("Permits", "Amateur radio")
    peteris.go("/invoices")
    peteris.sees("Invoices", "To pay")
    other = visit()  # another browser: the choice went along in the profile
    other.sign_in(PETERIS)
    other.go("/permits")
    assert other.page.locator("html").get_attribute("lang") == "en"
    peteris.page.get_by_role("button", name="LV", exact=False).first.click()
    peteris.sees("Rēķini")
    assert Api.signed_in(base, PETERIS).get("/profile")["language"] == "lv"


def test_dark_by_the_device_and_by_choice(visit: Callable[..., Visitor]) -> None:
    visitor = visit(dark=True)
    visitor.go("/")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = visitor.page.evaluate(background)
    visitor.page.emulate_media(color_scheme="light")
    light = visitor.page.evaluate(background)
    assert dark != light
    switch = visitor.page.locator("button[name=theme]")
    visitor.lead_on(switch)  # from the device's to dark
    assert visitor.page.evaluate(background) == dark
    visitor.lead_on(switch)  # light
    visitor.page.emulate_media(color_scheme="dark")
    assert visitor.page.evaluate(background) == light


@pytest.mark.requirement("S3-40")
def test_paying_on_a_phone(visit: Callable[..., Visitor], maker: Maker) -> None:
    (invoice,) = maker.unpaid(1)
    anna = visit(ANNA, size=PHONE)
    anna.go("/")
    anna.page.locator("[data-nav-menu] summary").click()
    anna.page.get_by_role("navigation", name=lv("Main")).get_by_role("link", name=lv("Invoices")).click()
    anna.go(f"/invoices?query={invoice.number}")
    assert not axe.overflow(anna.page)
    anna.main.locator("input[name=invoice]").check()
    anna.click(lv("Pay the chosen invoices"))
    anna.main.locator("input[inputmode=decimal]").fill("0,50")
    anna.submit()
    assert not axe.overflow(anna.page), "the bank's page too"
    anna.click(APPROVE)
    sees_paid(anna)
    anna.page.set_viewport_size({"width": NARROWEST[0], "height": NARROWEST[1]})
    assert not axe.overflow(anna.page)


@pytest.mark.timeout(240)
@pytest.mark.requirement("S3-40", "S1-42")
def test_everything_works_without_javascript(visit: Callable[..., Visitor], maker: Maker) -> None:
    (invoice,) = maker.unpaid(1)
    anna = visit(javascript=False)
    anna.sign_in(ANNA)
    anna.go("/permits")
    anna.fill(query="rugeli")
    anna.click(lv("Find"))
    anna.sees("Daugavpils, Ruģeļi")
    anna.go(f"/invoices?query={invoice.number}")
    anna.main.locator("input[name=invoice]").check()
    anna.click(lv("Pay the chosen invoices"))
    anna.main.locator("input[inputmode=decimal]").fill("0,75")
    anna.submit()
    anna.click(APPROVE)
    expect(anna.main.get_by_text(lv("The payment is received"))).to_be_visible(timeout=20_000)
    name = fixed_link.link_name()
    case_id = submitted(anna, fixed_link.typed(name))
    anna.sees(name, "Iesniegts")
    engineer = visit(javascript=False)
    engineer.sign_in(ENGINEER)
    engineer.go(f"/staff/cases/{case_id}")
    engineer.click("Pieņemt izskatīšanā")
    engineer.sees(lv("The case is yours."))
    anna.page.locator("summary.tool").click()  # <details> opens without a script
    anna.page.get_by_role("button", name="Iziet").click()
    anna.sees("Jūs izrakstījāties")

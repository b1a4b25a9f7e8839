"""Unified login in a real browser, in Latvian, with the two real providers: first logins, banks, entry from their
sites."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import stack
from tests.journeys import axe, joining
from tests.journeys.api_client import eventually
from tests.journeys.browser import PHONE, Visitor
from tests.journeys.newcomers import Newcomers, newcomers
from tests.journeys.outside import Browser, Human, provider_url
from tests.journeys.peers import Mail

PATIENCE = 60_000


def _pick(visitor: Visitor, human: Human) -> None:
    """Pick a person on the provider's page."""
    page = visitor.page
    expect(page.get_by_role("heading", name="Cita persona")).to_be_visible(timeout=PATIENCE)
    for label, value in (("Vārds", human.given_name), ("Uzvārds", human.family_name)):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Personas kods, pēc komata arī agrākie").fill(human.code)
    page.get_by_role("button", name="Turpināt").click()


@pytest.mark.requirement("S0-12", "S1-08")
@pytest.mark.parametrize("provider", ["Latvija.lv", "eParaksts vai eID karte"])
def test_a_first_login_in_a_browser(
    visit: Callable[..., Visitor], mail: Mail, pictures: Path, provider: str
) -> None:
    stack.use_stack_environment("gateway")
    human, address = Human(), f"{uuid.uuid4().hex[:12]}@newcomers.example"
    with newcomers() as made:
        made.client(human.name, kind="natural", person_code=human.code)
    visitor = visit()
    visitor.go("/sign-in")
    visitor.follow(provider)
    _pick(visitor, human)
    expect(visitor.page).to_have_url(re.compile("/sign-in/first/"), timeout=PATIENCE)
    visitor.sees("Jūsu pirmā pieteikšanās", "ŽANIS ŠĶĒLE")
    assert not axe.violations(visitor.page)
    visitor.picture(pictures, "first-login.lv.1280")
    visitor.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert not axe.overflow(visitor.page)
    visitor.picture(pictures, "first-login.lv.390")
    visitor.fill(email="nav adrese")
    visitor.click("Izveidot kontu")
    visitor.sees("Nederīga e-pasta adrese.")
    visitor.fill(email=address)
    visitor.click("Izveidot kontu")
    expect(visitor.page).to_have_url(re.compile("/terms/accept"), timeout=PATIENCE)
    visitor.main.get_by_label("Lietošanas noteikumi ir izlasīti").check()
    visitor.click("Piekrist un turpināt")
    visitor.page.get_by_role("link", name="Apstiprināt e-pastu").click()
    visitor.sees("Apstipriniet savu e-pasta adresi", address)
    assert not axe.violations(visitor.page) and not axe.overflow(visitor.page)
    visitor.picture(pictures, "prove-email.lv.390")
    visitor.click("Apstiprināt adresi")
    visitor.sees("Lūdzu, pārbaudiet veidlapu")
    visitor.click("Nosūtīt vēlreiz")
    visitor.sees("ir nosūtīta saite")
    visitor.go("/profile")
    visitor.sees(human.name)  # as the register writes it, not in the provider's capitals
    visitor.go("/profile/logins")
    visitor.sees("Pieteikšanās veidi", provider, "Augsts", "Vienīgais veids")
    assert not axe.violations(visitor.page)
    visitor.picture(pictures, "ways-of-signing-in.lv.390")
    eventually("the mail about it", lambda: mail.to(address), seconds=60)


Visit = Callable[..., Visitor]


@pytest.fixture
def known(newcomers: Newcomers) -> tuple[Human, uuid.UUID]:
    """Somebody the register knows, who has never been to the portal."""
    human = Human()
    return human, newcomers.client(human.name, kind="natural", person_code=human.code)


def _come(visitor: Visitor, human: Human, provider: str) -> None:
    """From the sign-in page to a provider, and back as this person."""
    visitor.go("/sign-in")
    visitor.follow(provider)
    _pick(visitor, human)


def _arrive(visitor: Visitor, human: Human) -> None:
    """The first login is completed: an e-mail, the terms, and one is inside."""
    expect(visitor.page).to_have_url(re.compile("/sign-in/first/"), timeout=PATIENCE)
    visitor.sees(human.name.upper())
    visitor.fill(email=f"{uuid.uuid4().hex[:12]}@newcomers.example")
    visitor.click("Izveidot kontu")
    expect(visitor.page).to_have_url(re.compile("/terms/accept"), timeout=PATIENCE)
    visitor.main.get_by_label("Lietošanas noteikumi ir izlasīti").check()
    visitor.click("Piekrist un turpināt")
    _inside(visitor, human)


def _inside(visitor: Visitor, human: Human) -> None:
    visitor.page.wait_for_url(lambda url: "/sign-in" not in url and "/terms" not in url, timeout=PATIENCE)
    assert visitor.cookie("portal")
    visitor.go("/profile")
    visitor.sees(human.name)


def _refused(visitor: Visitor, code: str, *words: str) -> None:
    expect(visitor.page).to_have_url(re.compile(f"/sign-in/refused.*code={code}"), timeout=PATIENCE)
    registering = code == "login_registration_refused"
    visitor.sees("Reģistrēties neizdevās" if registering else "Pieteikties neizdevās", *words)
    assert not visitor.cookie("portal")


@pytest.mark.requirement("S1-35", "S3-14", "S1-64", "S3-16")
def test_a_bank_lets_in_whom_the_register_knows_by_name_and_code_and_from_its_own_site(
    visit: Visit, base: str, known: tuple[Human, uuid.UUID]
) -> None:
    """This bank sends the browser to us, and we begin: the answer is one that was asked for."""
    human, _ = known
    wrong = Human(code=human.code, given_name="Ilze", family_name="Šķēle")
    visitor = visit()
    _come(visitor, wrong, "Internetbanka")
    _refused(visitor, "login_no_match")
    visitor = visit()
    _come(visitor, human, "Internetbanka")
    _arrive(visitor, human)
    again = Browser(base).sign_in_with("banka", wrong)
    assert "code=login_no_match" in again.url, "nor once there is an account"
    visitor = visit()
    visitor.page.goto(provider_url("oidc-provider"))
    visitor.follow("Klientu portāls")
    _pick(visitor, human)
    _inside(visitor, human)


@pytest.mark.requirement("S1-35", "S3-15", "S1-64", "S3-16")
def test_a_bank_lets_in_people_with_a_contract_and_from_its_own_site_after_a_yes(
    visit: Visit, known: tuple[Human, uuid.UUID]
) -> None:
    """This bank brings a token unasked: nobody may be signed in by it unseen."""
    human, client = known
    visitor = visit()
    _come(visitor, human, "Banka ar bankas saiti")
    _refused(visitor, "login_no_contract")
    joining.contract(client)
    visitor = visit()
    _come(visitor, human, "Banka ar bankas saiti")
    _arrive(visitor, human)
    visitor = visit()
    visitor.page.goto(provider_url("wsfed-provider"))
    visitor.follow("Klientu portāls")
    _pick(visitor, human)
    expect(visitor.page).to_have_url(re.compile("/sign-in/first/"), timeout=PATIENCE)
    visitor.sees("Vai pieteikties portālā?", human.name.upper())
    assert not visitor.cookie("portal"), "nothing opens before the yes"
    visitor.submit()
    _inside(visitor, human)


@pytest.mark.requirement("S2-04", "S2-08")
def test_registering_by_a_bank_with_a_contract_number(
    visit: Visit, known: tuple[Human, uuid.UUID], newcomers: Newcomers
) -> None:
    human, client = known
    number, other = joining.contract(client), joining.contract(newcomers.client("SIA Cits"))
    visitor = visit()
    visitor.go("/register")
    visitor.follow("Reģistrēšanās ar līguma numuru")
    visitor.fill(contract_no=other, provider="banka")
    visitor.submit()
    visitor.main.locator("a.btn-primary.btn-lg").click()
    _pick(visitor, human)
    _refused(visitor, "login_registration_refused")
    visitor.follow("Reģistrēšanās ar līguma numuru")
    assert visitor.main.locator("[name=contract_no]").input_value() == other, "the number is mended, not typed anew"
    visitor.fill(contract_no=number, provider="banka")
    visitor.submit()
    visitor.main.locator("a.btn-primary.btn-lg").click()
    _pick(visitor, human)
    _arrive(visitor, human)

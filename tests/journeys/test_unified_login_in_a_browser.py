"""Unified login in a real browser, in Latvian, with the two real providers: a first login of each kind."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import stack
from tests.journeys import axe
from tests.journeys.api_client import eventually
from tests.journeys.browser import PHONE, Visitor
from tests.journeys.newcomers import newcomers
from tests.journeys.outside import Human
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

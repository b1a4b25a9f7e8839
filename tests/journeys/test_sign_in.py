"""Signing in and out in a browser: the form, the lock, the terms, one's sessions."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.api_client import Api, Refused, eventually
from tests.journeys.browser import Visitor
from tests.journeys.factor_tools import newcomer
from tests.journeys.people import ADMIN, ANNA, PASSWORD, PETERIS, Person

WRONG = "E-pasts vai parole nav pareiza"


@pytest.mark.requirement("S1-06", "S1-08", "S3-01", "S3-28")
def test_sign_in_leads_back_to_the_page_one_wanted(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.go("/profile")
    expect(visitor.page).to_have_url(re.compile(r"/sign-in\?next=/profile$"))
    visitor.main.get_by_label("E-pasts").fill(ANNA.email)
    visitor.main.get_by_label("Parole", exact=True).fill(PASSWORD)
    visitor.click("Pieteikties")
    if "/terms/accept" in visitor.page.url:  # the first time somebody signs in
        visitor.main.get_by_label("Lietošanas noteikumi ir izlasīti").check()
        visitor.click("Piekrist un turpināt")
    expect(visitor.page).to_have_url(re.compile(r"^[^?]*/profile$"))
    visitor.sees("Anna", ANNA.email)


@pytest.mark.requirement("S1-31")
def test_what_is_refused_does_not_tell_who_exists(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    said = []
    for email in (PETERIS.email, "nav-tada@example.com"):
        visitor.go("/sign-in", status=None)
        visitor.fill(email=email, password="Nepareiza-1")
        visitor.click("Pieteikties")
        visitor.sees(WRONG)
        assert visitor.main.locator("[name=email]").input_value() == email, "what was typed stays typed"
        assert visitor.main.locator("[name=password]").input_value() == ""
        said.append(visitor.main.locator(".error-summary").inner_text())
    assert said[0] == said[1]
    assert not any(cookie["name"] == "portal" for cookie in visitor.context.cookies())


@pytest.mark.requirement("S1-32", "S1-33", "B-01")
def test_five_wrong_passwords_lock_and_staff_unlock(visit: Callable[..., Visitor], base: str) -> None:
    visitor, person = visit(), newcomer()
    for _ in range(5):
        visitor.sign_in(person, "Nepareiza-1")
        visitor.sees(WRONG)
    visitor.sign_in(person)
    visitor.sees(WRONG)  # the right password, and the same words as for a wrong one
    with pytest.raises(Refused) as refused:
        Api.signed_in(base, person)
    assert refused.value.status == 401 and refused.value.code == "identity.sign_in_refused"
    staff = visit(ADMIN)
    staff.go(f"/staff/users?query={person.email}")
    staff.main.get_by_role("rowheader").get_by_role("link").first.click()
    staff.follow("Atbloķēt")
    staff.click("Atbloķēt")
    staff.sees("atkal var pieteikties")
    visitor.sign_in(person)
    visitor.go("/profile")
    visitor.sees(person.email)


@pytest.mark.requirement("S1-18", "S1-24", "S1-71", "S3-17")
def test_nothing_opens_before_the_terms_are_accepted(
    visit: Callable[..., Visitor], without_acceptance: Person
) -> None:
    visitor = visit()
    visitor.go("/sign-in?next=/client")
    visitor.fill(email=without_acceptance.email, password=PASSWORD)
    visitor.click("Pieteikties")
    expect(visitor.page).to_have_url(re.compile("/terms/accept"))
    visitor.sees("lietošanas noteikumi", "Apstiprināti")
    before = {cookie["name"]: cookie["value"] for cookie in visitor.context.cookies()}["portal"]
    for path in ("/", "/client", "/profile"):
        visitor.go(path)
        assert "/terms/accept" in visitor.page.url, f"{path} opened without acceptance"
    visitor.go("/terms/accept?next=/client")
    visitor.click("Piekrist un turpināt")
    visitor.sees("Lūdzu, pārbaudiet veidlapu")
    visitor.main.get_by_label("Lietošanas noteikumi ir izlasīti").check()
    visitor.click("Piekrist un turpināt")
    expect(visitor.page).to_have_url(re.compile(r"^[^?]*/client$"))
    visitor.sees("Paldies! Jūs piekritāt lietošanas noteikumiem.")
    after = {cookie["name"]: cookie["value"] for cookie in visitor.context.cookies()}["portal"]
    assert after != before, "the session's secret must change when its rights do"


def is_asked_to_sign_in(visitor: Visitor, path: str, place: str) -> None:
    """The end of a session reaches every process of the gateway, within a second."""

    def asked() -> bool:
        visitor.go(path)
        return place in visitor.page.url

    eventually("the question to sign in", asked)


@pytest.mark.requirement("S3-26")
def test_a_session_ended_elsewhere_is_over_at_once(visit: Callable[..., Visitor]) -> None:
    here, there, person = visit(), visit(), newcomer()
    for visitor in (here, there):
        visitor.sign_in(person)
        visitor.go("/profile")
    here.go("/profile/sessions")
    here.sees("Šī ierīce", "Chromium, Linux")
    here.follow("Pārtraukt visas citas sesijas")
    here.click("Pārtraukt citas sesijas")
    here.sees("Pārtraukt")
    is_asked_to_sign_in(there, "/profile", "/sign-in")
    here.go("/profile")
    assert "/sign-in" not in here.page.url


def test_one_chosen_session_is_ended_from_the_list(visit: Callable[..., Visitor]) -> None:
    here, there, person = visit(), visit(), newcomer("auditor")
    there.sign_in(person)
    here.sign_in(person)
    here.go("/staff/sessions")
    # newest use first: the first row is this browser, the next one the other
    here.main.get_by_role("button", name="Pārtraukt", exact=True).first.click()
    here.sees("Sesija ir pārtraukta.")
    is_asked_to_sign_in(there, "/staff", "/staff/sign-in")


def test_sign_out_ends_the_session_for_good(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.sign_in(PETERIS)
    visitor.go("/profile")
    secret = next(cookie for cookie in visitor.context.cookies() if cookie["name"] == "portal")["value"]
    visitor.page.locator("summary.tool").click()
    visitor.page.get_by_role("button", name="Iziet").click()
    visitor.sees("Jūs izrakstījāties")
    assert not any(cookie["name"] == "portal" for cookie in visitor.context.cookies())
    visitor.set_cookie("portal", secret)
    visitor.go("/profile")
    assert "/sign-in" in visitor.page.url


@pytest.mark.requirement("S3-32")
def test_the_start_page_leads_to_a_forgotten_password(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.go("/")
    visitor.follow("Aizmirsta parole")
    assert visitor.page.url.endswith("/sign-in/forgotten")
    visitor.sees("E-pasts")

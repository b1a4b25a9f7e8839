"""Every page in both languages, light and dark, wide and on a phone: no axe violation, no overflow, no complaint.

What is kept of it are pictures under <run folder>/screenshots, to be looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error

from tests import stack
from tests.journeys import axe
from tests.journeys.api_client import Api
from tests.journeys.browser import NARROWEST, PHONE, WIDE, Visitor
from tests.journeys.objects import Maker
from tests.journeys.people import (
    ACCOUNTANT,
    ADMIN,
    ANNA,
    AUDITOR,
    ENGINEER,
    JURIS,
    PASSWORD,
    PETERIS,
    SERVICE,
    Person,
)
from tests.journeys.places import Place, pages

# Pages that lead on at once in the state this run leaves them in; their own tests show them.
LEADS_ON = {
    "/terms/accept", "/staff/terms/accept", "/register/account", "/register/done", "/applications/new",
    "/applications/sent", "/applications/own", "/applications/own.pdf",
    # To a provider and back: tests/journeys/test_unified_login.py.
    "/confirm/with/<provider>", "/sign-in/with/<provider>", "/sign-in/from/<provider>", "/sign-in/callback/<provider>",
    "/sign-in/first/<uuid:ticket>", "/profile/logins/add/<provider>", "/profile/logins/confirm/<uuid:ticket>",
}  # fmt: skip
# Of somebody who typed an address at a first login: tests/journeys/test_unified_login_in_a_browser.py.
LEADS_ON |= {"/profile/email/proof"}
# A file, which any erasure takes away (tests/journeys/test_audit.py takes one).
LEADS_ON |= {"/staff/audit/exports/<uuid:export_id>/file"}
# Pages of people with a second factor, which nobody of the demo has; test_factor_pages.py looks at them.
LEADS_ON |= {"/sign-in/second", "/staff/sign-in/second", "/profile/security/keys/<uuid:key_id>/remove",
             "/staff/security/keys/<uuid:key_id>/remove"}  # fmt: skip

def _size(visitor: Visitor, size: tuple[int, int]) -> None:
    visitor.page.set_viewport_size({"width": size[0], "height": size[1]})


def look_over(visitor: Visitor, name: str, pictures: Path) -> list[str]:
    """Everything wrong with the page shown: every rule on the Latvian page, what hangs on words on the English one.

    Colours hang on light and dark only, sizes and layout on the width only, and the elements are the same in both
    languages, so that not every pairing needs every rule.
    """
    page = visitor.page
    language = page.locator("html").get_attribute("lang")
    found: list[str] = []

    def note(state: str, wrong: list[str]) -> None:
        found.extend(f"[{language} {state}] {one}" for one in wrong)

    if language == "lv":
        note("1280", axe.violations(page))
        visitor.picture(pictures, f"{name}.lv.1280")
        _size(visitor, PHONE)
        visitor.picture(pictures, f"{name}.lv.390")
        note("390", axe.overflow(page))
        page.emulate_media(color_scheme="dark")
        note("390 dark", axe.violations(page, axe.LOOKS))
    else:
        page.emulate_media(color_scheme="dark")
        note("1280", axe.overflow(page))
        visitor.picture(pictures, f"{name}.en.1280.dark")
    _size(visitor, NARROWEST)
    note("360", axe.overflow(page))
    page.emulate_media(color_scheme="light")
    _size(visitor, WIDE)
    return found


def picture_name(path: str) -> str:
    """A file name for a page's pictures."""
    return re.sub(r"[^a-z0-9]+", "-", path.replace("uuid:", "").lower()).strip("-") or "start"


@pytest.fixture(scope="module")
def browsers(browser: Browser, base: str, api: Callable[[Person], Api]) -> Iterator[Callable[..., Visitor]]:
    """A browser for every person and language, kept for the whole walk: a new one costs as much as a page."""
    known: dict[tuple[Person | None, str], Visitor] = {}

    def of(person: Person | None, language: str) -> Visitor:
        visitor = known.get((person, language))
        if visitor is None:
            visitor = known[person, language] = Visitor(browser, base, language=language)
        return visitor.adopt(person, str(api(person).secret)) if person else visitor

    yield of
    for visitor in known.values():
        visitor.close()


def _shows(visitor: Visitor, address: str) -> bool:
    """Go to a page; False when it is no page but a file."""
    try:
        return visitor.go(address).headers.get("content-type", "").startswith("text/html")
    except Error as error:
        if "Download is starting" in str(error):
            return False
        raise


@pytest.mark.requirement("S3-40", "S2-09")
@pytest.mark.parametrize("place", [place for place in pages() if place.path not in LEADS_ON], ids=str)
def test_page(place: Place, browsers: Callable[..., Visitor], objects: dict[str, str], pictures: Path) -> None:
    address = place.address(objects)
    wrong: list[str] = []
    for language in ("lv", "en"):
        visitor = browsers(place.person, language)
        visitor.troubles.clear()
        if not _shows(visitor, address):
            answer = visitor.context.request.get(address, max_redirects=0)
            assert answer.status == 200 and "filename" in answer.headers.get("content-disposition", "filename"), address
            return  # a file to download, not a page
        assert visitor.page.locator("html").get_attribute("lang") == language
        assert visitor.page.locator("h1").count() == 1, "a page has one main heading"
        wrong += look_over(visitor, picture_name(place.path), pictures) + visitor.troubles
    assert not wrong, "\n".join(wrong)


def _look_at_both(visit: Callable[..., Visitor], person: Person | None, name: str, pictures: Path,
                  show: Callable[[Visitor], None]) -> None:  # fmt: skip
    wrong: list[str] = []
    for language in ("lv", "en"):
        visitor = visit(person, language=language)
        show(visitor)
        wrong += look_over(visitor, name, pictures)
    assert not wrong, "\n".join(wrong)


ADDRESSES = {
    "overview": (ANNA, "/", 200),
    "overview-of-somebody-who-only-looks": (JURIS, "/", 200),
    "staff-overview-engineer": (ENGINEER, "/staff", 200),
    "staff-overview-service": (SERVICE, "/staff", 200),
    "staff-overview-accountant": (ACCOUNTANT, "/staff", 200),
    "empty-permits": (ANNA, "/permits?query=nekas-tāds", 200),
    "empty-invoices": (ANNA, "/invoices?query=nekas-tāds", 200),
    "empty-payments": (PETERIS, "/payments", 200),
    "empty-requests": (PETERIS, "/requests", 200),
    "empty-messages": (JURIS, "/messages?unread_only=1", 200),
    "empty-cases": (ENGINEER, "/staff/cases?query=nekas-tāds", 200),
    "empty-clients": (SERVICE, "/staff/clients?query=nekas-tāds", 200),
    "empty-audit": (AUDITOR, "/staff/audit?person=nekas-tāds", 200),
    "error-404": (ANNA, "/nothing-here", 404),
    "error-404-nobody": (None, "/nothing-here", 404),
    "error-404-staff": (ADMIN, "/staff/nothing-here", 404),
    "error-403": (JURIS, "/payments/new", 403),
    "error-403-staff": (ENGINEER, "/staff/ledger", 403),
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_empty_lists_and_error_pages(name: str, visit: Callable[..., Visitor], pictures: Path) -> None:
    person, address, status = ADDRESSES[name]
    _look_at_both(visit, person, name, pictures, lambda visitor: visitor.go(address, status) and None)


# who, where, what is typed, and the button when it is not the form's first one
FORMS: dict[str, tuple[Person | None, str, dict[str, str], str]] = {
    "sign-in": (None, "/sign-in", {"email": "", "password": ""}, ""),
    "password": (ANNA, "/profile/password", {"old_password": "x"}, ""),
    "profile": (ANNA, "/profile/edit", {"phone": "nav numurs"}, ""),
    "client-contacts": (ANNA, "/client/contacts", {"email": "nav adrese"}, ""),
    "import": (ENGINEER, "/staff/imports/new", {}, ""),
    "price-list": (ACCOUNTANT, "/staff/price-lists/new", {"title": ""}, ""),
    "draft": (ANNA, "/requests/drafts/{empty_draft_id}", {"link_name": ""}, ""),
    "answer": (ANNA, "/requests/{case_id}/answer", {"text": ""}, "[name=go][value=send]"),
    "refusal": (ENGINEER, "/staff/cases/{taken_case_id}/refuse", {"reason": ""}, ""),
    "question": (ENGINEER, "/staff/cases/{taken_case_id}/ask", {"text": ""}, ""),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_with_errors(name: str, visit: Callable[..., Visitor], objects: dict[str, str], pictures: Path) -> None:
    person, address, typed, button = FORMS[name]

    def show(visitor: Visitor) -> None:
        visitor.go(address.format_map(objects))
        visitor.fill(**typed)
        if button:
            visitor.main.locator(button).click()
        else:
            visitor.submit()
        visitor.page.wait_for_selector(".error-summary")
        assert visitor.page.evaluate("document.activeElement.classList.contains('error-summary')")

    _look_at_both(visit, person, f"errors-{name}", pictures, show)


def test_a_form_that_was_open_too_long(visit: Callable[..., Visitor], pictures: Path) -> None:
    """What was typed is offered again, not lost."""

    def show(visitor: Visitor) -> None:
        visitor.go("/profile/edit")
        visitor.page.locator("main input[name=csrf_token]").evaluate("field => { field.value = 'old' }")
        visitor.fill(name="Anna Kalniņa")
        visitor.submit()
        assert visitor.main.locator("input[name=name]").get_attribute("value") == "Anna Kalniņa"

    _look_at_both(visit, ANNA, "error-form-expired", pictures, show)


def test_accepting_the_terms(visit: Callable[..., Visitor], without_acceptance: Person, pictures: Path) -> None:
    def show(visitor: Visitor) -> None:
        visitor.go("/sign-in")
        visitor.fill(email=without_acceptance.email, password=PASSWORD)
        visitor.submit()
        assert "/terms/accept" in visitor.page.url

    _look_at_both(visit, None, "terms-accept", pictures, show)


def test_the_sandbox_bank_and_the_catchers(visit: Callable[..., Visitor], pictures: Path, maker: Maker) -> None:
    """They are no part of the portal, but the journey goes through them."""
    ports = stack.endpoints()["ports"]
    wrong = []
    for name in ("bank", "mail-ui", "sms-catcher"):
        visitor = visit()
        visitor.go(f"http://127.0.0.1:{ports[name]}/")
        wrong += [f"{name}: {one}" for one in axe.violations(visitor.page)]
        visitor.picture(pictures, f"peer-{name}")
    assert not wrong, "\n".join(wrong)

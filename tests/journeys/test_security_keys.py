"""Security keys in a real browser with Chromium's virtual authenticator, and an application, as a person walks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, CDPSession, expect

from tests.journeys.browser import Visitor
from tests.journeys.factor_tools import Authenticator, newcomer
from tests.journeys.people import PASSWORD, Person


@pytest.fixture
def keyed(browser: Browser, base: str) -> Iterator[Visitor]:
    """A browser at `localhost`: browsers bind keys to names, not to addresses."""
    visitor = Visitor(browser, f"http://localhost:{urlsplit(base).port}")
    yield visitor
    troubles = list(visitor.troubles)
    visitor.close()
    assert not troubles, "\n".join(troubles)


class Key:
    """A virtual security key plugged into the browser."""

    def __init__(self, visitor: Visitor, *, verifies: bool = True) -> None:
        self.cdp: CDPSession = visitor.context.new_cdp_session(visitor.page)
        self.cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "usb", "hasResidentKey": False, "hasUserVerification": True,
            "isUserVerified": verifies, "automaticPresenceSimulation": True,
        }  # fmt: skip
        self.id = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def verifies(self, verified: bool) -> None:
        self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": verified})

    def credentials(self) -> list[dict[str, Any]]:
        return self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]  # type: ignore[no-any-return]

    def wind_back(self) -> None:
        """Make the key a copy made earlier: it counts from the beginning again."""
        (held,) = self.credentials()
        self.cdp.send("WebAuthn.clearCredentials", {"authenticatorId": self.id})
        held["signCount"] = 0
        self.cdp.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": held})


def sign_out(visitor: Visitor) -> None:
    visitor.page.locator("summary.tool").click()
    visitor.page.get_by_role("button", name="Iziet").click()


def begin(visitor: Visitor, person: Person) -> None:
    visitor.go(f"{person.sign_in_page}?next=/profile")
    visitor.fill(email=person.email, password=PASSWORD)
    visitor.submit()


@pytest.mark.requirement("S1-50", "S1-51", "S1-59")
def test_a_key_is_added_used_and_a_copy_of_it_refused(keyed: Visitor) -> None:
    person = newcomer()
    keyed.sign_in(person)
    key = Key(keyed)
    keyed.go("/profile/security")
    keyed.follow("Pievienot atslēgu")
    keyed.fill(name="Zilā atslēga")
    keyed.click("Pievienot atslēgu")
    keyed.page.wait_for_selector(".recovery-codes")
    codes = keyed.main.locator(".recovery-codes code").all_inner_texts()
    assert len(codes) == 10
    keyed.follow("Kodi saglabāti")
    keyed.sees("Zilā atslēga", "atlikuši 10 kodu")

    sign_out(keyed)
    begin(keyed, person)
    expect(keyed.page).to_have_url(re.compile("/sign-in/second"))
    keyed.page.goto("/profile")
    expect(keyed.page).to_have_url(re.compile("/sign-in/second"))
    half = keyed.cookie("portal")
    keyed.click("Izmantot drošības atslēgu")
    expect(keyed.page).to_have_url(re.compile(r"^[^?]*/profile$"))
    assert keyed.cookie("portal") != half, "the half-open secret is rotated"
    keyed.go("/profile/sessions")
    keyed.sees("drošības atslēga", "būtisks")

    sign_out(keyed)
    begin(keyed, person)
    key.wind_back()
    keyed.click("Izmantot drošības atslēgu")
    keyed.page.wait_for_selector(".error-summary")
    keyed.sees("Otro faktoru nevarēja apstiprināt")
    keyed.main.locator("details.panel summary").click()
    keyed.fill(recovery_code=codes[0])
    keyed.main.locator("details.panel button").click()
    expect(keyed.page).to_have_url(re.compile(r"^[^?]*/profile$"))


@pytest.mark.requirement("S1-59")
def test_a_key_that_does_not_verify_its_user_is_not_taken(keyed: Visitor) -> None:
    person = newcomer()
    keyed.sign_in(person)
    Key(keyed, verifies=False)
    keyed.go("/profile/security/keys/new")
    keyed.fill(name="Bez PIN")
    keyed.click("Pievienot atslēgu")
    expect(keyed.main.locator("[data-key-wrong]")).to_be_visible(timeout=60_000)
    keyed.go("/profile/security")
    keyed.does_not_see("Bez PIN")


@pytest.mark.requirement("S1-59")
@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_an_application_is_set_up_and_asked_for(visit: Callable[..., Visitor], javascript: bool) -> None:
    person = newcomer()
    visitor = visit(javascript=javascript)
    visitor.sign_in(person)
    visitor.go("/profile/security/app")
    assert visitor.main.locator(".qr-code svg").count() == 1
    secret = visitor.main.locator("code.secret").inner_text()
    authenticator = Authenticator(secret)
    visitor.fill(code="000000")
    visitor.submit()
    visitor.sees("Otro faktoru nevarēja apstiprināt")
    assert visitor.main.locator("code.secret").inner_text() == secret, "a mistyped code changes no secret"
    visitor.fill(code=authenticator.code())
    visitor.submit()
    visitor.sees("Atkopšanas kodi", "Saglabājiet šos kodus tagad")
    visitor.follow("Kodi saglabāti")
    visitor.sees("Tiek lietota")
    sign_out(visitor)
    begin(visitor, person)
    visitor.sees("Otrais faktors")
    visitor.fill(code=authenticator.code())
    visitor.submit()
    expect(visitor.page).to_have_url(re.compile(r"^[^?]*/profile$"))

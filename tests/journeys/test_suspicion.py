"""Guessing is held by itself, keeps nobody out for good, and staff see and lift it (S1-33)."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from chassis.errors import PortalError
from services.identity.messages import SignIn
from tests.contract.access import cast
from tests.journeys.api_client import Api, Refused, eventually
from tests.journeys.newcomers import Newcomers
from tests.journeys.peers import Mail
from tests.journeys.people import AUDITOR, PASSWORD, SERVICE, Person

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:145.0) Gecko/20100101 Firefox/145.0"
REFUSED = "identity.sign_in_refused"


def attempt(email: str, password: str, address: str) -> str:
    """What the gateway hears for somebody at an address."""
    request = SignIn(email=email, password=password, address=address, user_agent=FIREFOX)
    try:
        cast.bus().call(request, token="")
    except PortalError as error:
        return error.code
    return "open"


def somewhere() -> str:
    """An address of the documentation networks that no other run has held."""
    return f"2001:db8:{random.randrange(1, 65536):x}:{random.randrange(65536):x}::7"


def hold_of(api: Api, kind: str, **wanted: str) -> dict[str, object] | None:
    rows = api.all("/staff/holds", kind=kind, in_force="true")
    return next((row for row in rows if all(row[name] == value for name, value in wanted.items())), None)


@pytest.mark.requirement("S1-33", "B-01")
def test_an_address_that_tries_many_accounts_is_held_but_not_who_is_known_there(
    newcomers: Newcomers, api: Callable[[Person], Api], mail: Mail
) -> None:
    address, neighbour, stranger = somewhere(), newcomers.user(), newcomers.user()
    assert attempt(neighbour.email, PASSWORD, address) == "open"
    guessed = [newcomers.user().email for _ in range(3)]
    guessed += [f"{uuid.uuid4().hex[:12]}@newcomers.example" for _ in range(17)]
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda email: attempt(email, "Minejums-1", address), guessed)) == {REFUSED}
    held = "identity.address_held"
    for email, password in ((stranger.email, PASSWORD), (guessed[0], "Minejums-2"), (neighbour.email, "Minejums-3")):
        assert attempt(email, password, address) == held, "every refusal from there is the same"
    assert attempt(neighbour.email, PASSWORD, address) == "open", "whoever is known there comes in"
    assert attempt(stranger.email, PASSWORD, somewhere()) == "open", "and everybody from elsewhere"
    staff = api(SERVICE)
    source = address.removesuffix("7") + "/64"
    hold = hold_of(staff, "address", address=source)
    assert hold is not None and hold["evidence"] == 20 and hold["refused"] == 2
    told = eventually("staff are told", lambda: [
        row for row in mail.to("security@portal.example") if source in row["text"]
    ], 90)  # fmt: skip
    assert "20" in told[0]["text"] and "/staff/blocks/suspicion" in told[0]["text"]
    with pytest.raises(Refused) as refused:
        api(AUDITOR).post(f"/staff/holds/{hold['hold_id']}/lift", {})
    assert refused.value.status == 403
    staff.post(f"/staff/holds/{hold['hold_id']}/lift", {"note": "birojs"})
    assert attempt(stranger.email, PASSWORD, address) == "open"
    with pytest.raises(Refused) as over:
        staff.post(f"/staff/holds/{hold['hold_id']}/lift", {})
    assert over.value.code == "identity.hold_over"


@pytest.mark.requirement("S1-33", "S1-34", "B-01")
def test_an_account_tried_from_many_networks_is_held_and_a_link_opens_it(
    newcomers: Newcomers, base: str, api: Callable[[Person], Api], mail: Mail
) -> None:
    person, home = newcomers.user(language="en"), somewhere()
    assert attempt(person.email, PASSWORD, home) == "open"
    for _ in range(5):
        assert attempt(person.email, "Minejums-1", somewhere()) == REFUSED
    hold = hold_of(api(SERVICE), "account", email=person.email)
    assert hold is not None and hold["evidence"] == 5
    subjects = {"Access to your account is closed for a time", "Signing in by password is held for a time"}
    eventually("the person is told", lambda: subjects <= {str(row["subject"]) for row in mail.to(person.email)}, 90)
    nobody = Api(base)
    nobody.post("/links", {"email": person.email})
    letter = eventually("the link is there", lambda: [
        row for row in mail.to(person.email) if "?t=" in row["text"]
    ], 90)  # fmt: skip
    token = letter[0]["text"].split("?t=")[1].split()[0]
    fresh = "zils-kalns-un-mezs-9"
    assert nobody.post("/links/use", {"token": token, "new_password": fresh})["secret"]
    assert attempt(person.email, fresh, somewhere()) == "open", "a new password ends lock and hold"
    assert hold_of(api(SERVICE), "account", email=person.email) is None

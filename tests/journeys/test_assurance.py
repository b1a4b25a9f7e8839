"""A right can demand a level of assurance; who has no password confirms, and rises, at their provider."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from chassis.caller import service_caller
from chassis.days import now
from chassis.errors import PortalError
from services.identity.messages import ListWaysToConfirm, SignIn
from services.identity.store import external_tables
from services.identity.store.tables import SessionRecord
from tests.contract.access import cast
from tests.journeys.api_client import Api, Refused, eventually, fresh_key
from tests.journeys.factor_tools import with_application
from tests.journeys.newcomers import Newcomers
from tests.journeys.outside import Browser, Human
from tests.journeys.people import ADMIN, PASSWORD, Person

RIGHT = "contracts.conclude"  # no other test leans on it


def link(newcomers: Newcomers, person: Person, human: Human) -> None:
    """The person may come in by any provider that vouches for this code."""
    row = external_tables.LinkedLogin(
        user_id=newcomers.id_of(person), provider=None, subject=None, person_code=human.code, name=human.name,
        assurance=None, how="application", linked_at=now(), last_used_at=None,
    )  # fmt: skip
    with newcomers.db.unit_of_work(service_caller("identity")) as unit:
        unit.session.add(row)


@pytest.fixture
def linked(newcomers: Newcomers) -> tuple[Person, Human, uuid.UUID]:
    """A main user without a password who signs in at a provider only."""
    human = Human()
    person = newcomers.user(human.name, password_allowed=False)
    client_id = newcomers.client("SIA Drošais")
    newcomers.represents(person, client_id)
    link(newcomers, person, human)
    with newcomers.db.unit_of_work(service_caller("identity")) as unit:
        unit.session.execute(sa.text("DELETE FROM passwords WHERE user_id = :id"), {"id": newcomers.id_of(person)})
    return person, human, client_id


@pytest.fixture
def second_admin(base: str, newcomers: Newcomers) -> Api:
    return Api.signed_in(base, newcomers.user("Otrs Administrators", kind="staff", roles=("administrator",)))


@pytest.fixture
def demand(api: Callable[[Person], Api], second_admin: Api) -> Iterator[Callable[[str], None]]:
    """Have two administrators settle a level; taken back afterwards."""

    settled = ["low"]

    def settle(level: str) -> None:
        wanted = {"right": RIGHT, "level": level, "ground": "tests"}
        asked = api(ADMIN).post("/staff/assurance", wanted, key=fresh_key())
        path = f"/staff/approvals/{asked['approval_id']}"
        with pytest.raises(Refused) as own:
            api(ADMIN).post(f"{path}/decision", {"approve": True})
        assert own.value.code == "identity.approval_own"
        second_admin.post(f"{path}/decision", {"approve": True})
        settled.append(level)

    yield settle
    if settled[-1] != "low":
        settle("low")


def aged(base: str, newcomers: Newcomers, person: Person, browser: Browser, client_id: uuid.UUID) -> None:
    """The person's proof becomes an old one; choosing the client makes the gateway ask who they are."""
    with newcomers.db.unit_of_work(service_caller("identity")) as unit:
        mine = SessionRecord.user_id == newcomers.id_of(person)
        unit.session.execute(sa.update(SessionRecord).where(mine).values(stepped_up_at=now() - timedelta(days=2)))
    chosen = Api(base, browser.secret).post("/session/client", {"client_id": str(client_id)})
    browser.http.cookies.clear(domain="127.0.0.1", path="/", name="portal")
    browser.http.cookies.set("portal", chosen["secret"], domain="127.0.0.1", path="/")


@pytest.mark.requirement("S1-08", "S1-59")
def test_a_right_demands_a_level_and_the_provider_lifts_the_session_to_it(
    base: str, linked: tuple[Person, Human, uuid.UUID], demand: Callable[[str], None]
) -> None:
    _, human, _ = linked
    demand("high")
    browser = Browser(base)
    human.level = "substantial"
    page = browser.sign_in_with("eparaksts", human)
    browser.send(page, agree="1")
    shown = browser.get("/profile").text
    assert "“būtisks”" in shown and "Slēgt līgumus" in shown and "vajadzīgs līmenis “augsts”" in shown
    asks = browser.get("/confirm?level=high&next=/profile")
    assert "Jāpiesakās drošākā veidā" in asks.text and "/confirm/with/eparaksts" in asks.text

    human.level = "high"
    secret = browser.secret
    browser.pick(browser.get("/confirm/with/eparaksts?next=/profile"), human)
    after = browser.get("/profile").text
    assert "“augsts”" in after and "Slēgt līgumus" not in after
    assert browser.secret != secret, "the secret is rotated"


@pytest.mark.requirement("S1-08", "S1-50")
@pytest.mark.parametrize("provider", ["eparaksts", "latvija"])
def test_without_a_password_one_confirms_at_the_provider_and_keeps_what_was_typed(
    base: str, newcomers: Newcomers, linked: tuple[Person, Human, uuid.UUID], provider: str
) -> None:
    person, human, client_id = linked
    browser = Browser(base)
    browser.send(browser.sign_in_with(provider, human), agree="1")
    form = browser.get("/client/users/new")
    assert form.status_code == 200
    aged(base, newcomers, person, browser, client_id)
    token = re.findall(r'name="csrf_token" value="([^"]*)"', browser.get("/profile/edit").text)[0]
    asks = browser.send(form, csrf_token=token, email="jauns@newcomers.example", ground="pilnvara 7/2026")
    assert "Identitātes apstiprināšana" in asks.text and f"/confirm/with/{provider}" in asks.text

    # Somebody else at the provider confirms nothing.
    onward = browser.send_to(asks, f"/confirm/with/{provider}")
    stranger = browser.without_provider()
    other = stranger.pick(stranger.follow(onward), Human())
    assert "/sign-in/refused" in other.url and "login_other_person" in other.url

    onward = browser.send_to(asks, f"/confirm/with/{provider}")
    back = browser.pick(browser.follow(onward), human)
    assert 'value="pilnvara 7/2026"' in back.text and 'action="/client/users/new"' in back.text
    sent = browser.send(back)
    assert sent.status_code == 422 and "jauns@newcomers.example" in sent.text, "let in; rights are still to be chosen"


def everywhere(base: str, secret: str, told: Callable[[dict[str, Any]], bool]) -> Callable[[], bool]:
    """Whether every worker of the gateway tells this of a session."""

    def look() -> bool:
        with ThreadPoolExecutor(8) as pool:
            return all(pool.map(lambda _: told(Api(base, secret).get("/session")), range(24)))

    return look


@pytest.mark.requirement("S1-21", "S1-59", "B-03")
def test_a_changed_level_holds_in_sessions_that_are_open_already(
    base: str, newcomers: Newcomers, demand: Callable[[str], None]
) -> None:
    """Much sooner than a token lives: no process may go on with one that was signed under the former level."""
    person = newcomers.user("Atvērtā Sesija")
    newcomers.represents(person, newcomers.client("SIA Atvērtā Sesija"))
    Api.signed_in(base, person)  # accepts the terms
    opened = cast.bus().call(SignIn(email=person.email, password=PASSWORD, audience="customer"), token="")
    cast.bus().call(ListWaysToConfirm(), token=opened.session.token)
    eventually("the right, before", everywhere(base, opened.secret, lambda mine: RIGHT in mine["rights"]), 60)
    demand("substantial")
    eventually("withheld", everywhere(base, opened.secret, lambda mine: RIGHT not in mine["rights"]), 60)

    def overtaken() -> bool:
        try:
            cast.bus().call(ListWaysToConfirm(), token=opened.session.token)
        except PortalError as error:
            return error.code == "unauthenticated"
        return False

    eventually("services refuse the token of before", overtaken, 60)
    demand("low")
    eventually("the right is back", everywhere(base, opened.secret, lambda mine: RIGHT in mine["rights"]), 60)


@pytest.mark.requirement("S1-08", "S1-21", "S1-59")
def test_a_level_falls_with_the_proof_it_rests_on(base: str, newcomers: Newcomers) -> None:
    human = Human()
    person = newcomers.user(human.name)
    newcomers.represents(person, newcomers.client("SIA Kritusī Drošība"))
    api, _, _ = with_application(base, person)
    link(newcomers, person, human)
    browser = Browser(base)
    browser.sign_in_with("eparaksts", human)
    assert browser.secret and Api(base, browser.secret).get("/session")["assurance"] == "high"

    def low(mine: dict[str, Any]) -> bool:
        return bool(mine["assurance"] == "low")

    (held,) = api.get("/profile/logins")["items"]
    api.delete(f"/profile/logins/{held['login_id']}")
    eventually("without the login", everywhere(base, browser.secret, low), 60)
    assert api.get("/session")["assurance"] == "substantial", "by its second factor, as before"
    api.delete("/profile/factors/totp")
    eventually("without the second factor", everywhere(base, str(api.secret), low), 60)

"""One Chromium for all journeys, one session per person, one import of the big register."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import stack
from tests.journeys import register
from tests.journeys.api_client import Api
from tests.journeys.browser import FLAGS, PROGRAM, Visitor
from tests.journeys.newcomers import Newcomers
from tests.journeys.newcomers import newcomers as make_newcomers
from tests.journeys.objects import Maker, collect
from tests.journeys.peers import Bank, Mail
from tests.journeys.people import Person


@pytest.fixture(scope="session")
def base() -> str:
    """Where the portal answers."""
    return stack.portal_url()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def api(base: str) -> Callable[[Person], Api]:
    """The API as a person sees it; every person signs in once for the whole run."""
    known: dict[str, Api] = {}

    def of(person: Person) -> Api:
        if person.name not in known or known[person.name].send("GET", "/session").status_code != 200:
            known[person.name] = Api.signed_in(base, person)
        return known[person.name]

    return of


@pytest.fixture
def visit(browser: Browser, base: str, api: Callable[[Person], Api]) -> Iterator[Callable[..., Visitor]]:
    """Open a browser as a person (or nobody); at the end nothing may have gone wrong in it."""
    open_: list[Visitor] = []

    def as_(person: Person | None = None, **how: Any) -> Visitor:
        visitor = Visitor(browser, base, **how)
        open_.append(visitor)
        if person is not None:
            visitor.adopt(person, str(api(person).secret))
        return visitor

    yield as_
    troubles = [trouble for visitor in open_ for trouble in visitor.troubles]
    for visitor in open_:
        visitor.close()
    assert not troubles, "\n".join(troubles)


@pytest.fixture(scope="session")
def bank() -> Bank:
    return Bank()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots go; looked at by people, not compared."""
    return stack.run_dir() / "screenshots"


@pytest.fixture(scope="session")
def maker(api: Callable[[Person], Api]) -> Iterator[Maker]:
    """Makes what a test needs to begin with, through the services' own calls."""
    made = Maker(api)
    yield made
    for clear in made.later:
        clear()


@pytest.fixture(scope="session")
def objects(maker: Maker) -> dict[str, str]:
    """Ids to open pages with."""
    return collect(maker)


@pytest.fixture
def new_case(maker: Maker) -> Callable[[], str]:
    """Make a submitted case of Anna's and return its id."""
    return lambda: str(maker.case().case_id)


@pytest.fixture(scope="session")
def imported_register(browser: Browser, base: str, api: Callable[[Person], Api]) -> dict[str, int]:
    """The real register, imported once for the whole run; the numbers its page showed."""
    from tests.journeys.people import ENGINEER
    from tests.journeys.test_import import send

    visitor = Visitor(browser, base).adopt(ENGINEER, str(api(ENGINEER).secret))
    try:
        return send(visitor, register.REAL, seconds=150)
    finally:
        visitor.close()


@pytest.fixture
def unpaid(maker: Maker) -> Callable[[int], list[dict[str, Any]]]:
    """Some of Anna's invoices with at least 5 EUR open and in no payment; made when there are too few."""
    return lambda count: [one.model_dump(mode="json") for one in maker.unpaid(count)]


@pytest.fixture(scope="session")
def mail() -> Mail:
    return Mail()


@pytest.fixture
def without_acceptance(newcomers: Newcomers) -> Person:
    """Somebody of a client who has never accepted the terms; whoever signs in by the interface accepts them."""
    person = newcomers.user("Nora Nelasītāja")
    newcomers.represents(person, newcomers.client())
    return person


@pytest.fixture(scope="session")
def newcomers() -> Iterator[Newcomers]:
    """Makes people whom no other test knows."""
    with make_newcomers() as made:
        yield made

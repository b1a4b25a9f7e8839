"""The cast of the access matrix, signed in once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.contract.access import cast
from tests.contract.access.cast import Knocker
from tests.journeys.api_client import Api
from tests.journeys.objects import Maker, collect
from tests.journeys.people import Person


@pytest.fixture(scope="session")
def people(api: Callable[[Person], Api]) -> list[Knocker]:
    return cast.people(api)


@pytest.fixture(scope="session")
def maker(api: Callable[[Person], Api]) -> Iterator[Maker]:
    """Makes what a test needs to begin with, through the services' own calls."""
    made = Maker(api)
    yield made
    for clear in made.later:
        clear()


@pytest.fixture(scope="session")
def objects(maker: Maker) -> dict[str, str]:
    """One real object of every kind."""
    return collect(maker)

"""What the contract tests share: the running portal, everybody's sessions, the table of routes and of RPC doors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import stack
from tests.journeys.api_client import Api
from tests.journeys.people import Person


@pytest.fixture(scope="session")
def base() -> str:
    """Where the portal answers."""
    return stack.portal_url()


@pytest.fixture(scope="session")
def api(base: str) -> Callable[[Person], Api]:
    """The API as a person sees it; every person signs in once for the whole run."""
    known: dict[str, Api] = {}

    def of(person: Person) -> Api:
        if person.name not in known:
            known[person.name] = Api.signed_in(base, person)
        return known[person.name]

    return of

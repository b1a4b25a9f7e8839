"""What the contract tests share: the running portal, everybody's sessions, the table of routes and of RPC doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


@pytest.fixture(scope="session")
def people_by_route(api: Callable[[Person], Api]) -> Callable[[Any], str | None]:
    """The session secret of somebody whom a route lets in, None when it is open to nobody at all.

    Pēteris before Anna: what these tests press may change somebody's settings, and the journeys are Anna's.
    """
    from tests.contract.access import cast

    knockers = sorted(cast.people(api), key=lambda knocker: (knocker.person is not None, knocker.name != "peteris"))

    def of(route: Any) -> str | None:
        # Nobody here waits for a second factor; those doors have tests of their own.
        return next((knocker.secret for knocker in knockers if route.rule.allows(knocker.caller)), None)

    return of

"""The cast of the access matrix, signed in once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.access import cast
from tests.contract.access.cast import Knocker
from tests.journeys.api_client import Api
from tests.journeys.people import Person


@pytest.fixture(scope="session")
def people(api: Callable[[Person], Api]) -> list[Knocker]:
    return cast.people(api)

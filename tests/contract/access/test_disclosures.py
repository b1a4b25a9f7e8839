"""Who looked at my data (B-14): every address of staff that shows one person's or client's data leaves a record of it.

A new address is tried by itself: it leaves a record, or stands in NOBODYS with the reason why it shows nobody's data.
"""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests import stack
from tests.contract.access import tables
from tests.journeys.api_client import Api, eventually
from tests.journeys.newcomers import newcomers
from tests.journeys.people import Person
from tests.journeys.places import PARAMETER, Place

ROLES = ("administrator", "auditor", "customer_service", "permit_engineer", "accountant")
NOBODYS = {
    "/api/v1/staff/audit/exports/<uuid:export_id>": "how far the making of a file is; the file itself leaves a record",
    "/api/v1/staff/clients/imports/<uuid:import_id>": "how many rows; what was wrong with them leaves a record",
    "/api/v1/staff/fee-runs/<uuid:fee_run_id>": "how many invoices and their sum; whose they are leaves a record",
    "/api/v1/staff/imports/<uuid:import_id>": "how many rows; what was wrong with them leaves a record",
    "/api/v1/staff/users/<uuid:user_id>/roles": "what members of staff may do in office",
    "/api/v1/staff/machines/<uuid:machine_id>": "another system, and no person",
    "/api/v1/staff/price-lists/<uuid:price_list_id>": "prices",
    "/api/v1/staff/terms-drafts/<uuid:draft_id>/file": "a text that is to be published",
}


def _routes() -> list[Any]:
    return [
        route
        for route in tables.routes()
        if route.path.startswith("/api/v1/staff/") and "GET" in route.methods and PARAMETER.findall(route.path)
    ]


@pytest.fixture(scope="module")
def reader(base: str) -> Api:
    """Somebody of every role, who has looked at nothing yet."""
    with newcomers() as made:
        person: Person = made.user("Visu Skatītāja", kind="staff", roles=ROLES)
    return Api.signed_in(base, person)


def _records(reference: str) -> list[str]:
    engine = sa.create_engine(stack.database_url("identity"), poolclass=sa.NullPool)
    looked = sa.text("SELECT action FROM audit_records WHERE correlation_id = :reference AND disclosure")
    with engine.connect() as connection:
        return list(connection.execute(looked, {"reference": reference}).scalars())


@pytest.mark.requirement("B-14", "S1-72")
def test_whoever_opens_somebodys_data_is_on_record(reader: Api, objects: dict[str, str]) -> None:
    asked: dict[str, str] = {}
    for route in _routes():
        address = Place(route.path, None).address(objects).removeprefix("/api/v1")
        answer = reader.send("GET", address)
        assert answer.status_code == 200, f"{route.path} answered {answer.status_code}: {answer.text[:300]}"
        asked[route.path] = answer.headers["X-Request-ID"]
    left = {path: reference for path, reference in asked.items() if path not in NOBODYS}

    def seen() -> bool:
        for path in [path for path, reference in left.items() if _records(reference)]:
            del left[path]
        return not left

    try:
        eventually("a record of every look", seen, 20)
    except AssertionError:
        pytest.fail("no record of who looked at: " + ", ".join(sorted(left)))


def test_what_is_said_to_be_nobodys_exists() -> None:
    assert set(NOBODYS) <= {route.path for route in _routes()}

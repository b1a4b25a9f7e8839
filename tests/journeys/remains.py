"""What is left of a person in the databases of the suite, looked for by a scan of our own."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from tests import stack
from tests.journeys.api_client import Api, eventually, fresh_key
from tests.journeys.people import SERVICE, Person

SERVICES = ("identity", "permits", "metering", "billing", "requests", "notifications")
# What is listed as kept: an accounting document must name its customer.
KEPT = {("billing", "invoices", "client_name"), ("billing", "invoices", "search"), ("billing", "invoices", "customer")}


def traces(words: tuple[str, ...]) -> set[tuple[str, str, str]]:
    """Every column of every table of every database in which a word stands; looked for by a scan of our own."""
    found = set()
    for service in SERVICES:
        engine = sa.create_engine(stack.database_url(service), poolclass=sa.NullPool)
        with engine.connect() as connection:
            columns = connection.execute(
                sa.text(
                    "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema ="
                    " 'public' AND data_type IN ('text', 'jsonb', 'json', 'bytea', 'ARRAY', 'character varying')"
                )
            ).all()
            for table, column, kind in columns:
                held = f'encode("{column}", \'escape\')' if kind == "bytea" else f'"{column}"::text'
                for word in words:
                    forms = {word.lower(), json.dumps(word)[1:-1].lower()}
                    if kind == "bytea":
                        forms.add("".join(chr(b) if b < 128 else f"\\{b:03o}" for b in word.encode()).lower())
                    for form in forms:
                        statement = f"SELECT count(*) FROM \"{table}\" WHERE strpos(lower({held}), :form) > 0"
                        if connection.execute(sa.text(statement), {"form": form}).scalar_one():
                            found.add((service, table, column))
    return found


def erased(base: str, person: Person) -> dict[str, Any]:
    """Ask for the erasure of a person and wait for its end; return what staff see of it."""
    service = Api.signed_in(base, SERVICE)
    begun = Api.signed_in(base, person).post("/profile/erasure", {"confirm": person.email}, key=fresh_key())
    return settled(service, begun["erasure_id"])


def settled(service: Api, erasure_id: str) -> dict[str, Any]:
    """Wait for the end of an erasure; return what staff see of it.

    Waited for at its row: each look by staff would be a record of the trail, hundreds in a run.
    """
    state = "SELECT state FROM erasures WHERE id = :id"
    eventually("it is done", lambda: of("identity", state, id=erasure_id) == "done", 240)
    done: dict[str, Any] = service.get(f"/staff/erasures/{erasure_id}")
    return done


def of(service: str, statement: str, **values: Any) -> Any:
    """The one value a statement gives."""
    engine = sa.create_engine(stack.database_url(service), poolclass=sa.NullPool)
    with engine.begin() as connection:
        return connection.execute(sa.text(statement), values).scalar_one_or_none()

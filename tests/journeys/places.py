"""Every page of the portal and who opens it, from the gateway's own table of routes; ids are those of real objects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from chassis.access import half_open
from chassis.caller import Caller
from tests.contract.access import tables
from tests.journeys.people import ANNA, ILZE, STAFF, Person

# What some pages cannot be opened without.
QUERIES = {
    "/payments/new": "?invoice={invoice_id}",
    "/staff/fee-runs/new": "?month={month}",
    "/staff/system/<service>/discard": "?id={session_id}",
}
PARAMETER = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")


@dataclass(frozen=True)
class Place:
    """One page: its path with variable parts, and who looks at it (None: nobody signed in)."""

    path: str
    person: Person | None

    @property
    def parameters(self) -> list[str]:
        return PARAMETER.findall(self.path)

    def address(self, objects: dict[str, str]) -> str:
        """The address with ids filled in, found in `objects` by `<folder of the page>.<parameter>` or the parameter."""
        area = [part for part in self.path.removeprefix("/api/v1").split("/") if part and "<" not in part]

        def fill(found: re.Match[str]) -> str:
            name = found[1]
            keys = [f"{'/'.join(area[: n + 1])}.{name}" for n in reversed(range(len(area)))] + [name]
            key = next((key for key in keys if key in objects), None)
            assert key is not None, f"{self.path}: no object for {name}; add one to the fixture `objects`"
            return objects[key]

        return PARAMETER.sub(fill, self.path) + QUERIES.get(self.path, "").format_map(objects)

    def __str__(self) -> str:
        return self.path


def _roles(person: Person) -> Caller:
    known = {
        "engineer": "permit_engineer", "accountant": "accountant", "service": "customer_service",
        "admin": "administrator", "auditor": "auditor",
    }
    return Caller(kind="staff", roles=frozenset({known[person.name]}))


def _visitor(route: Any) -> Person | None:
    if route.rule.open or route.rule == half_open:
        return None
    if route.path == "/staff" or route.path.startswith("/staff/"):
        return next(person for person in STAFF if route.rule.allows(_roles(person)))
    return ILZE if route.path.startswith("/contracts") else ANNA  # Anna's client has permits, Ilze's has meters


def pages() -> list[Place]:
    """Every page that can be opened (GET), without the API."""
    return [
        Place(route.path, _visitor(route))
        for route in tables.routes()
        if route.kind == "page" and "GET" in route.methods
    ]

"""Somebody else's objects: every address and every call that carries an id, tried by another client, says `not found`.

The ids are of real objects (tests/journeys/objects.py): Anna's, tried by Ilze; Ilze's contract and meter, by Anna.
A new parameter without an object, or a new call with an unknown id field, fails here.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests

from chassis.errors import PortalError
from tests.contract.access import cast, tables
from tests.contract.access.cast import Knocker
from tests.journeys.api_client import Api
from tests.journeys.people import Person
from tests.journeys.places import PARAMETER, Place

# Parameters that name no object of a client.
COMMON = {"code", "form", "form_code", "group", "kind", "provider", "service", "terms_id"}
# A login under way belongs to the browser that began it; its own tests try it from another one.
COMMON |= {"ticket"}
ILZES = {"contract_id", "meter_id"}
# Fields of calls that end in _id but are the caller's own choice of a new or public thing.
FREE = {"terms_id", "idempotency_key", "user_id"}
# The client_id of OAuth is a user name.
NO_OBJECTS = {"identity.issue_machine_token"}
# A request is about one thing at most.
ASKED = {"requests.start_draft": {"form": "fixed_link", "permit_id": None}}


def _named(people: list[Knocker], name: str) -> Knocker:
    return next(knocker for knocker in people if knocker.name == name)


def _stranger(people: list[Knocker], names: set[str]) -> Knocker:
    return _named(people, "anna" if names & ILZES else "ilze")


def _routes() -> list[Any]:
    return [
        route
        for route in tables.routes()
        if set(PARAMETER.findall(route.path)) - COMMON and "/staff" not in route.path
    ]


@pytest.mark.requirement("S1-62", "S1-31")
@pytest.mark.parametrize("path", sorted({f"{','.join(r.methods)} {r.path}" for r in _routes()}))
def test_another_clients_object_has_no_address(
    path: str, base: str, people: list[Knocker], objects: dict[str, str]
) -> None:
    methods, _, pattern = path.partition(" ")
    address = Place(pattern, None).address(objects)
    stranger = _stranger(people, set(PARAMETER.findall(pattern)))
    http = requests.Session()
    data: dict[str, str] = {}
    if pattern.startswith("/api/"):
        http.headers["Authorization"] = f"Bearer {stranger.secret}"
    else:
        http.cookies.set("portal", str(stranger.secret))
        page = http.get(f"{base}/profile", timeout=30).text
        data["csrf_token"] = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    for method in methods.split(","):
        how: dict[str, Any] = {}
        if method not in ("GET", "DELETE"):
            how = _sent(pattern, method) if pattern.startswith("/api/") else {"data": data}
        answer = http.request(method, base + address, timeout=30, allow_redirects=False, **how)
        assert answer.status_code == 404, f"{method} {address}: {answer.status_code} {answer.text[:500]}"


def _filler(schema: dict[str, Any], parts: dict[str, Any] | None = None) -> Any:
    if "$ref" in schema:
        return _filled((parts or {})[schema["$ref"].rpartition("/")[2]])
    kinds = [schema] if "type" in schema else [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    kind = kinds[0] if kinds else {}
    if "enum" in kind:
        return kind["enum"][0]
    if kind.get("minItems"):
        return [_filler(kind["items"], parts)]
    if "pattern" in kind and re.fullmatch(kind["pattern"], "1"):
        return "1"
    formats = {"uuid": str(uuid.uuid4()), "date": "2026-01-01"}
    simple = {"string": formats.get(kind.get("format", ""), "abcdefgh"), "integer": 1, "number": 1, "boolean": True}
    return simple.get(kind.get("type", "object"), [] if kind.get("type") == "array" else {})


def _filled(schema: dict[str, Any]) -> dict[str, Any]:
    """What a request needs beside its ids before the service looks for the object."""
    asked = {field: _filler(schema["properties"][field], schema.get("$defs")) for field in schema.get("required", [])}
    return asked | ({"confirmed": True} if "confirmed" in schema.get("properties", {}) else {})


def _sent(path: str, method: str) -> dict[str, Any]:
    """What an API route needs to be sent."""
    route = next(route for route in tables.routes() if route.path == path and method in route.methods)
    query = _filled(route.query.model_json_schema()) if route.query else {}
    if route.body is None and route.consumes != "application/json":
        return {"params": query, "data": b"%PDF-1.4"}
    return {"params": query, "json": _filled(route.body.model_json_schema()) if route.body else {}}


def _doors_with_ids() -> list[Any]:
    def ids(door: Any) -> set[str]:
        return {name for name in door.request.model_fields if name.endswith("_id")} - FREE

    return [door for door in tables.doors() if ids(door) and door.rpc not in NO_OBJECTS]


def _case_field(method: str) -> str:
    drafts = ("draft", "submit", "attachment")
    return "requests/drafts.case_id" if any(word in method for word in drafts) else "case_id"


@pytest.mark.requirement("S1-62")
@pytest.mark.parametrize("name", [door.rpc for door in _doors_with_ids()])
def test_another_clients_object_answers_no_call(name: str, people: list[Knocker], objects: dict[str, str]) -> None:
    door = next(door for door in tables.doors() if door.rpc == name)
    fields = {field for field in door.request.model_fields if field.endswith("_id")} - FREE
    stranger = _stranger(people, fields)
    if not door.allow.allows(stranger.caller):
        return  # the matrix of doors shows that the call is refused altogether
    asked = _filled(door.request.model_json_schema())
    for field in fields:
        key = _case_field(door.request.method) if field == "case_id" else field
        asked[field] = objects[key]
    asked |= ASKED.get(name, {})
    with pytest.raises(PortalError) as refused:
        cast.bus().call(door.request.model_validate(asked), token=stranger.token)
    assert refused.value.status == 404, f"{name} {asked}: {refused.value}"


def test_ids_inside_a_body_are_looked_at_too(
    api: Callable[[Person], Api], people: list[Knocker], objects: dict[str, str]
) -> None:
    from tests.journeys.people import ILZE, PETERIS

    parts = {"parts": [{"invoice_id": objects["invoice_id"]}]}
    assert api(ILZE).send("POST", "/payments", json=parts).status_code == 404
    other = {"client_id": objects["client_id"]}
    assert api(PETERIS).send("POST", "/session/client", json=other).status_code == 404

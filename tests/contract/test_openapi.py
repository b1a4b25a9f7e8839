"""The API's description is valid OpenAPI 3.1 and tells of every route, parameter and refusal there is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.contract.access import tables
from tests.journeys.api_client import Api
from tests.journeys.people import ANNA, Person


@pytest.fixture(scope="module")
def document(base: str) -> dict[str, Any]:
    answer = requests.get(f"{base}/api/v1/openapi.json", timeout=30)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def _api_routes() -> list[Any]:
    return [route for route in tables.routes() if route.kind == "api"]


def _path(route: Any) -> str:
    return re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", route.path)


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    errors = [str(error.message) for error in OpenAPIV31SpecValidator(document).iter_errors()]
    assert not errors, errors


def test_every_route_is_in_it_and_nothing_else(document: dict[str, Any], base: str) -> None:
    prefix = document["servers"][0]["url"] if document.get("servers") else ""
    prefix = re.sub(r"^https?://[^/]+", "", prefix).rstrip("/")
    told = {(method.upper(), prefix + path) for path, item in document["paths"].items() for method in item}
    served = {(method, _path(route)) for route in _api_routes() for method in route.methods}
    assert told == served


def test_every_operation_says_what_one_needs_to_know(document: dict[str, Any]) -> None:
    ids = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            where = f"{method} {path}"
            ids.append(operation["operationId"])
            assert operation["summary"] and operation["tags"], where
            statuses = set(operation["responses"])
            assert statuses & {"200", "201", "202", "204"}, where
            assert "default" in statuses or {"401", "403"} <= statuses or operation.get("security") == [], where
            for status, answer in operation["responses"].items():
                if status[0] in "45" and status != "414":  # an address too long never reaches the application
                    assert "application/problem+json" in answer["content"], (where, status)
            named = set(re.findall(r"{(\w+)}", path))
            assert named == {p["name"] for p in operation["parameters"] if p["in"] == "path"}, where
    assert len(ids) == len(set(ids))


def test_the_page_for_people_shows_every_operation(document: dict[str, Any], base: str) -> None:
    index = requests.get(f"{base}/api/v1/docs", timeout=30).text
    groups = set(re.findall(r'href="(/api/v1/docs/[a-z-]+)"', index))
    shown = "".join(requests.get(base + group, timeout=30).text for group in groups)
    for item in document["paths"].values():
        for operation in item.values():
            assert f"#{operation['operationId']}\"" in index, operation["operationId"]
            assert f'id="{operation["operationId"]}"' in shown, operation["operationId"]
    assert requests.get(f"{base}/api/v1/docs/no-such-group", timeout=30).status_code == 404


def test_representations_have_tags_and_pages_have_links(base: str, api: Callable[[Person], Api]) -> None:
    anna = api(ANNA)
    first = anna.send("GET", "/permits", params={"limit": 5})
    assert first.status_code == 200 and first.headers["ETag"].startswith('"')
    again = anna.send("GET", "/permits", params={"limit": 5}, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and not again.content
    link = first.links["next"]["url"]
    following = anna.http.get(base + link.split("/", 3)[3].join(["/", ""]), timeout=30).json()
    mine = {one["permit_id"] for one in first.json()["items"]}
    assert following["items"] and not mine & {one["permit_id"] for one in following["items"]}

"""Errors of the API are RFC 9457 problem details: a stable code, a sentence in the caller's language, a reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.journeys.api_client import Api
from tests.journeys.people import ANNA, Person


def _checked(answer: requests.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status and problem["code"] == code
    assert problem["type"].endswith(f"/problems/{code}")
    assert problem["title"] and problem["instance"] and problem["reference"] == answer.headers["X-Request-ID"]
    return problem


def test_the_kinds_of_refusal(base: str, api: Callable[[Person], Api]) -> None:
    nobody, anna = Api(base), api(ANNA)
    answer = nobody.send("GET", "/session")
    _checked(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    _checked(nobody.send("GET", "/nothing-here"), 404, "not_found")
    _checked(nobody.send("PATCH", "/session"), 405, "method_not_allowed")
    plain, json = {"Content-Type": "text/plain"}, {"Content-Type": "application/json"}
    _checked(nobody.send("POST", "/session", data="text", headers=plain), 415, "unsupported_media_type")
    _checked(nobody.send("POST", "/session", data="{", headers=json), 400, "bad_request")
    _checked(nobody.send("POST", "/session", json=[]), 422, "malformed")
    _checked(anna.send("GET", "/session", params={"typo": "1"}), 422, "invalid")


def test_a_field_at_fault_is_named(base: str) -> None:
    problem = _checked(Api(base).send("POST", "/session", json={"email": "x", "extra": 1}), 422, "invalid")
    named = {error["field"] for error in problem["errors"]}
    assert named == {"email", "password", "extra"}
    assert all(error["detail"] and error["code"] for error in problem["errors"])


@pytest.mark.parametrize(("language", "sentence"), [("lv", "Lūdzu, piesakieties portālā."), ("en", "Please sign in.")])
def test_the_sentence_is_in_the_language_asked_for(base: str, language: str, sentence: str) -> None:
    problem = _checked(Api(base, language=language).send("GET", "/session"), 401, "unauthenticated")
    assert problem["title"] == sentence


def test_the_type_of_a_problem_is_a_page_that_explains_it(base: str) -> None:
    problem = Api(base).send("GET", "/session").json()
    path = "/" + problem["type"].split("/", 3)[3]
    page = requests.get(base + path, timeout=30)
    assert page.status_code == 200 and "Lūdzu, piesakieties portālā." in page.text

"""The API's frame: what comes in is checked strictly, what goes out can be kept, paged and matched."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import orjson
import pytest
from flask import Blueprint, Flask

from chassis.access import customer, public
from chassis.messages import Message, Page
from gateway.api import _frame, _schema
from gateway.routing import ROUTES
from tests.unit.gateway.conftest import SECRET

BEARER = {"Authorization": f"Bearer {SECRET}"}
bp = Blueprint("api_trial", __name__)


class Thing(Message):
    name: str
    count: int


class ThingPage(Page[Thing]):
    pass


class ThingQuery(_frame.Paged):
    on: date | None = None
    many: bool = False


class NewThing(_frame.Body):
    name: str
    count: int = 0
    done: bool = False
    tags: list[str] = []


seen: list[Any] = []


@pytest.fixture(scope="module", autouse=True)
def trial() -> Any:
    before = len(ROUTES)

    @_frame.api(bp, "GET", "/trial", allow=public, query=ThingQuery, reply=ThingPage, tag="Trial", summary="List")
    def things(query: ThingQuery) -> Any:
        return ThingPage(items=[Thing(name="a", count=query.limit)], next="c2" if query.after is None else None)

    @_frame.api(bp, "POST", "/trial", allow=customer, body=NewThing, reply=Thing, status=201, tag="Trial",
                summary="Make", idempotent=True)
    def make(body: NewThing, idempotency_key: str | None) -> Any:
        seen.append((body, idempotency_key))
        return Thing(name=body.name, count=body.count)

    @_frame.api(bp, "PUT", "/trial/<uuid:thing_id>", allow=customer, body=NewThing, reply=Thing, tag="Trial",
                summary="Change", if_match=True)
    def change(thing_id: uuid.UUID, body: NewThing) -> Any:
        _frame.check_match(Thing(name="a", count=1))
        return Thing(name=body.name, count=body.count)

    yield
    del ROUTES[before:]


@pytest.fixture
def api(client: Any, app: Flask, sign_in: Any) -> Any:
    app._got_first_request = False
    app.register_blueprint(bp)
    sign_in()
    return client


def test_a_page_names_the_next_one(api: Any) -> None:
    answer = api.get("/api/v1/trial?limit=5")
    assert answer.json == {"items": [{"name": "a", "count": 5}], "next": "c2"}
    assert answer.headers["Link"].endswith('/api/v1/trial?limit=5&after=c2>; rel="next"')
    assert "Link" not in api.get("/api/v1/trial?after=c2").headers


def test_an_unchanged_answer_is_not_sent_again(api: Any) -> None:
    tag = api.get("/api/v1/trial").headers["ETag"]
    again = api.get("/api/v1/trial", headers={"If-None-Match": tag})
    assert again.status_code == 304 and again.data == b"" and again.headers["ETag"] == tag
    assert api.get("/api/v1/trial?limit=7", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(("query", "field"), [
    ("limit=0", "limit"), ("limit=x", "limit"), ("limit=9999999999999999999999", "limit"), ("typo=1", "typo"),
    ("after=", "after"), ("on=0", "on"), ("on=31.12.2026", "on"), ("limit=1&limit=2", "limit"), ("many=maybe", "many"),
])
def test_a_wrong_parameter_is_named(api: Any, query: str, field: str) -> None:
    answer = api.get(f"/api/v1/trial?{query}")
    assert answer.status_code == 422 and answer.json["errors"][0]["field"] == field


def test_a_route_without_parameters_takes_none(client: Any, sign_in: Any) -> None:
    sign_in()
    assert client.get("/api/v1/session?x=1", headers=BEARER).status_code == 422


@pytest.mark.parametrize(("body", "status"), [
    (b'{"name": "x"}', 201), (b"{", 400), (b"[]", 422), (b'"x"', 422), (b"\xff", 400), (b"", 400),
    (b'{"name": "x", "count": 10572882807250796633128960}', 422),
    (b'{"name": "x", "tags": ' + b"[" * 30 + b"]" * 30 + b"}", 422),
    (b'{"name": "a\\u0000b"}', 422), (b'{"name": "a\\u001fb"}', 422), (b'{"name": "a\\nb"}', 201),
    (b'{"name": 5}', 422), (b'{"name": "x", "done": 0}', 422), (b'{"name": "x", "count": "1"}', 422),
    (b'{"name": "x", "typo": 1}', 422), (b"{}", 422),
])  # fmt: skip
def test_a_document_is_taken_or_refused_never_guessed(api: Any, body: bytes, status: int) -> None:
    answer = api.post("/api/v1/trial", data=body, content_type="application/json", headers=BEARER)
    assert answer.status_code == status, answer.data


def test_only_json_is_json(api: Any) -> None:
    assert api.post("/api/v1/trial", data={"name": "x"}, headers=BEARER).status_code == 415


def test_the_idempotency_key_reaches_the_use_case(api: Any) -> None:
    for key, status in (("k" * 8, 201), ("short", 422), ("with space here", 422), ("k" * 65, 422)):
        answer = api.post("/api/v1/trial", json={"name": "x"}, headers={**BEARER, "Idempotency-Key": key})
        assert answer.status_code == status, key
    assert seen[-1][1] == "k" * 8


def test_a_change_needs_the_tag_of_what_was_seen(api: Any) -> None:
    path = f"/api/v1/trial/{uuid.uuid4()}"
    tag = _frame.etag_of(Thing(name="a", count=1).model_dump_json().encode())
    for given, status in ((None, 428), ('"old"', 412), (tag, 200), ("*", 200), (f'"old", {tag}', 200)):
        headers = {**BEARER, **({"If-Match": given} if given else {})}
        assert api.put(path, json={"name": "b"}, headers=headers).status_code == status, given


def test_the_description_follows_from_the_declaration(api: Any) -> None:
    _schema.document.cache_clear()
    document = _schema.document()
    _schema.document.cache_clear()
    post = document["paths"]["/api/v1/trial"]["post"]
    assert post["x-access"] == "signed in as user" and post["security"] == [{"bearer": []}, {"session": []}]
    assert {"201", "400", "401", "403", "409", "413", "415", "422", "429", "500"} <= set(post["responses"])
    assert [p["name"] for p in post["parameters"]] == ["Idempotency-Key"]
    put = document["paths"]["/api/v1/trial/{thing_id}"]["put"]
    assert {"404", "412", "428"} <= set(put["responses"]) and put["parameters"][0]["schema"]["format"] == "uuid"
    query = {p["name"]: p["schema"] for p in document["paths"]["/api/v1/trial"]["get"]["parameters"]}
    assert query["on"] == {"type": "string", "format": "date"} and query["limit"]["maximum"] == 100


def test_an_amount_deep_in_a_document_is_taken_as_text():
    from gateway.api.payments import NewPayment

    part = {"invoice_id": "01a20082-16b8-71ba-b0ee-3de5411797e6", "amount": "1.25"}
    taken = NewPayment.model_validate_json(orjson.dumps({"parts": [part]}), strict=True)
    assert str(taken.parts[0].amount) == "1.25"

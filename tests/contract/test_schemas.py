"""What crosses the bus changes only so that nobody breaks; the document for other systems is valid and up to date."""

from __future__ import annotations

import gzip
import json
from copy import deepcopy
from datetime import date
from typing import Any

import jsonschema
import orjson
import pytest

from chassis import asyncapi, envelope
from chassis.caller import service_caller
from chassis.ids import new_id
from services.permits.messages import PermitUpdated
from tests.contract import schemas
from tests.stack import ROOT

DOCUMENT = ROOT / "docs/events/asyncapi.json"


def test_nothing_that_crosses_the_bus_has_changed_in_a_breaking_way() -> None:
    before = json.loads(schemas.SNAPSHOT.read_text())
    assert schemas.breaks(before, schemas.current()) == []


def test_the_snapshot_is_kept_up_to_date() -> None:
    before = json.loads(schemas.SNAPSHOT.read_text())
    assert before == json.loads(json.dumps(schemas.current())), "run: python -m tests.contract.schemas"


BEFORE: dict[str, Any] = {
    "events": {
        "e": {
            "type": "object",
            "properties": {
                "a": {"type": "string"},
                "b": {"anyOf": [{"$ref": "#/$defs/P"}, {"type": "null"}]},
                "l": {"type": "array", "items": {"enum": ["x", "y"], "type": "string"}},
            },
            "required": ["a", "b", "l"],
            "$defs": {"P": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}},
        }
    },
    "requests": {
        "s.m": {
            "request": {
                "type": "object",
                "properties": {"q": {"type": "string", "maxLength": 10}, "k": {"enum": ["x", "y"], "type": "string"}},
                "required": ["q"],
            },
            "reply": {"type": "object", "properties": {"r": {"type": "string", "format": "date"}}, "required": ["r"]},
        }
    },
}


def _event(now: Any) -> Any:
    return now["events"]["e"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda now: now["events"].pop("e"), "event e is gone"),
        (lambda now: _event(now)["properties"].pop("a"), "event e.a is gone"),
        (lambda now: _event(now)["required"].remove("a"), "event e.a is no longer certain"),
        (lambda now: _event(now)["properties"]["a"].update(type="integer"), "event e.a may now be integer"),
        (
            lambda now: _event(now)["$defs"]["P"]["properties"]["n"].update(type="string"),
            "event e.b.n may now be string",
        ),
        (lambda now: _event(now)["properties"]["l"]["items"]["enum"].append("z"), "event e.l[] may now be value 'z'"),
        (lambda now: now["requests"].pop("s.m"), "request s.m is gone"),
        (lambda now: now["requests"]["s.m"]["request"]["required"].append("k"), "request s.m.k is now required"),
        (
            lambda now: now["requests"]["s.m"]["request"]["properties"]["k"].update(enum=["x"]),
            "request s.m.k may no longer be value 'y'",
        ),
        (
            lambda now: now["requests"]["s.m"]["request"]["properties"]["q"].update(maxLength=5),
            "request s.m.q now has maxLength 5",
        ),
        (
            lambda now: now["requests"]["s.m"]["reply"]["properties"]["r"].update(format="date-time"),
            "reply of s.m.r may now be string:date-time",
        ),
    ],
)
def test_a_breaking_change_is_told(change: Any, words: str) -> None:
    now = deepcopy(BEFORE)
    change(now)
    assert words in schemas.breaks(BEFORE, now)


def test_additions_break_nobody() -> None:
    now = deepcopy(BEFORE)
    _event(now)["properties"]["new"] = {"type": "string"}
    _event(now)["required"].append("new")
    now["requests"]["s.m"]["request"]["properties"]["optional"] = {"type": "integer"}
    now["requests"]["s.m"]["request"]["properties"]["q"]["maxLength"] = 20
    now["requests"]["s.m"]["request"]["properties"]["k"]["enum"].append("z")
    now["requests"]["s.n"] = now["requests"]["s.m"]
    assert schemas.breaks(BEFORE, now) == []


def test_the_asyncapi_document_is_up_to_date() -> None:
    assert DOCUMENT.read_bytes() == asyncapi.render(), "run: python -m chassis.asyncapi > docs/events/asyncapi.json"


def test_the_asyncapi_document_is_valid() -> None:
    official = json.loads(gzip.decompress((ROOT / "tests/data/asyncapi-3.0.0.schema.json.gz").read_bytes()))
    document = json.loads(DOCUMENT.read_text())
    errors = [f"{list(e.path)}: {e.message[:200]}" for e in jsonschema.Draft7Validator(official).iter_errors(document)]
    assert errors == []
    assert set(document["channels"]) >= {
        "requests_case_submitted", "permits_permit_issued", "billing_invoice_issued", "billing_payment_settled",
    }  # fmt: skip
    assert not any("audit" in name for name in document["channels"])


def test_every_reference_in_the_document_leads_somewhere() -> None:
    document = json.loads(DOCUMENT.read_text())

    def follow(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                place: Any = document
                for part in value["$ref"].removeprefix("#/").split("/"):
                    place = place[part]
            for inner in value.values():
                follow(inner)
        elif isinstance(value, list):
            for inner in value:
                follow(inner)

    follow(document)


def test_a_real_event_fits_the_document() -> None:
    document = json.loads(DOCUMENT.read_text())
    event = PermitUpdated(
        permit_id=new_id(), permit_no="RL-1", client_id=new_id(), status="in_force", state="valid",
        valid_to=date(2027, 1, 31),
    )  # fmt: skip
    _, body = envelope.wrap(
        event, service="permits", caller=service_caller("permits"), correlation_id="r", traceparent=None
    )
    payload = document["components"]["messages"]["permits_permit_updated"]["payload"]
    validator = jsonschema.Draft202012Validator(payload | {"components": document["components"]})
    validator.validate(orjson.loads(body))
    broken = orjson.loads(body) | {"type": "something else"}
    assert not validator.is_valid(broken)

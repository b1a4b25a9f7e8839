"""The arithmetic of the hash chain."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chassis.audit import AuditRecord
from services.identity.domain import trail
from services.identity.usecases.append_audit import links

AT = datetime(2026, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)


def record(**values: Any) -> AuditRecord:
    known: dict[str, Any] = {
        "id": uuid.UUID(int=1),
        "at": AT,
        "service": "billing",
        "action": "billing.invoice.issue",
        "actor_kind": "staff",
        "actor": str(uuid.UUID(int=5)),
        "actor_name": "Dace",
    }
    return AuditRecord.model_validate(known | values)


def test_one_moment_has_one_canonical_form_whatever_its_zone() -> None:
    riga = AT.astimezone(timezone(timedelta(hours=2)))
    assert trail.canonical({"at": AT}) == trail.canonical({"at": riga}) == b'{"at":"2026-03-01T10:00:00.123456+00:00"}'


def test_every_link_depends_on_all_before_it() -> None:
    first = links([record(), record(id=uuid.UUID(int=2))], 0, trail.START)
    salted = first[0]["personal_salt"]
    assert [row["seq"] for row in first] == [1, 2]
    changed = dict(first[0], action="billing.invoice.void")
    assert trail.link(trail.START, 1, changed, first[0]["personal_hash"]) != first[0]["chain"]
    assert trail.link(trail.START, 2, first[0], first[0]["personal_hash"]) != first[0]["chain"]
    assert trail.personal_hash(salted, first[0]) == first[0]["personal_hash"]


@given(st.sampled_from(trail.HASHED), st.text(min_size=1, max_size=20))
def test_no_hashed_field_can_change_unnoticed(field: str, value: str) -> None:
    row = links([record()], 0, trail.START)[0]
    changed = dict(row, **{field: value})
    if str(row[field]) != value:
        assert trail.link(trail.START, 1, changed, row["personal_hash"]) != row["chain"]


@given(st.text(max_size=50), st.dictionaries(st.text(max_size=10), st.text(max_size=20) | st.integers() | st.none()))
def test_any_text_a_person_can_type_fits_into_the_trail(name: str, detail: dict[str, Any]) -> None:
    row = links([record(actor_name=name, detail=detail, object_id="x\x00y")], 0, trail.START)[0]
    kept = (row["actor_name"], row["object_id"], row["detail"])
    assert not any("\x00" in text for text in kept)


def test_two_equal_names_have_different_personal_hashes() -> None:
    rows = links([record(), record()], 0, trail.START)
    assert rows[0]["personal_hash"] != rows[1]["personal_hash"]

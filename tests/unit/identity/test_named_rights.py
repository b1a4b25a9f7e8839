"""Rights of a mandate for single permits and contracts."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.representation import LIMITABLE, MAIN_ONLY, RIGHTS, Mandate

DAY = date(2026, 5, 4)
IDS = st.sampled_from([uuid.UUID(int=n) for n in range(1, 6)])
NAMED = st.frozensets(
    st.tuples(st.sampled_from([*RIGHTS, "something.else"]), st.sampled_from(["permit", "contract", "meter"]), IDS)
)


def mandate(**values: Any) -> Mandate:
    known = {"client_id": uuid.UUID(int=9), "client_name": "SIA", "role": "additional", "rights": frozenset()}
    return Mandate(**{"valid_from": date(2026, 1, 1)} | known | values)


@given(named=NAMED, rights=st.frozensets(st.sampled_from(RIGHTS)), role=st.sampled_from(["main", "additional"]))
def test_named_objects_add_only_what_was_given_and_can_be_limited(
    named: frozenset[tuple[str, str, uuid.UUID]], rights: frozenset[str], role: str
) -> None:
    held = mandate(named=named, rights=rights, role=role)
    found = {(right, kind, one) for right, kinds in held.named_on(DAY).items() for kind, ids in kinds.items()
             for one in ids}  # fmt: skip
    assert found <= named
    assert all(kind in LIMITABLE[right] for right, kind, _ in found)
    assert not {right for right, _, _ in found} & (MAIN_ONLY | held.rights_on(DAY))


@given(named=NAMED, days=st.integers(-400, 400), ended=st.booleans())
def test_named_objects_hold_on_the_days_of_the_mandate_only(named: Any, days: int, ended: bool) -> None:
    held = mandate(named=named, valid_from=DAY, valid_to=DAY + timedelta(days=30), ended=ended)
    if ended or not 0 <= days <= 30:
        assert held.named_on(DAY + timedelta(days=days)) == {}


def test_a_mandate_changes_with_the_midnight_before_its_first_day_and_after_its_last() -> None:
    held = mandate(valid_from=DAY, valid_to=DAY + timedelta(days=2))
    changes = [n for n in range(-2, 6) if held.changes_on(DAY + timedelta(days=n))]
    assert changes == [0, 3]
    assert not mandate(ended=True).changes_on(date(2026, 1, 1))

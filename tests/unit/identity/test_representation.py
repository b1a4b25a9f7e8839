"""Who may do what for whom on which day."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.representation import MAIN_ONLY, RIGHTS, Mandate, chosen, first_choice

DAY = date(2026, 5, 4)
RADIO, WATER = uuid.UUID(int=1), uuid.UUID(int=2)


def mandate(**values: Any) -> Mandate:
    given_values = {
        "client_id": RADIO,
        "client_name": "SIA Radio",
        "role": "main",
        "rights": frozenset(RIGHTS),
        "valid_from": date(2026, 1, 1),
    }
    return Mandate(**given_values | values)


def test_the_first_and_the_last_day_count_and_no_other() -> None:
    held = mandate(valid_from=DAY, valid_to=DAY + timedelta(days=2))
    days = [DAY + timedelta(days=n) for n in range(-1, 4)]
    assert [held.in_force(day) for day in days] == [False, True, True, True, False]
    assert held.rights_on(DAY - timedelta(days=1)) == frozenset()


def test_an_ended_mandate_gives_nothing_whatever_its_dates() -> None:
    assert mandate(ended=True).rights_on(DAY) == frozenset()


def test_an_additional_user_never_manages_users_nor_concludes_contracts() -> None:
    rights = mandate(role="additional").rights_on(DAY)
    assert {"permits.see", "finance.see"} <= rights
    assert not rights & MAIN_ONLY


@given(
    role=st.sampled_from(["main", "additional"]),
    rights=st.frozensets(st.sampled_from([*RIGHTS, "something.else"])),
    start=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    days=st.integers(0, 2000) | st.none(),
    ended=st.booleans(),
    day=st.dates(date(2019, 1, 1), date(2036, 1, 1)),
)
def test_rights_never_exceed_what_was_given_and_never_outlive_the_mandate(
    role: str, rights: frozenset[str], start: date, days: int | None, ended: bool, day: date
) -> None:
    end = None if days is None else start + timedelta(days=days)
    held = mandate(role=role, rights=rights, valid_from=start, valid_to=end, ended=ended)
    effective = held.rights_on(day)
    assert effective <= rights & frozenset(RIGHTS)
    if ended or day < start or (end is not None and day > end):
        assert not effective


def test_a_session_acts_only_for_a_client_whose_mandate_holds_that_day() -> None:
    ended = mandate(client_id=WATER, valid_to=date(2026, 2, 1))
    assert chosen([mandate(), ended], WATER, DAY) is None
    assert chosen([mandate(), ended], RADIO, DAY) == mandate()
    assert chosen([mandate()], None, DAY) is None


def test_a_new_session_starts_with_the_client_acted_for_last_else_as_main_user() -> None:
    additional = mandate(client_id=WATER, client_name="AS Ābols", role="additional")
    assert first_choice([additional, mandate()], DAY) == mandate()
    assert first_choice([additional, mandate()], DAY, last=WATER) == additional
    assert first_choice([mandate(ended=True)], DAY, last=RADIO) is None

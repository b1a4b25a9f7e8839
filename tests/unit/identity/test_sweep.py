"""When access ends because its legal basis is gone."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain import sweep

DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
TODAY = date(2026, 11, 25)


def test_something_that_goes_on_keeps_access() -> None:
    assert sweep.basis_ends(TODAY, [date(2020, 1, 1), None], 180) is None


def test_the_last_thing_that_ended_counts_and_grace_begins_there() -> None:
    ended = [date(2026, 3, 1), date(2026, 1, 1)]
    assert sweep.basis_ends(date(2019, 1, 1), ended, 180) == date(2026, 3, 1) + timedelta(180)


def test_who_never_had_anything_has_grace_from_the_beginning() -> None:
    assert sweep.basis_ends(TODAY, [], 180) == TODAY + timedelta(180)


@given(DAYS, DAYS)
def test_nothing_ends_without_thirty_days_of_warning(ends_on: date, seen: date) -> None:
    assert sweep.announced(ends_on, seen) - seen >= timedelta(30)
    assert sweep.announced(ends_on, seen) >= ends_on


@given(st.integers(0, 60), st.lists(st.integers(1, 3), max_size=60))
def test_each_warning_is_given_once_and_in_time_however_rarely_somebody_looks(start: int, steps: list[int]) -> None:
    ends_on, today, told = TODAY + timedelta(start), TODAY, []
    for step in [0, *steps]:
        today += timedelta(step)
        rung = sweep.rung_due(ends_on, today, told)
        if rung is not None:
            assert (ends_on - today).days <= rung
            told.append(rung)
    assert len(told) == len(set(told)) and told == sorted(told, reverse=True)
    left = (ends_on - today).days
    if 0 <= left <= 7:
        assert 7 in told


def test_the_last_day_counts_in_full() -> None:
    assert not sweep.is_over(TODAY, TODAY)
    assert sweep.is_over(TODAY, TODAY + timedelta(1))

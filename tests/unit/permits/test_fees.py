"""Days in force are what monthly fees are counted from."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.permits.domain.fees import Month, days_in_force, issue_fee_code

NOVEMBER = Month(date(2026, 11, 1))
DAYS = st.none() | st.dates(date(2026, 9, 1), date(2027, 2, 1))


@pytest.mark.parametrize(
    ("start", "end", "ended", "days"),
    [
        (None, None, None, 30),
        (date(2026, 11, 16), None, None, 15),
        (None, date(2026, 11, 1), None, 1),
        (date(2026, 11, 10), date(2026, 11, 10), None, 1),
        (date(2026, 12, 1), None, None, 0),
        (None, date(2026, 10, 31), None, 0),
        (None, None, date(2026, 11, 11), 10),
        (None, None, date(2026, 11, 1), 0),
        (date(2026, 11, 5), date(2026, 11, 20), date(2026, 11, 11), 6),
    ],
)
def test_first_and_last_day_count_the_day_of_cancelling_does_not(
    start: date | None, end: date | None, ended: date | None, days: int
) -> None:
    assert days_in_force(NOVEMBER, start, end, ended) == days


@given(start=DAYS, end=DAYS, ended=DAYS)
def test_never_more_days_than_the_month_has_nor_fewer_than_none(
    start: date | None, end: date | None, ended: date | None
) -> None:
    counted = days_in_force(NOVEMBER, start, end, ended)
    one_by_one = sum(
        (start or date.min) <= day <= (end or date.max) and day < (ended or date.max)
        for day in (date(2026, 11, n) for n in range(1, 31))
    )
    assert counted == one_by_one


def test_a_month_is_named_by_its_first_day() -> None:
    assert (NOVEMBER.days, NOVEMBER.last) == (30, date(2026, 11, 30))
    with pytest.raises(ValueError, match="first day"):
        Month(date(2026, 11, 2))


def test_the_longest_fee_code_fits_billings_code() -> None:
    assert len(issue_fee_code("broadcast_aux")) <= 20

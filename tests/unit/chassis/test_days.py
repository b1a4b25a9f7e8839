"""Days are Riga's, working days follow Latvian holidays."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.days import (
    add_working_days,
    format_day,
    is_working_day,
    month_bounds,
    riga_day,
    riga_midnight,
)

days = st.dates(min_value=date(2015, 1, 1), max_value=date(2040, 12, 31))


def test_late_evening_in_utc_is_already_tomorrow_in_riga() -> None:
    assert riga_day(datetime(2026, 11, 20, 22, 30, tzinfo=UTC)) == date(2026, 11, 21)
    assert riga_day(datetime(2026, 7, 20, 21, 30, tzinfo=UTC)) == date(2026, 7, 21)


def test_a_moment_without_a_zone_has_no_day() -> None:
    with pytest.raises(ValueError):
        riga_day(datetime(2026, 1, 1))


@given(days)
def test_a_day_begins_in_itself(day: date) -> None:
    assert riga_day(riga_midnight(day)) == day


@pytest.mark.parametrize(
    "holiday", [date(2026, 11, 18), date(2026, 5, 4), date(2026, 6, 23), date(2026, 6, 24), date(2026, 12, 25)]
)
def test_latvian_holidays_are_not_working_days(holiday: date) -> None:
    assert not is_working_day(holiday)


def test_the_saturday_before_proclamation_day_and_the_day_itself_are_stepped_over() -> None:
    # 18.11.2026. is a Wednesday: two working days after Monday the 16th is Thursday the 19th.
    assert add_working_days(date(2026, 11, 16), 2) == date(2026, 11, 19)
    assert add_working_days(date(2026, 11, 14), 0) == date(2026, 11, 16)


@given(days, st.integers(min_value=0, max_value=60))
def test_counting_working_days_lands_on_a_working_day_and_counts_right(day: date, count: int) -> None:
    end = add_working_days(day, count)
    assert is_working_day(end)
    between = [date.fromordinal(n) for n in range(day.toordinal() + 1, end.toordinal() + 1)]
    expected = count if count else (0 if is_working_day(day) else 1)
    assert sum(map(is_working_day, between)) == expected


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError):
        add_working_days(date(2026, 1, 5), -1)


@given(days)
def test_a_month_is_bounded_by_its_own_days(day: date) -> None:
    first, last = month_bounds(day)
    assert first <= day <= last and first.day == 1
    assert (first.month, first.year) == (day.month, day.year) == (last.month, last.year)
    assert date.fromordinal(last.toordinal() + 1).day == 1


def test_dates_are_written_the_latvian_way() -> None:
    assert format_day(date(2026, 3, 5)) == "05.03.2026."
    assert format_day(None) == ""

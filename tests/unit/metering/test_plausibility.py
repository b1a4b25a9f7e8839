"""Consumption is never negative, and what looks wrong is asked about."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.metering.domain.plausibility import Point, consumption, doubts, rolled_over

LAST = Point(date(2026, 10, 28), Decimal(2147))
PAST = [(30, Decimal(83)), (30, Decimal(89)), (30, Decimal(95))]
VALUES = st.decimals(0, 99999, places=3, allow_nan=False)


def codes(value: str, *, past: list[tuple[int, Decimal]] = PAST, day: date = date(2026, 11, 27)) -> list[str]:
    return [doubt.code for doubt in doubts(LAST, Point(day, Decimal(value)), 5, past, "m3")]


def test_a_usual_month_raises_no_doubt() -> None:
    assert codes("2236") == []


def test_a_lower_reading_is_doubted() -> None:
    assert codes("2100") == ["metering.lower_than_previous"]


def test_more_than_three_times_the_usual_is_doubted() -> None:
    assert codes("2410") == []
    assert codes("2500") == ["metering.much_higher"]


def test_the_usual_grows_with_the_days_that_have_passed() -> None:
    assert codes("2500", day=date(2027, 1, 28)) == []


def test_too_few_readings_say_nothing_of_the_usual() -> None:
    assert codes("9000", past=PAST[:2]) == []


def test_the_first_reading_is_never_doubted() -> None:
    assert doubts(None, Point(date(2026, 11, 1), Decimal(5)), 5, [], "m3") == []


def test_a_dial_that_starts_anew_counts_the_rest_of_it() -> None:
    assert rolled_over(Decimal(99990), Decimal(12), 5)
    assert consumption(Decimal(99990), Decimal(12), 5) == 22
    assert doubts(Point(LAST.day, Decimal(99990)), Point(date(2026, 11, 27), Decimal(12)), 5, PAST, "m3") == []


@pytest.mark.parametrize(("previous", "value"), [(2147, 2100), (99990, 50000), (20000, 12)])
def test_any_other_fall_is_no_roll_over_and_counts_as_nothing_used(previous: int, value: int) -> None:
    assert not rolled_over(Decimal(previous), Decimal(value), 5)
    assert consumption(Decimal(previous), Decimal(value), 5) == 0


@given(VALUES, VALUES)
def test_consumption_is_never_negative_nor_more_than_the_dial(previous: Decimal, value: Decimal) -> None:
    assert 0 <= consumption(previous, value, 5) < 100_000

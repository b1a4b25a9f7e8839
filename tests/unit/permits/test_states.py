"""What holds today follows from the status and the days, nothing else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.permits.domain.states import STATUSES, Validity, days_left, reminder_due, shown_state

TODAY = date(2026, 11, 21)
DAYS = st.none() | st.dates(date(2000, 1, 1), date(2050, 1, 1))


def days(count: int) -> date:
    return TODAY + timedelta(days=count)


def test_an_active_permit_is_in_force_to_the_end_of_its_last_day() -> None:
    assert shown_state(Validity("active", days(-10), TODAY), TODAY) == "in_force"
    assert days_left(Validity("active", days(-10), TODAY), TODAY) == 0
    assert shown_state(Validity("active", days(-10), days(-1)), TODAY) == "expired"


def test_an_open_end_is_in_force() -> None:
    assert shown_state(Validity("active", None, None), TODAY) == "in_force"
    assert days_left(Validity("active", None, None), TODAY) is None


def test_a_permit_that_begins_tomorrow_is_upcoming() -> None:
    assert shown_state(Validity("active", days(1), days(9)), TODAY) == "upcoming"


@pytest.mark.parametrize("status", ["suspended", "expired", "cancelled", "terminated"])
def test_every_other_status_is_shown_as_it_is(status: str) -> None:
    assert shown_state(Validity(status, days(-1), days(9)), TODAY) == status


def test_an_unknown_status_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="no such status"):
        shown_state(Validity("lost", None, None), TODAY)


@given(status=st.sampled_from(STATUSES), start=DAYS, end=DAYS)
def test_in_force_means_active_begun_and_not_ended(status: str, start: date | None, end: date | None) -> None:
    in_force = shown_state(Validity(status, start, end), TODAY) == "in_force"
    assert in_force == (status == "active" and (end is None or end >= TODAY) and (start is None or start <= TODAY))


@pytest.mark.parametrize(
    ("left", "told", "due"),
    [(61, (), None), (60, (), 60), (45, (60,), None), (30, (60,), 30), (29, (60, 30), None), (7, (60, 30), 7),
     (0, (60, 30, 7), None), (5, (), 7)],
)  # fmt: skip
def test_each_rung_is_told_once_and_only_the_nearest(left: int, told: tuple[int, ...], due: int | None) -> None:
    assert reminder_due(Validity("active", None, days(left)), TODAY, frozenset(told)) == due


def test_nobody_is_reminded_of_a_permit_that_is_not_in_force() -> None:
    assert reminder_due(Validity("suspended", None, days(5)), TODAY, frozenset()) is None
    assert reminder_due(Validity("active", days(2), days(5)), TODAY, frozenset()) is None

"""Service level in working days: holidays do not count, nor the days on which the applicant has the ball."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.days import add_working_days, is_working_day
from services.requests.domain.clock import Clock, Pause, due_date, is_overdue, used_days

DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))
LEVELS = st.integers(1, 40)


def test_the_day_of_submission_does_not_count_and_christmas_neither() -> None:
    # Monday 21.12.2026; 24, 25, 26 and 31 December and 1 January are holidays
    clock = Clock(date(2026, 12, 21), 5)
    assert due_date(clock, date(2026, 12, 21)) == date(2026, 12, 30)


def test_a_request_of_a_saturday_starts_on_monday() -> None:
    assert due_date(Clock(date(2026, 11, 21), 1), date(2026, 11, 21)) == date(2026, 11, 23)


def test_the_clock_stands_while_the_applicant_has_the_ball() -> None:
    # asked on Wednesday (counts), answered on the next Monday (does not): Thursday, Friday, Monday are not used
    clock = Clock(date(2026, 11, 23), 5, (Pause(date(2026, 11, 25), date(2026, 11, 30)),))
    assert used_days(clock, date(2026, 11, 30)) == 2
    assert due_date(clock, date(2026, 11, 30)) == date(2026, 12, 3)


def test_an_unanswered_question_never_makes_a_case_overdue() -> None:
    clock = Clock(date(2026, 11, 2), 5, (Pause(date(2026, 11, 4)),))
    assert clock.stopped
    assert not is_overdue(clock, date(2027, 11, 4))


def test_a_question_after_the_due_date_does_not_undo_the_delay() -> None:
    clock = Clock(date(2026, 11, 2), 5, (Pause(date(2026, 11, 16), date(2026, 12, 14)),))
    assert due_date(clock, date(2026, 12, 14)) == date(2026, 11, 9)
    assert is_overdue(clock, date(2026, 12, 14))


@given(DAYS, LEVELS)
def test_without_a_pause_it_is_plain_counting_of_working_days(start: date, level: int) -> None:
    assert due_date(Clock(start, level), start) == add_working_days(start, level)


@given(DAYS, LEVELS, st.integers(0, 60), st.integers(0, 60))
def test_a_pause_before_the_due_date_moves_it_by_the_working_days_it_covers(
    start: date, level: int, wait: int, length: int
) -> None:
    plain = due_date(Clock(start, level), start)
    stopped = start + timedelta(days=wait)
    resumed = stopped + timedelta(days=length)
    moved = due_date(Clock(start, level, (Pause(stopped, resumed),)), resumed)
    covered = sum(is_working_day(stopped + timedelta(days=n)) for n in range(1, length + 1))
    if stopped >= plain:
        assert moved == plain
    else:
        assert moved == (add_working_days(plain, covered) if covered else plain)


@given(DAYS, LEVELS, st.integers(0, 200))
def test_used_days_never_run_backwards_and_reach_the_level_on_the_due_date(start: date, level: int, after: int) -> None:
    clock = Clock(start, level)
    day = start + timedelta(days=after)
    assert used_days(clock, day) <= used_days(clock, day + timedelta(days=1))
    due = due_date(clock, start)
    assert used_days(clock, due) == level
    assert used_days(clock, due - timedelta(days=1)) == level - 1


def test_a_service_level_below_one_day_is_refused() -> None:
    with pytest.raises(ValueError, match="working day"):
        due_date(Clock(date(2026, 11, 23), 0), date(2026, 11, 23))

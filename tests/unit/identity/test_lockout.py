"""Five wrong passwords close an account for 15 minutes, then 30, 60 ... up to a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.lockout import Guard, LockPolicy, attempt

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
POLICY = LockPolicy()


def guess(guard: Guard, at: datetime, times: int) -> tuple[Guard, int]:
    """Guess wrongly `times` times; return where the counting stands and how many guesses were looked at."""
    looked_at = 0
    for _ in range(times):
        counted = attempt(guard, at, POLICY)
        if counted is not None:
            guard, looked_at = counted, looked_at + 1
    return guard, looked_at


@pytest.mark.requirement("S1-32")
def test_the_fifth_wrong_password_closes_the_account_for_fifteen_minutes() -> None:
    guard, looked_at = guess(Guard(), NOON, 50)
    assert looked_at == 5
    assert guard.locked_until == NOON + timedelta(minutes=15)
    assert attempt(guard, NOON + timedelta(minutes=14, seconds=59), POLICY) is None
    assert attempt(guard, NOON + timedelta(minutes=15), POLICY) == Guard(1, 1)


def test_every_further_round_doubles_the_lock_up_to_a_day() -> None:
    guard, at, lengths = Guard(), NOON, []
    for _ in range(9):
        guard, looked_at = guess(guard, at, 20)
        assert looked_at == 5 and guard.locked_until
        lengths.append((guard.locked_until - at) / timedelta(minutes=1))
        at = guard.locked_until
    assert lengths == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]


@given(st.integers(0, 10_000))
def test_no_lock_is_shorter_than_the_base_or_longer_than_a_day(earlier: int) -> None:
    assert POLICY.base <= POLICY.duration(earlier) <= POLICY.longest


@given(st.lists(st.timedeltas(timedelta(0), timedelta(hours=2)), max_size=80))
def test_whenever_the_guesses_come_no_more_than_five_fit_between_two_locks(pauses: list[timedelta]) -> None:
    guard, at, since_lock = Guard(), NOON, 0
    for pause in pauses:
        at += pause
        counted = attempt(guard, at, POLICY)
        if counted is None:
            assert guard.locked_until and at < guard.locked_until
            continue
        since_lock += 1
        assert since_lock <= POLICY.tries
        if counted.locked_until:
            since_lock = 0
        guard = counted

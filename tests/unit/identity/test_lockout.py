"""Five wrong passwords close an account for 15 minutes, then 30, 60 ... up to a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.lockout import (
    Guard,
    LockPolicy,
    begin,
    fail,
    is_pressed,
    is_worth_a_record,
    release,
)
from services.identity.shadows import Shadows

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
POLICY = LockPolicy()


def guess(guard: Guard, at: datetime, times: int) -> tuple[Guard, int]:
    """Guess wrongly one after the other; return where the counting stands and how many guesses were looked at."""
    looked_at = 0
    for _ in range(times):
        begun = begin(guard, at, POLICY)
        if begun is not None:
            guard, looked_at = fail(begun, at, POLICY), looked_at + 1
    return guard, looked_at


def test_the_fifth_wrong_password_closes_the_account_for_fifteen_minutes() -> None:
    guard, looked_at = guess(Guard(), NOON, 50)
    assert looked_at == 5
    assert guard.locked_until == NOON + timedelta(minutes=15)
    assert begin(guard, NOON + timedelta(minutes=14, seconds=59), POLICY) is None
    opened = begin(guard, NOON + timedelta(minutes=15), POLICY)
    assert opened is not None and (opened.failures, opened.pending, opened.locks) == (0, 1, 1)


def test_every_further_round_doubles_the_lock_up_to_a_day() -> None:
    guard, at, lengths = Guard(), NOON, []
    for _ in range(9):
        guard, looked_at = guess(guard, at, 20)
        assert looked_at == 5 and guard.locked_until
        lengths.append((guard.locked_until - at) / timedelta(minutes=1))
        at = guard.locked_until
    assert lengths == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]


def test_an_attempt_nobody_heard_of_again_is_forgotten_after_a_minute() -> None:
    guard = Guard()
    for _ in range(5):
        guard = begin(guard, NOON, POLICY) or guard
    assert begin(guard, NOON + timedelta(seconds=59), POLICY) is None
    assert begin(guard, NOON + timedelta(seconds=61), POLICY) is not None


@given(st.integers(0, 10_000))
def test_no_lock_is_shorter_than_the_base_or_longer_than_a_day(earlier: int) -> None:
    assert POLICY.base <= POLICY.duration(earlier) <= POLICY.longest


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 20)), max_size=120))
def test_however_guesses_overlap_no_more_than_five_are_looked_at_between_two_locks(
    steps: list[tuple[bool, float]],
) -> None:
    guard, at, in_hand, looked_at = Guard(), NOON, 0, 0
    for starts, pause in steps:
        # Looking at a password takes moments; minutes pass only while none is in hand.
        at += timedelta(minutes=pause) if in_hand == 0 else timedelta(seconds=pause / 50)
        if starts:
            begun = begin(guard, at, POLICY)
            if begun is not None:
                if guard.locked_until is not None:
                    assert in_hand == 0  # a lock comes with the last of the tries
                    looked_at = 0
                guard, in_hand, looked_at = begun, in_hand + 1, looked_at + 1
                assert looked_at <= POLICY.tries
        elif in_hand:
            guard, in_hand = fail(guard, at, POLICY), in_hand - 1


def test_an_attempt_given_back_counts_neither_way() -> None:
    begun = begin(Guard(failures=2), NOON, POLICY)
    assert begun is not None
    assert release(begun) == Guard(failures=2, last_attempt_at=NOON)


def test_only_the_first_try_at_an_account_nobody_guesses_at_is_calm() -> None:
    first = begin(Guard(), NOON, POLICY)
    assert first is not None and not is_pressed(first)
    beside = begin(first, NOON, POLICY)
    assert beside is not None and is_pressed(beside)
    after = begin(fail(first, NOON, POLICY), NOON, POLICY)
    assert after is not None and is_pressed(after)


@given(st.integers(1, 10**9))
def test_records_of_a_closed_door_are_few_and_begin_with_the_first(refused: int) -> None:
    assert is_worth_a_record(refused) == (str(refused).strip("0") == "1")


@given(st.lists(st.sampled_from("bfr"), max_size=60))
def test_a_name_nobody_has_is_counted_as_an_account_is(steps: list[str]) -> None:
    shadows, guard = Shadows(), Guard()
    subject = shadows.subject("nobody@example.com", "customer")
    for step in steps:
        if step == "b":
            expected = begin(guard, NOON, POLICY)
            assert shadows.begin(subject, NOON, POLICY) == expected
            guard = expected or guard
        elif step == "f":
            guard = fail(guard, NOON, POLICY)
            shadows.fail(subject, NOON, POLICY)
        else:
            guard = release(guard)
            shadows.release(subject)
        assert shadows.read(subject) == guard


def test_shadows_are_bounded_and_keep_no_name() -> None:
    shadows = Shadows(most=3)
    subjects = [shadows.subject(f"{number}@example.com", "customer") for number in range(5)]
    for subject in subjects:
        shadows.begin(subject, NOON, POLICY)
    assert [shadows.read(subject).pending for subject in subjects] == [0, 0, 1, 1, 1]
    assert b"example" not in b"".join(subjects)

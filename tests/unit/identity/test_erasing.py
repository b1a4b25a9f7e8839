"""When an erasure that is not over is looked at again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.identity.domain import erasing

SINCE = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_the_first_search_is_made_at_once() -> None:
    assert erasing.next_check(SINCE, None, 0) == SINCE


def test_every_wait_is_longer_until_it_is_two_minutes_and_there_is_always_one() -> None:
    """Counted from the search before, so that those missed while everything was down are not made up for."""
    searched = SINCE + timedelta(days=1)
    waits = [erasing.next_check(SINCE, searched, checks) - searched for checks in range(1, 40)]
    assert waits == sorted(waits) and waits[0] == timedelta(seconds=2)
    assert set(waits[6:]) == {timedelta(minutes=2)}


def test_a_decision_said_again_is_the_same_only_by_whom_and_as_it_was_made() -> None:
    one, other = UUID(int=1), UUID(int=2)
    assert all(erasing.decided_so(state, one, True, one) for state in ("erasing", "reporting", "checking", "done"))
    assert erasing.decided_so("refused", one, False, one)
    assert not erasing.decided_so("refused", one, True, one) and not erasing.decided_so("done", one, False, one)
    assert not erasing.decided_so("done", one, True, other) and not erasing.decided_so("refused", None, False, None)

"""When an erasure may begin, goes on, and is over (S3-27, B-15)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

STUCK_AFTER = timedelta(minutes=15)
UNDER_WAY = frozenset({"erasing", "reporting", "checking"})
# How long the last letter may take before the address goes all the same.
LETTER_WAIT = timedelta(minutes=30)
FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=2)


def may_begin(obligations: int) -> bool:
    """Tell whether nobody has to approve: nothing is open, and every service could say so."""
    return obligations == 0


def decided_so(state: str, decided_by: UUID | None, approve: bool, caller: UUID | None) -> bool:
    """Tell whether the caller decided just this before: the answer was lost, and is given again."""
    begun = state in UNDER_WAY or state == "done"
    return decided_by is not None and decided_by == caller and (begun if approve else state == "refused")


def stuck(state: str, since: datetime, moment: datetime) -> bool:
    """Tell whether somebody should look: a step under way takes longer than 15 minutes."""
    return state in UNDER_WAY and moment - since > STUCK_AFTER


def wait(tries: int) -> timedelta:
    """Return how long to wait after `tries` tries in vain: one second, doubling to two minutes."""
    return min(FIRST_WAIT * (1 << min(tries, 8)), LONGEST_WAIT)


def next_check(since: datetime, searched: datetime | None, checks: int) -> datetime:
    """Return when to search again after `checks` searches in vain, the last at `searched`: each wait longer."""
    return since if searched is None else searched + wait(checks)


def pseudonym(erasure_id: str) -> str:
    """Return what stands where the name stood."""
    return f"Dzēsta persona {erasure_id.replace('-', '')[-8:]}"

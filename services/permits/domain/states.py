"""The state of a permit: what the register says is one thing, what holds today another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Status = Literal["active", "suspended", "expired", "cancelled", "terminated"]
ShownState = Literal["in_force", "upcoming", "suspended", "expired", "cancelled", "terminated"]

STATUSES: tuple[Status, ...] = ("active", "suspended", "expired", "cancelled", "terminated")
# A permit in one of these has ended for good.
ENDED: frozenset[str] = frozenset({"expired", "cancelled", "terminated"})
# Stands for "without end" where a date must be compared and sorted.
NO_END = date(9999, 12, 31)
# A reminder is due when this many days or fewer are left; one rung is told once.
REMINDER_DAYS = (60, 30, 7)


@dataclass(frozen=True)
class Validity:
    """What a permit's state follows from; a missing day is open on that side."""

    status: str
    valid_from: date | None
    valid_to: date | None


def shown_state(validity: Validity, today: date) -> ShownState:
    """Return the state that holds on `today`.

    Registers keep permits marked active after their last day; those are expired. The last day itself is in force.
    Raises ValueError for a status that does not exist.
    """
    if validity.status == "active":
        if validity.valid_to is not None and validity.valid_to < today:
            return "expired"
        if validity.valid_from is not None and validity.valid_from > today:
            return "upcoming"
        return "in_force"
    for state in ("suspended", "expired", "cancelled", "terminated"):
        if validity.status == state:
            return state
    raise ValueError(f"no such status: {validity.status}")


def days_left(validity: Validity, today: date) -> int | None:
    """Return the days until the last day (0 on it) of a permit in force that ends; None for all others."""
    if validity.valid_to is None or shown_state(validity, today) != "in_force":
        return None
    return (validity.valid_to - today).days


def reminder_due(validity: Validity, today: date, told: frozenset[int]) -> int | None:
    """Return the rung of the reminder ladder (60, 30 or 7) that is to be told now, or None.

    Only the nearest rung counts: a permit first seen with 5 days left gets one reminder, not three.
    """
    left = days_left(validity, today)
    if left is None:
        return None
    rungs = [days for days in REMINDER_DAYS if left <= days]
    return rungs[-1] if rungs and rungs[-1] not in told else None

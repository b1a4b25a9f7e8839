"""When access ends because its legal basis is gone, and when people are told (S1-56).

Three things end by themselves: a mandate after its last day; all mandates of a client who has had no permit, project
or contract for the days of grace; a user who has acted for nobody for some time. The day of a mandate is a fact and
stands; the other two are never sooner than the first warning plus its days, so that nobody is surprised.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta

# People are told when this many days or fewer are left; each rung once.
RUNGS = (30, 7)
AHEAD = timedelta(days=max(RUNGS))


def basis_ends(registered: date, evidence: Iterable[date | None], grace_days: int) -> date | None:
    """Return the last day of access of a client; None while any service has something that goes on.

    `evidence` holds the last day of each thing a service has for the client, None for one without end. A client for
    whom there never was anything has the days of grace from `registered`, the day access was first given.
    """
    days = list(evidence)
    if any(day is None for day in days):
        return None
    return max([day for day in days if day is not None], default=registered) + timedelta(days=grace_days)


def announced(ends_on: date, first_seen: date) -> date:
    """Return the day something announced on `first_seen` may end: never without the first rung's warning."""
    return max(ends_on, first_seen + AHEAD)


def rung_due(ends_on: date, today: date, told: Collection[int]) -> int | None:
    """Return which warning is due today, the nearest one that fits; None when it was given or is not due."""
    left = (ends_on - today).days
    if left < 0:
        return None
    fitting = [rung for rung in RUNGS if left <= rung]
    return min(fitting) if fitting and not any(given <= min(fitting) for given in told) else None


def is_over(ends_on: date, today: date) -> bool:
    """Tell whether the last day has passed; it counts in full."""
    return today > ends_on

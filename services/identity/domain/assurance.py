"""What a right demands of a session: how surely the person must have been identified (eIDAS levels).

A right that is held, but demands more than the session has, is withheld: it is in no token, and whoever needs it is
told how to sign in. Nothing else is lost by coming in a weaker way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

LEVELS = ("low", "substantial", "high")


def withheld(rights: Iterable[str], demanded: Mapping[str, str], assurance: str | None) -> dict[str, str]:
    """Return which of the rights a session may not use, and the level each demands."""
    reached = LEVELS.index(assurance) if assurance in LEVELS else -1
    return {
        right: demanded[right]
        for right in rights
        if right in demanded and LEVELS.index(demanded[right]) > max(reached, 0)
    }


def stronger(one: str, other: str) -> str:
    """Return the higher of two levels: a later proof never lowers what an earlier one reached."""
    return max(one, other, key=LEVELS.index)


def reached_by(before: str, after: str) -> list[str]:
    """Return the levels of sessions that lose or regain a right which demands `after` instead of `before`."""
    below, above = sorted((LEVELS.index(before), LEVELS.index(after)))
    return list(LEVELS[below:above])


def without_factor(assurance: str, second_factor: str | None, ways: Collection[str]) -> str:
    """Return what a session is worth once these second factors are no longer believed."""
    return "low" if assurance == "substantial" and second_factor in ways else assurance


def without_login(assurance: str, method: str, second_factor: str | None, provider: str | None) -> str:
    """Return what a session is worth once a provider (None: any of them) no longer vouches for its person.

    A session by another provider keeps its level. One by a password may have been lifted by any: it keeps what its
    second factor is worth.
    """
    by = method.partition(":")[2]
    if by and provider is not None and by != provider:
        return assurance
    left = "substantial" if second_factor else "low"
    return min(assurance, left, key=LEVELS.index)


def is_anew(proved_at: datetime | None, asked_at: datetime, skew: timedelta) -> bool:
    """Tell whether a provider asked the person after we sent them, as far as clocks agree."""
    return proved_at is not None and proved_at >= asked_at - skew

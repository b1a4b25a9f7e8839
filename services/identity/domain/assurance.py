"""What a right demands of a session: how surely the person must have been identified (eIDAS levels).

A right that is held, but demands more than the session has, is withheld: it is in no token, and whoever needs it is
told how to sign in. Nothing else is lost by coming in a weaker way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def is_anew(proved_at: datetime | None, asked_at: datetime, skew: timedelta) -> bool:
    """Tell whether a provider asked the person after we sent them, as far as clocks agree."""
    return proved_at is not None and proved_at >= asked_at - skew

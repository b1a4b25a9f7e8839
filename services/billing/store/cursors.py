"""Cursors of lists come back from outside: anything but what we once handed out is refused as malformed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chassis.errors import PortalError
from chassis.ids import decode_cursor


def text(value: Any) -> str:
    """Return a text the database can compare with. Raises ValueError for anything else."""
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("not a text")
    return value


def read_cursor(after: str | None, *kinds: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """Return the values of a cursor, each read by its kind, e.g. `date.fromisoformat, UUID`; None without one.

    Raises PortalError malformed (422, field `after`).
    """
    if after is None:
        return None
    try:
        return tuple(kind(value) for kind, value in zip(kinds, decode_cursor(after, len(kinds)), strict=True))
    except (ValueError, TypeError, AttributeError) as error:
        raise PortalError("malformed", field="after") from error

"""What a reading means: how much was used since the last one, and whether that can be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

# More than this many times the usual daily use is worth a question (a leak, or a slip of the finger).
MUCH = Decimal(3)
# Fewer past intervals than this say nothing about what is usual.
ENOUGH_INTERVALS = 3
# A roll-over goes from the last tenth of the dial to its first tenth; everything else that falls is a mistake.
DIAL_EDGE = Decimal("0.1")
_SIGNS = {"m3": "m³"}


@dataclass(frozen=True)
class Point:
    """A reading: its day and value."""

    day: date
    value: Decimal


@dataclass(frozen=True)
class Doubt:
    """A reason to ask again; `code` is one of the errors of metering."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


def rolled_over(previous: Decimal, value: Decimal, digits: int) -> bool:
    """Tell whether a lower value is the dial starting anew (digits 1..9)."""
    capacity = Decimal(10) ** digits
    return value < previous and previous >= capacity * (1 - DIAL_EDGE) and value < capacity * DIAL_EDGE


def consumption(previous: Decimal, value: Decimal, digits: int) -> Decimal:
    """Return what was used since the last reading; never below zero.

    After a roll-over the rest of the dial counts. A lower value that is none (confirmed as right, e.g. the last
    one was wrong) counts as nothing used.
    """
    if value >= previous:
        return value - previous
    if rolled_over(previous, value, digits):
        return Decimal(10) ** digits - previous + value
    return Decimal(0)


def usual_per_day(past: Sequence[tuple[int, Decimal]]) -> Decimal | None:
    """Return the average daily use over past intervals (days > 0, consumption); None when they are too few."""
    days = sum(length for length, _ in past)
    if len(past) < ENOUGH_INTERVALS or days <= 0:
        return None
    return sum((used for _, used in past), Decimal(0)) / days


def doubts(last: Point | None, new: Point, digits: int, past: Sequence[tuple[int, Decimal]], unit: str) -> list[Doubt]:
    """Return the reasons to doubt a reading, none for a likely one."""
    if last is None:
        return []
    found = []
    if new.value < last.value and not rolled_over(last.value, new.value, digits):
        found.append(Doubt("metering.lower_than_previous", {"previous": _plain(last.value)}))
    used = consumption(last.value, new.value, digits)
    usual = usual_per_day(past)
    days = max(1, (new.day - last.day).days)
    if usual is not None and usual > 0 and used > usual * days * MUCH:
        expected = round(usual * days, 1)
        sign = _SIGNS.get(unit, unit)
        params = {"consumption": _plain(used), "usual": _plain(expected), "times": _plain(MUCH), "unit": sign}
        found.append(Doubt("metering.much_higher", params))
    return found


def _plain(value: Decimal) -> str:
    """A number for a sentence: a decimal comma, no idle zeros."""
    return f"{value.normalize():f}".replace(".", ",")

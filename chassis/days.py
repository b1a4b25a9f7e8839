"""Days and hours: time is UTC and aware, a day is a day in Europe/Riga, working days follow Latvian holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

RIGA = ZoneInfo("Europe/Riga")


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def riga_day(moment: datetime) -> date:
    """Return the calendar day in Riga of an aware moment. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone has no day")
    return moment.astimezone(RIGA).date()


def riga_today() -> date:
    """Return today's date in Riga."""
    return riga_day(now())


def riga_midnight(day: date) -> datetime:
    """Return the UTC moment at which `day` begins in Riga; for the first day of the calendar its own midnight."""
    if day == date.min:
        return datetime.min.replace(tzinfo=UTC)  # in Riga it began before the calendar did
    return datetime(day.year, day.month, day.day, tzinfo=RIGA).astimezone(UTC)


def riga_midnight_after(day: date) -> datetime:
    """Return the UTC moment at which `day` is over in Riga; for the last day of the calendar its very end."""
    return datetime.max.replace(tzinfo=UTC) if day == date.max else riga_midnight(day + timedelta(days=1))


@lru_cache(maxsize=64)
def _latvian_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("LV", years=year))


def is_working_day(day: date) -> bool:
    """Tell whether `day` is neither a weekend nor a Latvian public holiday."""
    return day.weekday() < 5 and day not in _latvian_holidays(day.year)


def add_working_days(day: date, count: int) -> date:
    """Return the date `count` working days after `day` (count >= 0; 0 gives the next working day on or after `day`)."""
    if count < 0:
        raise ValueError("count must not be negative")
    current = day
    if count == 0:
        while not is_working_day(current):
            current += timedelta(days=1)
    while count:
        current += timedelta(days=1)
        if is_working_day(current):
            count -= 1
    return current


def month_bounds(day: date) -> tuple[date, date]:
    """Return the first and last day of the month of `day`."""
    first = day.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return first, following - timedelta(days=1)


def format_day(day: date | None) -> str:
    """Return the Latvian form `21.11.2026.`; an empty string for no day."""
    return f"{day:%d.%m.%Y.}" if day else ""

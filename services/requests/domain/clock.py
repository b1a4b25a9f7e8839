"""Service level in working days (B-11): Latvian holidays do not count, nor do days when the applicant has the ball.

The day of submission does not count, nor does the day on which an answer arrives; the day of a question does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from chassis.days import is_working_day

# A service level is counted in weeks; a due date further away than this means a pause nobody ended.
HORIZON_DAYS = 366 * 20


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stood from the end of the day `stopped` to the end of the day `resumed`; None: it still stands."""

    stopped: date
    resumed: date | None = None

    def covers(self, day: date) -> bool:
        """Tell whether `day` does not count because of this pause."""
        return self.stopped < day and (self.resumed is None or day <= self.resumed)


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one case: the day it started, how many working days are given, when it stood still."""

    started: date
    days: int
    pauses: tuple[Pause, ...] = ()

    @property
    def stopped(self) -> bool:
        """Tell whether the clock stands now."""
        return any(pause.resumed is None for pause in self.pauses)

    def counts(self, day: date) -> bool:
        """Tell whether `day` uses up one day of the service level."""
        return day > self.started and is_working_day(day) and not any(pause.covers(day) for pause in self.pauses)


def used_days(clock: Clock, today: date) -> int:
    """Return how many days of the service level were used up to the end of `today`."""
    return sum(clock.counts(clock.started + timedelta(days=n)) for n in range(1, (today - clock.started).days + 1))


def due_date(clock: Clock, today: date) -> date:
    """Return the last day on which the case is in time.

    While the clock stands it is the day that would hold if the applicant answered `today`. Raises ValueError for a
    service level below one day.
    """
    if clock.days < 1:
        raise ValueError("a service level is at least one working day")
    running = Clock(
        clock.started,
        clock.days,
        tuple(Pause(p.stopped, p.resumed if p.resumed is not None else max(today, p.stopped)) for p in clock.pauses),
    )
    left, day = clock.days, clock.started
    for _ in range(HORIZON_DAYS):
        day += timedelta(days=1)
        if running.counts(day):
            left -= 1
            if not left:
                return day
    raise ValueError("no due date within twenty years")


def is_overdue(clock: Clock, today: date) -> bool:
    """Tell whether the service level is used up: `today` lies after the due date."""
    return due_date(clock, today) < today

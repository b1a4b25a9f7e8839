"""What fees are computed from. Prices are billing's; the quantities are facts of the permit."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from services.permits.domain.states import NO_END


@dataclass(frozen=True)
class Month:
    """A calendar month, by its first day. Raises ValueError for another day."""

    first: date

    def __post_init__(self) -> None:
        if self.first.day != 1:
            raise ValueError("a month is named by its first day")

    @property
    def days(self) -> int:
        """Return how many days the month has (28..31)."""
        return monthrange(self.first.year, self.first.month)[1]

    @property
    def last(self) -> date:
        """Return the last day of the month."""
        return self.first.replace(day=self.days)


def days_in_force(month: Month, valid_from: date | None, valid_to: date | None, ended_on: date | None) -> int:
    """Return on how many days of the month (0..31) a permit was in force; both its first and last day count.

    `ended_on` is the day on which the permit was cancelled, terminated or suspended: no longer in force.
    """
    start = max(valid_from or date.min, month.first)
    end = min(valid_to or NO_END, month.last)
    if ended_on is not None:
        end = min(end, date.fromordinal(ended_on.toordinal() - 1))
    return max(0, (end - start).days + 1)


def issue_fee_code(service_kind: str) -> str:
    """Return the code of the one-off fee for issuing a permit, e.g. `issue.fixed` (at most 20 characters)."""
    return f"issue.{service_kind}"

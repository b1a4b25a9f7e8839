"""Who may do what for whom on which day (S0-14, S1-05, S3-10, S3-11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

RIGHTS = (
    "permits.see",
    "finance.see",
    "finance.pay",
    "requests.submit",
    "readings.submit",
    "users.manage",
    "contracts.conclude",
)
# Additional users never conclude contracts nor manage users, whatever was ticked (S3-11).
MAIN_ONLY = frozenset({"users.manage", "contracts.conclude"})
ROLES = ("customer_service", "permit_engineer", "accountant", "administrator", "auditor")


@dataclass(frozen=True)
class Mandate:
    """A representation as the rules see it; `ended` once it was given up, whatever its dates say."""

    client_id: UUID
    client_name: str
    role: str
    rights: frozenset[str]
    valid_from: date
    valid_to: date | None = None
    ended: bool = False

    def in_force(self, day: date) -> bool:
        """Tell whether the mandate holds on `day`; both its first and its last day count."""
        if self.ended or day < self.valid_from:
            return False
        return self.valid_to is None or day <= self.valid_to

    def rights_on(self, day: date) -> frozenset[str]:
        """Return what may be done on `day`; nothing outside its days."""
        if not self.in_force(day):
            return frozenset()
        known = self.rights & frozenset(RIGHTS)
        return known if self.role == "main" else known - MAIN_ONLY


def in_force(mandates: Iterable[Mandate], day: date) -> list[Mandate]:
    """Return the mandates that hold on `day`, in the order given."""
    return [mandate for mandate in mandates if mandate.in_force(day)]


def chosen(mandates: Iterable[Mandate], client_id: UUID | None, day: date) -> Mandate | None:
    """Return the mandate under which a session acts: the client chosen, as long as the mandate holds that day."""
    return next((m for m in in_force(mandates, day) if m.client_id == client_id), None)


def first_choice(mandates: Iterable[Mandate], day: date, last: UUID | None = None) -> Mandate | None:
    """Return the mandate a new session starts with: the one last used, else main before additional, then by name."""
    holding = in_force(mandates, day)
    holding.sort(key=lambda m: (m.client_id != last, m.role != "main", m.client_name))
    return holding[0] if holding else None

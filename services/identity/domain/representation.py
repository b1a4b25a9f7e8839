"""Who may do what for whom on which day (S0-14, S1-05, S3-10, S3-11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
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
# To which kinds of object a right can be limited (B-03); the others hold for the whole client or not at all.
LIMITABLE: Mapping[str, tuple[str, ...]] = {
    "permits.see": ("permit",),
    "finance.see": ("permit", "contract"),
    "finance.pay": ("permit", "contract"),
    "requests.submit": ("permit", "contract"),
    "readings.submit": ("contract",),
}
# All named objects of a representation travel in the token of every call.
MOST_NAMED = 100
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
    # (right, kind of object, its id): rights for single permits and contracts beside those for the whole client.
    named: frozenset[tuple[str, str, UUID]] = frozenset()
    # What the client may use follows from these (domain/entitlements.py); services None: nobody was asked yet.
    client_kind: str = "legal"
    settlement: str = "invoice"
    services: frozenset[str] | None = None

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

    def named_on(self, day: date) -> dict[str, dict[str, frozenset[UUID]]]:
        """Return the objects by right and kind for which more than the rights for the whole client holds on `day`."""
        found: dict[str, dict[str, frozenset[UUID]]] = {}
        if not self.in_force(day):
            return found
        whole = self.rights_on(day)
        for right, kind, object_id in self.named:
            if right not in whole and kind in LIMITABLE.get(right, ()):
                kinds = found.setdefault(right, {})
                kinds[kind] = kinds.get(kind, frozenset()) | {object_id}
        return found

    def changes_on(self, day: date) -> bool:
        """Tell whether the mandate begins or ends with the midnight before `day`."""
        return self.in_force(day) != self.in_force(day - timedelta(days=1))


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

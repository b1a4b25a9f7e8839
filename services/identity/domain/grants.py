"""What may be given to a representative: which rights, for which objects, on which days, by whom (B-03, S3-09)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from chassis.errors import FieldError
from services.identity.domain.representation import LIMITABLE, MAIN_ONLY, MOST_NAMED, RIGHTS

# A right and the objects it is for, (kind, id); no object means the whole client.
Grants = Mapping[str, Sequence[tuple[str, UUID]]]


def faults(role: str, grants: Grants) -> list[FieldError]:
    """Return what is wrong with the rights of a `main` or `additional` user; nothing when they can be given."""
    found: list[FieldError] = []
    if not grants:
        found.append(FieldError("rights", "identity.right_needed"))
    for right, objects in grants.items():
        if right not in RIGHTS:
            found.append(FieldError("rights", "not_a_choice"))
        elif role != "main" and right in MAIN_ONLY:
            found.append(FieldError("rights", "identity.right_main_only"))
        elif objects and not {kind for kind, _ in objects} <= set(LIMITABLE.get(right, ())):
            found.append(FieldError("rights", "identity.right_not_limitable"))
    named = {one for objects in grants.values() for one in objects}
    if len(named) > MOST_NAMED:
        found.append(FieldError("permits", "identity.too_many_objects", {"limit": MOST_NAMED}))
    return found


def wrong_days(valid_from: date, valid_to: date | None, today: date, *, by_staff: bool) -> list[FieldError]:
    """Return what is wrong with the days; only staff, who record what was agreed on paper, may name days gone by."""
    if valid_to is not None and valid_to < valid_from:
        return [FieldError("valid_to", "identity.ends_before_it_begins")]
    if not by_staff and valid_to is not None and valid_to < today:
        return [FieldError("valid_to", "identity.day_gone_by")]
    return []


def beyond(grants: Grants, before: Grants, own: frozenset[str]) -> list[str]:
    """Return the rights a main user would newly give, or widen, without holding them for the whole client."""
    wider = []
    for right, objects in grants.items():
        held = before.get(right)
        same = held is not None and (not held or (bool(objects) and set(objects) <= set(held)))
        if not same and right not in own:
            wider.append(right)
    return sorted(wider)

"""Price lists: which one rules on a day, and what a permit costs by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from chassis.errors import FieldError, PortalError
from services.billing.domain.amounts import Line

QUANTUM = Decimal("0.0001")


@dataclass(frozen=True)
class PriceItem:
    """One price; `service_kind` and `permit_kind` None mean every kind.

    `basis` is one unit: permit, mhz, assignment, station. `occasion` of a one-off price: issue, extension...
    """

    code: str
    name_lv: str
    name_en: str
    unit_lv: str
    unit_en: str
    kind: str
    occasion: str | None
    basis: str
    service_kind: str | None
    permit_kind: str | None
    price: Decimal
    vat_category: str


@dataclass(frozen=True)
class Validity:
    """The days a published list rules, both inclusive; `last` None means until further notice."""

    price_list_id: UUID
    title: str
    first: date
    last: date | None

    def covers(self, day: date) -> bool:
        """Tell whether the list rules on `day`."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class FeePermit:
    """A permit as its fee sees it: bandwidth in kHz over all its assignments, days of the month in force."""

    permit_id: UUID
    permit_no: str
    service_kind: str
    permit_kind: str
    bandwidth_khz: Decimal
    assignment_count: int
    station_count: int
    days_in_force: int
    days_in_month: int


def in_force(lists: Sequence[Validity], day: date) -> Validity:
    """Return the list that rules on `day`. Raises billing.no_price_list (409)."""
    for validity in lists:
        if validity.covers(day):
            return validity
    raise PortalError("billing.no_price_list", day=f"{day:%d.%m.%Y.}")


def month_of(day: date, today: date) -> date:
    """Return the first day of the month of `day`. Raises billing.month_not_begun (422) for a future month.

    The list that rules on this first day prices the whole month.
    """
    month = day.replace(day=1)
    if month > today:
        raise PortalError("billing.month_not_begun", field="month")
    return month


def check_draft(valid_from: date, valid_to: date | None, items: Sequence[PriceItem]) -> None:
    """Raise what is wrong with a draft before it is saved: days the wrong way round, a code used twice."""
    if valid_to is not None and valid_to < valid_from:
        raise PortalError("billing.price_list_gap", field="valid_to")
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, item in enumerate(items):
        if item.code in seen:
            errors.append(FieldError(f"items.{index}.code", "billing.price_code_twice", {"item": item.code}))
        seen.add(item.code)
        if item.kind == "one_off" and item.occasion is None:
            errors.append(FieldError(f"items.{index}.occasion", "required"))
    if errors:
        raise PortalError.many(errors)


def closes(published: Sequence[Validity], draft: Validity, today: date) -> tuple[UUID, date] | None:
    """Decide whether `draft` may be published, and which open-ended list must end the day before it begins.

    Raises billing.price_list_past (422) when it would begin before today while another list ruled then (invoices
    may already rest on that one), and billing.price_list_overlaps (409) when it would cut into another list.
    """
    closing = None
    for other in published:
        overlap = draft.first <= (other.last or date.max) and other.first <= (draft.last or date.max)
        if not overlap:
            continue
        if draft.first < today:
            raise PortalError("billing.price_list_past", field="valid_from")
        if other.last is not None or other.first >= draft.first:
            raise PortalError("billing.price_list_overlaps", field="valid_from", title=other.title)
        closing = (other.price_list_id, draft.first - timedelta(days=1))
    return closing


def fitting(items: Sequence[PriceItem], kind: str, service_kind: str, permit_kind: str) -> list[PriceItem]:
    """Return the prices of one kind that a permit pays: the most exact ones that fit it win, all others fall away."""
    fit = [
        item
        for item in items
        if item.kind == kind and item.service_kind in (None, service_kind) and item.permit_kind in (None, permit_kind)
    ]
    best = max((_exactness(item) for item in fit), default=0)
    return [item for item in fit if _exactness(item) == best]


def _exactness(item: PriceItem) -> int:
    return 2 * (item.service_kind is not None) + (item.permit_kind is not None)


def share_of_month(permit: FeePermit) -> Decimal:
    """Return the part of the month to pay: a short-term permit by its days, any other the whole month."""
    if permit.days_in_force <= 0:
        return Decimal("0")
    if permit.permit_kind != "short_term":
        return Decimal("1")
    return Decimal(permit.days_in_force) / Decimal(permit.days_in_month)


def quantity(basis: str, permit: FeePermit) -> Decimal:
    """Return how many units of a monthly price a permit uses, with four places."""
    units = {
        "permit": Decimal("1"),
        "mhz": permit.bandwidth_khz / 1000,
        "assignment": Decimal(permit.assignment_count),
        "station": Decimal(permit.station_count),
    }[basis]
    return (units * share_of_month(permit)).quantize(QUANTUM, rounding=ROUND_HALF_UP)


def monthly_lines(items: Sequence[PriceItem], permit: FeePermit) -> list[Line]:
    """Return the invoice lines of one permit for one month; none where no monthly price fits it."""
    return [
        _line(item, quantity(item.basis, permit), permit.permit_id, permit.permit_no)
        for item in fitting(items, "monthly", permit.service_kind, permit.permit_kind)
    ]


def one_off_lines(
    items: Sequence[PriceItem],
    code: str,
    count: Decimal,
    day: date,
    *,
    service_kind: str,
    permit_kind: str,
    permit_id: UUID,
    permit_no: str,
) -> list[Line]:
    """Return the lines of a one-off fee, e.g. of `issue.fixed`: its first word is the occasion.

    `count` is the number of stations; a price per permit counts once. Raises billing.no_price (409) when no price
    fits, because an issued permit without a fee would be lost money nobody hears of.
    """
    occasion = code.partition(".")[0]
    due = [item for item in items if item.occasion == occasion]
    found = fitting(due, "one_off", service_kind, permit_kind)
    if not found:
        raise PortalError("billing.no_price", item=code, day=f"{day:%d.%m.%Y.}")
    return [_line(item, Decimal("1") if item.basis == "permit" else count, permit_id, permit_no) for item in found]


def _line(item: PriceItem, count: Decimal, permit_id: UUID, permit_no: str) -> Line:
    return Line(
        code=item.code,
        name_lv=item.name_lv,
        name_en=item.name_en,
        unit_lv=item.unit_lv,
        unit_en=item.unit_en,
        quantity=count,
        unit_price=item.price,
        vat_category=item.vat_category,
        price_kind=item.kind,
        permit_id=permit_id,
        permit_no=permit_no,
    )

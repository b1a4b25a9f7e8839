"""Line, VAT and total: rounded to the cent, half up, line by line (domain facts 3.2: nobody else checks the cents)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from chassis.money import money

VAT_RATES: dict[str, Decimal] = {"O": Decimal("0"), "E": Decimal("0"), "S": Decimal("21")}

# What the law wants to be said where no VAT is counted: (Latvian, English).
VAT_NOTES: dict[str, tuple[str, str]] = {
    "O": (
        "PVN nepiemēro: valsts deleģētās funkcijas pakalpojums nav PVN objekts.",
        "Not subject to VAT: a service of a function delegated by the state.",
    ),
    "E": ("Darījums ir atbrīvots no PVN.", "The supply is exempt from VAT."),
    "S": ("", ""),
}


@dataclass(frozen=True)
class Line:
    """One line of an invoice before it is numbered; prices without VAT."""

    code: str
    name_lv: str
    name_en: str
    unit_lv: str
    unit_en: str
    quantity: Decimal
    unit_price: Decimal
    vat_category: str
    price_kind: str
    permit_id: object | None = None
    permit_no: str | None = None

    @property
    def net(self) -> Decimal:
        """Return quantity x price, rounded to the cent."""
        return line_net(self.quantity, self.unit_price)


@dataclass(frozen=True)
class Totals:
    """Sums of one invoice; `total == net + vat` always."""

    net: Decimal
    vat: Decimal
    total: Decimal


def line_net(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """Return the amount of a line without VAT. Neither factor may be negative (ValueError)."""
    if quantity < 0 or unit_price < 0:
        raise ValueError("quantity and price are never negative")
    return money(quantity * unit_price)


def vat_of(net: Decimal, category: str) -> Decimal:
    """Return the VAT on the sum of the lines of one category. Raises KeyError for an unknown category."""
    return money(net * VAT_RATES[category] / 100)


def totals(lines: Sequence[Line]) -> Totals:
    """Sum the lines of one invoice. Raises ValueError for none, or when VAT categories are mixed (BR-O-02)."""
    categories = {line.vat_category for line in lines}
    if len(categories) != 1:
        raise ValueError("an invoice has lines of exactly one VAT category")
    net = money(sum((line.net for line in lines), Decimal("0")))
    vat = vat_of(net, categories.pop())
    return Totals(net, vat, net + vat)


def by_vat_category(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """Split lines so that each VAT category gets an invoice of its own; lines of nothing to pay fall away."""
    split: dict[str, list[Line]] = {}
    for line in lines:
        if line.net > 0:
            split.setdefault(line.vat_category, []).append(line)
    return dict(sorted(split.items()))


def payment_term(base: int, *, legal: bool, e_invoice: bool, bonus: int = 5, cap: int = 20) -> int:
    """Return the days a client has to pay (requirements C11): e-invoice gives legal persons more, up to the cap."""
    if legal and e_invoice and base < cap:
        return min(base + bonus, cap)
    return base


def due_date(issued_on: date, term: int) -> date:
    """Return the last day to pay, `term` calendar days after the day of issue (term >= 0)."""
    if term < 0:
        raise ValueError("a term is never negative")
    return issued_on + timedelta(days=term)


def is_overdue(due_on: date, open_amount: Decimal, today: date) -> bool:
    """Tell whether something is still owed after the due day."""
    return open_amount > 0 and today > due_on

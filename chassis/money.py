"""Money is `Decimal` in EUR with two places, rounded half up, here and nowhere else."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")
# NUMERIC(14,2) holds twelve digits before the point.
LARGEST = Decimal("999999999999.99")


def money(value: Decimal | int | str) -> Decimal:
    """Return `value` in EUR rounded half up to cents.

    Raises ValueError for floats, NaN, infinities, text that is no number and amounts beyond NUMERIC(14,2).
    """
    if isinstance(value, float):
        raise ValueError("money is never a float")
    try:
        amount = Decimal(value)
    except (InvalidOperation, TypeError) as error:
        raise ValueError(f"not an amount: {value!r}") from error
    if not amount.is_finite() or abs(amount) > LARGEST:
        raise ValueError(f"not an amount: {value!r}")
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def cents(amount: Decimal) -> int:
    """Return a money amount as whole cents, the unit bank interfaces speak."""
    return int(money(amount) * 100)


def from_cents(value: int) -> Decimal:
    """Return whole cents as EUR."""
    return money(Decimal(value) / 100)


def format_eur(amount: Decimal) -> str:
    """Return the Latvian form `1 234,50 €` with no-break spaces (domain facts, section 5)."""
    whole, _, fraction = f"{money(amount):,.2f}".partition(".")
    return f"{whole.replace(',', chr(0xA0))},{fraction}{chr(0xA0)}€"

"""Money: two places, half up, never a float."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import LARGEST, cents, format_eur, from_cents, money

amounts = st.decimals(min_value=-LARGEST, max_value=LARGEST, allow_nan=False, allow_infinity=False, places=5)


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [("0.005", "0.01"), ("0.0049", "0.00"), ("-0.005", "-0.01"), ("2.675", "2.68"), ("1", "1.00"), ("1e2", "100.00")],
)
def test_half_a_cent_goes_away_from_zero(given_text: str, expected: str) -> None:
    assert money(given_text) == Decimal(expected)


@pytest.mark.parametrize("wrong", ["", "abc", "NaN", "Infinity", "1000000000000", None])
def test_what_is_no_amount_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError):
        money(wrong)


def test_a_float_is_refused_even_when_it_looks_round() -> None:
    with pytest.raises(ValueError):
        money(1.0)  # type: ignore[arg-type]


@given(amounts)
def test_rounding_moves_an_amount_by_at_most_half_a_cent_and_once(amount: Decimal) -> None:
    rounded = money(amount)
    assert abs(rounded - amount) <= Decimal("0.005")
    assert money(rounded) == rounded
    assert rounded.as_tuple().exponent == -2


@given(st.integers(min_value=-(10**13), max_value=10**13))
def test_cents_and_euros_are_the_same_money(value: int) -> None:
    assert cents(from_cents(value)) == value


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1234.5", "1 234,50 €"), ("0", "0,00 €"), ("-1234567.891", "-1 234 567,89 €"), ("999", "999,00 €")],
)
def test_amounts_are_written_the_latvian_way(amount: str, text: str) -> None:
    assert format_eur(money(amount)) == text.replace(" ", "\u00a0")

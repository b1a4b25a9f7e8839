"""Cents are right line by line, VAT treatments never mix, terms follow requirements C11."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import CENT
from services.billing.domain import amounts

QUANTITIES = st.decimals(min_value=0, max_value=100_000, places=4)
PRICES = st.decimals(min_value=0, max_value=10_000, places=4)


def line(quantity: str = "1", price: str = "1", vat: str = "O", kind: str = "monthly") -> amounts.Line:
    return amounts.Line("2.1", "Maksa", "Fee", "MHz", "MHz", Decimal(quantity), Decimal(price), vat, kind)


def lines_of(category: str) -> st.SearchStrategy[list[amounts.Line]]:
    one = st.builds(lambda q, p: line(str(q), str(p), category), QUANTITIES, PRICES)
    return st.lists(one, min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("quantity", "price", "net"),
    [("28", "0.2150", "6.02"), ("3", "0.005", "0.02"), ("1", "0.0049", "0.00"), ("1", "1.005", "1.01")],
)
def test_a_line_is_rounded_half_up_to_the_cent(quantity: str, price: str, net: str) -> None:
    assert amounts.line_net(Decimal(quantity), Decimal(price)) == Decimal(net)


def test_a_negative_quantity_is_no_line() -> None:
    with pytest.raises(ValueError, match="never negative"):
        amounts.line_net(Decimal("-1"), Decimal("1"))


@given(st.sampled_from("OES").flatmap(lines_of))
def test_totals_add_up_to_the_cent(lines: list[amounts.Line]) -> None:
    totals = amounts.totals(lines)
    assert totals.net == sum(one.net for one in lines)
    assert totals.total == totals.net + totals.vat
    assert totals.total == totals.total.quantize(CENT)


@given(lines_of("S"))
def test_vat_is_counted_once_on_the_sum_and_off_by_less_than_half_a_cent(lines: list[amounts.Line]) -> None:
    totals = amounts.totals(lines)
    assert abs(totals.vat - totals.net * Decimal("0.21")) <= Decimal("0.005")


@given(st.sampled_from("OE").flatmap(lines_of))
def test_no_vat_where_none_applies(lines: list[amounts.Line]) -> None:
    assert amounts.totals(lines).vat == 0


def test_vat_categories_are_never_mixed_on_one_invoice() -> None:
    with pytest.raises(ValueError, match="exactly one VAT category"):
        amounts.totals([line(vat="O"), line(vat="S")])
    split = amounts.by_vat_category([line(vat="S"), line(vat="O"), line(vat="O"), line(quantity="0", vat="E")])
    assert {category: len(found) for category, found in split.items()} == {"O": 2, "S": 1}


@given(base=st.integers(0, 60), bonus=st.integers(0, 30), cap=st.integers(0, 60))
def test_the_e_invoice_bonus_never_shortens_and_never_passes_the_cap(base: int, bonus: int, cap: int) -> None:
    term = amounts.payment_term(base, legal=True, e_invoice=True, bonus=bonus, cap=cap)
    assert term >= base
    assert term <= max(base, cap)
    assert amounts.payment_term(base, legal=False, e_invoice=True, bonus=bonus, cap=cap) == base
    assert amounts.payment_term(base, legal=True, e_invoice=False, bonus=bonus, cap=cap) == base


def test_the_bonus_of_the_requirements() -> None:
    assert amounts.payment_term(14, legal=True, e_invoice=True) == 19
    assert amounts.payment_term(18, legal=True, e_invoice=True) == 20
    assert amounts.payment_term(20, legal=True, e_invoice=True) == 20
    assert amounts.payment_term(30, legal=True, e_invoice=True) == 30


@given(day=st.dates(date(2020, 1, 1), date(2100, 1, 1)), term=st.integers(0, 365))
def test_an_invoice_is_late_only_after_its_due_day(day: date, term: int) -> None:
    due = amounts.due_date(day, term)
    assert due - day == timedelta(days=term)
    assert not amounts.is_overdue(due, Decimal("1.00"), due)
    assert amounts.is_overdue(due, Decimal("0.01"), due + timedelta(days=1))
    assert not amounts.is_overdue(due, Decimal("0.00"), due + timedelta(days=1))

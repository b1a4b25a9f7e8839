"""Which price list rules on a day, which of its prices a permit pays, and how much of them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import PortalError
from services.billing.domain import prices

TODAY = date(2026, 11, 21)


def item(code: str = "2.1", **changed: Any) -> prices.PriceItem:
    fields: dict[str, Any] = {
        "name_lv": "Maksa", "name_en": "Fee", "unit_lv": "MHz", "unit_en": "MHz", "kind": "monthly", "occasion": None,
        "basis": "mhz", "service_kind": None, "permit_kind": None, "price": Decimal("0.2150"), "vat_category": "O",
    }  # fmt: skip
    return prices.PriceItem(code=code, **(fields | changed))


def permit(**changed: Any) -> prices.FeePermit:
    fields: dict[str, Any] = {
        "permit_id": UUID(int=1), "permit_no": "RA-1", "service_kind": "fixed", "permit_kind": "use",
        "bandwidth_khz": Decimal("28000"), "assignment_count": 2, "station_count": 2, "days_in_force": 30,
        "days_in_month": 30,
    }  # fmt: skip
    return prices.FeePermit(**(fields | changed))


def validity(first: date, last: date | None, title: str = "Cenrādis") -> prices.Validity:
    return prices.Validity(uuid4(), title, first, last)


def code_of(error: pytest.ExceptionInfo[PortalError]) -> str:
    return error.value.code


def test_the_list_of_the_day_rules() -> None:
    old = validity(date(2022, 3, 1), date(2022, 9, 30))
    new = validity(date(2022, 10, 1), None)
    assert prices.in_force([new, old], date(2022, 9, 30)) is old
    assert prices.in_force([new, old], date(2022, 10, 1)) is new
    with pytest.raises(PortalError) as refused:
        prices.in_force([new, old], date(2022, 2, 28))
    assert code_of(refused) == "billing.no_price_list"


def test_a_published_list_ends_the_day_before_the_next_begins() -> None:
    current = validity(date(2022, 10, 1), None)
    draft = validity(date(2027, 1, 1), None)
    assert prices.closes([current], draft, TODAY) == (current.price_list_id, date(2026, 12, 31))


def test_a_list_cannot_begin_in_the_past_of_another_one() -> None:
    with pytest.raises(PortalError) as refused:
        prices.closes([validity(date(2022, 10, 1), None)], validity(date(2026, 11, 1), None), TODAY)
    assert code_of(refused) == "billing.price_list_past"


def test_a_list_cannot_cut_into_one_with_its_own_end() -> None:
    others = [validity(date(2026, 12, 1), date(2027, 6, 30), "Nr. 700")]
    with pytest.raises(PortalError) as refused:
        prices.closes(others, validity(date(2027, 1, 1), None), TODAY)
    assert (code_of(refused), refused.value.params["title"]) == ("billing.price_list_overlaps", "Nr. 700")


@given(first=st.dates(TODAY, date(2030, 1, 1)), days=st.integers(0, 800), started=st.integers(1, 2000))
def test_after_publishing_no_day_has_two_lists(first: date, days: int, started: int) -> None:
    current = validity(TODAY - timedelta(days=started), None)
    draft = validity(first, first + timedelta(days=days))
    closing = prices.closes([current], draft, TODAY)
    assert closing is not None
    ended = prices.Validity(current.price_list_id, "", current.first, closing[1])
    for day in (first - timedelta(days=1), first, first + timedelta(days=days)):
        assert [one.covers(day) for one in (ended, draft)].count(True) == 1


def test_a_draft_names_every_item_that_is_wrong() -> None:
    with pytest.raises(PortalError) as refused:
        prices.check_draft(TODAY, None, [item("1"), item("1"), item("2", kind="one_off")])
    assert [one.field for one in refused.value.errors] == ["items.1.code", "items.2.occasion"]
    with pytest.raises(PortalError) as refused:
        prices.check_draft(TODAY, TODAY - timedelta(days=1), [])
    assert code_of(refused) == "billing.price_list_gap"


def test_the_most_exact_price_wins() -> None:
    general = item("general")
    fixed = item("fixed", service_kind="fixed")
    short = item("short", permit_kind="short_term")
    exact = item("exact", service_kind="fixed", permit_kind="short_term")
    items = [general, fixed, short, exact]
    found = {
        (service, kind): [one.code for one in prices.fitting(items, "monthly", service, kind)]
        for service in ("fixed", "maritime")
        for kind in ("use", "short_term")
    }
    assert found == {
        ("fixed", "use"): ["fixed"],
        ("fixed", "short_term"): ["exact"],
        ("maritime", "use"): ["general"],
        ("maritime", "short_term"): ["short"],
    }


def test_several_prices_as_exact_as_each_other_are_all_paid() -> None:
    items = [item("base", service_kind="fixed", basis="permit"), item("mhz", service_kind="fixed")]
    assert [line.code for line in prices.monthly_lines(items, permit())] == ["base", "mhz"]


@pytest.mark.parametrize(("basis", "expected"), [("permit", "1"), ("mhz", "28"), ("assignment", "2"), ("station", "2")])
def test_the_quantity_follows_the_basis(basis: str, expected: str) -> None:
    assert prices.quantity(basis, permit()) == Decimal(expected)


def test_a_permit_that_began_in_the_middle_pays_the_whole_month_a_short_term_one_its_days() -> None:
    assert prices.quantity("permit", permit(days_in_force=10)) == 1
    assert prices.quantity("permit", permit(days_in_force=10, permit_kind="short_term")) == Decimal("0.3333")
    assert prices.quantity("permit", permit(days_in_force=0)) == 0


@given(days=st.integers(0, 31), khz=st.decimals(0, 10_000_000, places=3))
def test_a_short_term_permit_never_pays_more_than_the_month(days: int, khz: Decimal) -> None:
    one = permit(permit_kind="short_term", days_in_force=days, days_in_month=31, bandwidth_khz=khz)
    whole = permit(days_in_month=31, bandwidth_khz=khz)
    assert 0 <= prices.quantity("mhz", one) <= prices.quantity("mhz", whole)


def one_off(code: str, items: list[prices.PriceItem], **changed: Any) -> list[tuple[str, Decimal]]:
    how: dict[str, Any] = {"service_kind": "fixed", "permit_kind": "install", "permit_id": UUID(int=1),
                           "permit_no": "RA-1"}  # fmt: skip
    found = prices.one_off_lines(items, code, Decimal(2), TODAY, **(how | changed))
    return [(line.code, line.quantity) for line in found]


def test_the_fee_of_an_issue_is_found_by_occasion_and_kinds() -> None:
    items = [
        item("1.1", kind="one_off", occasion="issue", permit_kind="install", basis="station"),
        item("1.2", kind="one_off", occasion="issue", permit_kind="use", basis="permit"),
        item("1.3", kind="one_off", occasion="extension", basis="permit"),
    ]
    assert one_off("issue.fixed", items) == [("1.1", Decimal(2))]
    assert one_off("issue.fixed", items, permit_kind="use") == [("1.2", Decimal(1))]
    assert one_off("extension.fixed", items) == [("1.3", Decimal(1))]


def test_a_fee_without_a_price_is_refused_loudly() -> None:
    with pytest.raises(PortalError) as refused:
        one_off("issue.fixed", [item("2.1")])
    assert code_of(refused) == "billing.no_price"


def test_a_month_that_has_not_begun_is_not_invoiced() -> None:
    assert prices.month_of(date(2026, 11, 30), TODAY) == date(2026, 11, 1)
    with pytest.raises(PortalError) as refused:
        prices.month_of(date(2026, 12, 1), TODAY)
    assert code_of(refused) == "billing.month_not_begun"

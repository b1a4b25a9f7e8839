"""From an approved request to numbers, days and parts of a permit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from chassis.cells import safe_cell
from chassis.errors import PortalError
from services.permits.domain.issuing import LinkFacts, SiteFacts, permit_number, technical_parts, validity

TODAY = date(2026, 11, 21)
SITE = SiteFacts(
    "Rīga", "Zaķusala 1", None, Decimal("56.9"), Decimal("24.1"), Decimal(3), Decimal(7428), Decimal(7589), "Ziemeļi",
    "PZ", Decimal("39.2"), Decimal(48), Decimal("92.5"), Decimal(60),
)  # fmt: skip
LINK = LinkFacts((SITE, replace(SITE, name="Ogre", tx_freq_mhz=Decimal(7589))), Decimal(28000), "28m0d7w", "V")


def test_numbers_carry_the_year_and_six_digits() -> None:
    assert permit_number(2026, 123) == "RL-2026-000123"
    with pytest.raises(ValueError, match="permit numbers"):
        permit_number(2026, 1_000_000)


@pytest.mark.parametrize(
    ("wanted_from", "wanted_to", "expected"),
    [
        (date(2027, 1, 1), date(2028, 1, 1), (date(2027, 1, 1), date(2028, 1, 1))),
        (date(2026, 1, 1), date(2027, 1, 1), (TODAY, date(2027, 1, 1))),
        (TODAY, None, (TODAY, date(2031, 11, 20))),
        (date(2028, 2, 29), None, (date(2028, 2, 29), date(2033, 2, 28))),
    ],
)
def test_validity_begins_no_earlier_than_the_decision(
    wanted_from: date, wanted_to: date | None, expected: tuple[date, date]
) -> None:
    assert validity(TODAY, wanted_from, wanted_to, 5) == expected


def test_a_wish_that_has_passed_is_refused() -> None:
    with pytest.raises(PortalError, match="ends_before_start"):
        validity(TODAY, date(2026, 1, 1), date(2026, 11, 20), 5)


def test_each_end_of_a_link_is_a_station_with_its_antenna_and_frequency() -> None:
    parts = technical_parts(LINK)
    assert [s["name"] for s in parts.stations] == ["Rīga", "Ogre"]
    assert [a["freq_mhz"] for a in parts.assignments] == [Decimal(7428), Decimal(7589)]
    assert {a["emission"] for a in parts.assignments} == {"28M0D7W"}
    assert [(a["station_no"], a["antenna_no"]) for a in parts.assignments] == [(1, 1), (2, 2)]


def test_a_link_without_sites_is_refused() -> None:
    with pytest.raises(PortalError, match="case_without_parameters"):
        technical_parts(replace(LINK, sites=()))


@pytest.mark.parametrize(
    ("value", "cell"),
    [("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-12.5", "-12.5"), ("+371 2000", "'+371 2000"), ("SIA", "SIA"),
     (None, ""), (Decimal("-1.5"), "-1.5"), (date(2026, 1, 2), "2026-01-02")],
)  # fmt: skip
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(value: object, cell: str) -> None:
    assert safe_cell(value) == cell

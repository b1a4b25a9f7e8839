"""What one row of a register file means, and what is wrong with it."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import PortalError, sentence
from services.permits.domain.register_row import REQUIRED_COLUMNS, parse_day, parse_number, read_row
from services.permits.messages import ERRORS

DATA = Path(__file__).resolve().parent.parent.parent / "data"
GOOD = {
    "permit_no": "LV-1", "status": "A", "service_code": "CF", "valid_from": "01.02.2024.", "valid_to": "",
    "holder": "SIA Ziemeļi", "holder_type": "C", "site_no": "1", "site_name": "Rīga", "lat": "56.9", "lon": "24.1",
    "freq_mhz": "7428", "emission": "28M0D7W",
}  # fmt: skip


def row(**changes: str) -> dict[str, str]:
    return dict.fromkeys(REQUIRED_COLUMNS, "") | GOOD | changes


def codes(**changes: str) -> set[tuple[str | None, str]]:
    return {(p.column, p.code) for p in read_row(row(**changes)).problems}


def test_a_good_row_has_nothing_wrong_and_its_values_in_units() -> None:
    read = read_row(row(freq_mhz="7428,5", azimuth_deg="92.50"))
    assert not read.problems
    assert read.values["freq_mhz"] == Decimal("7428.5")
    assert read.values["azimuth_deg"] == Decimal("92.5")
    assert read.values["bandwidth_khz"] == Decimal(28000)
    assert (read.values["valid_from"], read.values["valid_to"]) == (date(2024, 2, 1), None)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"permit_no": ""}, ("permit_no", "required")),
        ({"holder": " "}, ("holder", "required")),
        ({"status": "Z"}, ("status", "permits.unknown_status")),
        ({"service_code": "??"}, ("service_code", "permits.unknown_service")),
        ({"valid_from": "31.02.2024."}, ("valid_from", "permits.date_malformed")),
        ({"valid_to": "01.01.2020."}, ("valid_to", "permits.ends_before_start")),
        ({"freq_mhz": ""}, ("freq_mhz", "required")),
        ({"freq_mhz": "x"}, ("freq_mhz", "permits.number_malformed")),
        ({"freq_mhz": "-5"}, ("freq_mhz", "permits.out_of_range")),
        ({"lat": "99"}, ("lat", "permits.out_of_range")),
        ({"lon": ""}, ("lat", "permits.half_a_position")),
        ({"polarization": "Q"}, ("polarization", "permits.unknown_polarization")),
        ({"emission": "wide"}, ("emission", "permits.emission_malformed")),
        ({"site_name": "x" * 200}, ("site_name", "too_long")),
    ],
)
def test_a_wrong_value_is_an_error_of_its_column(changes: dict[str, str], problem: tuple[str, str]) -> None:
    read = read_row(row(**changes))
    assert read.bad
    assert problem in {(p.column, p.code) for p in read.problems}


def test_an_impossible_azimuth_is_a_warning_and_left_out() -> None:
    read = read_row(row(azimuth_deg="999.0"))
    assert not read.bad
    assert [(p.column, p.code, p.severity) for p in read.problems] == [
        ("azimuth_deg", "permits.out_of_range", "warning")
    ]
    assert read.values["azimuth_deg"] is None


@pytest.mark.parametrize("text", ["02/01/2024", "2024-02-01", "01.02.2024.", "1.2.2024"])
def test_three_ways_to_write_a_day(text: str) -> None:
    assert parse_day(text) == date(2024, 2, 1)


@pytest.mark.parametrize("text", ["NaN", "1e999", "Infinity", "1 000", "½", "--1", "1,2,3"])
def test_what_is_not_a_number_is_refused(text: str) -> None:
    with pytest.raises(PortalError, match=r"permits\.number_malformed"):
        parse_number(text)


def test_the_fingerprint_does_not_depend_on_how_values_are_written() -> None:
    one = read_row(row(valid_from="02/01/2024", freq_mhz="7428.0", status="A", emission="28m0d7w"))
    other = read_row(row(valid_from="2024-02-01", freq_mhz="7428,00", status="active"))
    assert one.content_hash == other.content_hash
    assert one.content_hash != read_row(row(freq_mhz="7428.1")).content_hash


def test_rows_of_one_permit_share_their_head_in_any_spelling_of_the_holder() -> None:
    heads = {
        read_row(row(holder=name, freq_mhz=f)).head_hash for name, f in (("SIA Ziemeļi", "1"), ("ZIEMEĻI, SIA", "2"))
    }
    assert len(heads) == 1
    assert read_row(row(valid_to="01.01.2030.")).head_hash not in heads


@given(st.dictionaries(st.sampled_from(REQUIRED_COLUMNS), st.text(max_size=40)))
def test_no_row_breaks_the_reader_and_every_problem_has_its_sentences(changes: dict[str, str]) -> None:
    for problem in read_row(row(**changes)).problems:
        for language in ("lv", "en"):
            text = sentence(problem.code, problem.params, language)
            assert text != problem.code and "{" not in text.replace(str(problem.params.get("value", "")), "")


def test_the_errors_of_the_sample_are_all_found() -> None:
    assert ERRORS.codes
    with (DATA / "register_lv_errors.csv").open(encoding="utf-8", newline="") as file:
        found = {
            (record["permit_no"], problem.column)
            for record in csv.DictReader(file, restval="")
            for problem in read_row({k: v for k, v in record.items() if k}).problems
        }
    assert {("LV-1002", "freq_mhz"), ("LV-1003", "emission"), ("LV-1004", "valid_to"), ("", "permit_no")} <= found

"""Emission designators mean what the Radio Regulations say."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import PortalError
from services.permits.domain.emission import parse_emission

UNITS = {"H": Decimal("0.001"), "K": Decimal(1), "M": Decimal(1000), "G": Decimal(1_000_000)}


@pytest.mark.parametrize(
    ("designator", "khz"),
    [("28M0D7W", "28000"), ("12K5F3E", "12.5"), ("8K33A3E", "8.33"), ("112MD7W", "112000"), ("400HA1A", "0.4"),
     ("1G25W7D", "1250000"), ("16k0g3e", "16"), (" 3M50G1D ", "3500"), ("28M0D7WET", "28000")],
)  # fmt: skip
def test_the_letter_is_the_decimal_point_and_the_unit(designator: str, khz: str) -> None:
    assert parse_emission(designator).bandwidth_khz == Decimal(khz)


@pytest.mark.parametrize(
    "wrong", ["", "D7W", "28M0", "28Z0D7W", "28M0Y7W", "28M0D7Q", "28M0D7WETX", "280D7W", "M0D", "ā28M0D7W"]
)
def test_anything_else_is_refused_with_its_code(wrong: str) -> None:
    with pytest.raises(PortalError) as refused:
        parse_emission(wrong)
    assert refused.value.code == "permits.emission_malformed"


@given(
    whole=st.integers(1, 999),
    fraction=st.integers(0, 99),
    unit=st.sampled_from(sorted(UNITS)),
    kind=st.sampled_from("NABCDFGHJKLMPQRVWX"),
    signal=st.sampled_from("0123456789X"),
    information=st.sampled_from("ABCDEFNWX"),
)
def test_every_written_bandwidth_is_read_back(
    whole: int, fraction: int, unit: str, kind: str, signal: str, information: str
) -> None:
    emission = parse_emission(f"{whole}{unit}{fraction}{kind}{signal}{information}")
    assert emission.bandwidth_khz == Decimal(f"{whole}.{fraction}") * UNITS[unit]
    assert (emission.modulation, emission.signal, emission.information) == (kind, signal, information)


@given(st.text(max_size=12))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        assert parse_emission(text).bandwidth_khz >= 0
    except PortalError as error:
        assert error.code == "permits.emission_malformed"

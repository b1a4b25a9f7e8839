"""Who a provider says somebody is: names of Latvija.lv, personal codes, assurance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain import external as rules

OLD, NEW = "16117519997", "32867300679"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PK:16117519997", rules.StateName("person", OLD)),
        ("PK:161175-19997", rules.StateName("person", OLD)),
        ("PK:16117519997-UR:40003021907", rules.StateName("signatory", OLD, company_reg_no="40003021907")),
        ("DP:40003021907-PK:16117519997", rules.StateName("proxy", OLD, principal="40003021907")),
        ("DP:PK:32867300679-PK:16117519997", rules.StateName("proxy", OLD, principal="PK:32867300679")),
        ("AU:90000069281-PK:16117519997", rules.StateName("official", OLD, principal="90000069281")),
        ("UR:40003021907", None),
        ("PK:1611751999", None),
        ("PK:16117519997-UR:12345678901", None),
        ("AU:9-PK:16117519997-UR:40003021907", None),
        ("PK:16117519997 ", rules.StateName("person", OLD)),
        ("PK:16117519997<!---->", None),
        ("", None),
    ],
)
def test_a_name_of_latvija_lv_is_taken_apart_or_refused(text: str, expected: rules.StateName | None) -> None:
    assert rules.state_name(text) == expected


@given(st.text(max_size=60))
def test_no_text_is_taken_for_a_person_by_accident(text: str) -> None:
    found = rules.state_name(text)
    assert found is None or found.person_code in text.replace("-", "")


def test_codes_come_in_one_form_each_once_and_the_present_one_first() -> None:
    assert rules.person_codes([OLD, "PNOLV-328673-00679", "PK:161175-19997", "x"], first="328673-00679") == (NEW, OLD)
    assert rules.person_codes([OLD, NEW]) == (OLD, NEW)
    assert rules.person_codes([], first="nonsense") == ()


@pytest.mark.parametrize(
    ("level", "assurance"),
    [("4", "high"), (" 3 ", "substantial"), ("2", "low"), ("1", "low"), ("", "low"), ("44", "low")],
)
def test_the_level_of_the_state_becomes_an_assurance(level: str, assurance: str) -> None:
    assert rules.citizen_level(level) == assurance


def test_an_assurance_reaches_itself_and_what_is_below_it() -> None:
    reached = [(a, b) for a in rules.ASSURANCES for b in rules.ASSURANCES if rules.strong_enough(a, b)]
    assert reached == [
        ("low", "low"), ("substantial", "low"), ("substantial", "substantial"),
        ("high", "low"), ("high", "substantial"), ("high", "high"),
    ]  # fmt: skip
    assert not rules.strong_enough("excellent", "low")

"""One holder in several spellings is one holder."""

from __future__ import annotations

import pytest

from services.permits.domain.holders import holder_key, holder_kind, holder_ref


@pytest.mark.parametrize(
    "spellings",
    [
        ("T-Mobile License LLC", "T-MOBILE LICENSE L.L.C."),
        ("AT&T Mobility Puerto Rico Inc.", "AT & T Mobility Puerto Rico, Incorporated"),
        ('SIA "Ziemeļu sakari"', "Ziemeļu Sakari, SIA", "SIA Ziemelu sakari"),
        ("Sabiedrība ar ierobežotu atbildību “Ūdens”", "SIA Ūdens", "Ūdens SIA"),
        ("Norfolk Southern Railway Company", "NORFOLK  SOUTHERN RAILWAY CO."),
    ],
)
def test_spellings_of_one_name(spellings: tuple[str, ...]) -> None:
    assert len({holder_key(name) for name in spellings}) == 1


@pytest.mark.parametrize(
    "names", [("SIA Vējš", "SIA Vēji"), ("Cellco Partnership", "Cello Partnership"), ("Radio 1", "Radio 11")]
)
def test_different_names_stay_different(names: tuple[str, str]) -> None:
    assert holder_key(names[0]) != holder_key(names[1])


def test_a_person_and_a_company_of_one_name_are_two() -> None:
    assert holder_ref("Ozols", holder_kind("I")) != holder_ref("Ozols", holder_kind("C"))


def test_the_reference_fits_identitys_field() -> None:
    assert len(holder_ref("x" * 500, "legal")) <= 200

"""A submission names every field at fault; what is right is kept in one form however it was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import PortalError, sentence
from services.requests import messages  # noqa: F401 - its error table gives the sentences
from services.requests.domain.validation import check
from tests.unit.requests.factories import TODAY, fixed_link, form, free_form


def problems(
    data: dict[str, str], documents: tuple[str, ...] = ("data_sheet",), code: str = "fixed_link"
) -> dict[str, str]:
    return {p.field: p.code for p in check(form(code), data, documents, TODAY).problems}


def test_a_good_request_has_no_problem_and_is_kept_in_one_form() -> None:
    found = check(form(), fixed_link(), ["data_sheet"], TODAY)
    assert found.problems == ()
    assert found.clean["freq_ab_mhz"] == "10735"
    assert found.clean["a_antenna_gain_dbi"] == "34.7"
    assert found.clean["a_coordinates"] == "56.923600, 24.137200"
    assert found.clean["b_cadastre_no"] == "13000084512"
    assert found.clean["emission"] == "28M0D7WET"
    assert found.clean["contact_phone"] == "+37167000000"


def test_checking_what_is_kept_changes_nothing() -> None:
    once = check(form(), fixed_link(), ["data_sheet"], TODAY).clean
    assert check(form(), dict(once), ["data_sheet"], TODAY).clean == once


def test_an_empty_request_names_every_required_field_and_document_in_the_order_of_the_form() -> None:
    found = check(form(), {}, (), TODAY).problems
    required = [f.name for f in form().fields.values() if f.required]
    names = [p.field for p in found]
    assert [n for n in names if n in required] == required
    assert names[-1] == "document:data_sheet"
    assert {p.code for p in found if p.field in required} == {"required"}


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("permit_kind", "eternal", "not_a_choice"),
        ("link_name", "x" * 81, "too_long"),
        ("desired_from", "31.02.2027.", "requests.bad_date"),
        ("desired_from", "22.11.2026.", "requests.date_past"),
        ("desired_from", "2040-01-01", "requests.date_late"),
        ("desired_to", "2026-11-24", "requests.dates_crossed"),
        ("a_coordinates", "24.1372, 56.9236", "requests.outside_latvia"),
        ("a_coordinates", "59.4370, 24.7536", "requests.outside_latvia"),
        ("a_coordinates", "somewhere", "requests.bad_coordinates"),
        ("b_coordinates", "56.9236, 24.1372", "requests.same_site"),
        ("b_coordinates", "55.8750, 26.5350", "requests.too_far_apart"),
        ("b_cadastre_no", "123", "requests.bad_cadastre"),
        ("a_antenna_gain_dbi", "61", "too_big"),
        ("a_antenna_gain_dbi", "-1", "too_small"),
        ("a_antenna_gain_dbi", "34.75", "requests.too_precise"),
        ("a_antenna_gain_dbi", "much", "requests.bad_number"),
        ("a_azimuth_deg", "360", "too_big"),
        ("a_azimuth_deg", "105", "requests.azimuth_off"),
        ("freq_ab_mhz", "900", "too_small"),
        ("freq_ba_mhz", "10 740", "requests.same_frequency"),
        ("emission", "28W", "requests.bad_emission"),
        ("emission", "40M0D7W", "requests.emission_wider"),
        ("contact_email", "anna@", "requests.bad_email"),
        ("contact_phone", "12", "requests.bad_phone"),
        ("purpose", "bell\x07", "malformed"),
    ],
)
def test_one_wrong_field_is_named_once_with_its_reason(field: str, typed: str, code: str) -> None:
    found = problems(fixed_link(**{field: typed}))
    assert found.get(field) == code
    # A wrong site also turns the azimuths away; nothing else may be blamed.
    assert set(found) - {field} <= {"a_azimuth_deg", "b_azimuth_deg"}


def test_a_site_needs_an_address_or_a_cadastre_number() -> None:
    assert problems(fixed_link(a_address="")) == {"a_address": "requests.address_or_cadastre"}
    assert problems(fixed_link(a_address="", a_cadastre_no="01000010001")) == {}


def test_a_missing_data_sheet_is_named() -> None:
    assert problems(fixed_link(), ()) == {"document:data_sheet": "requests.document_missing"}


def test_a_free_form_application_needs_no_document() -> None:
    assert problems(free_form(), (), "free_form") == {}
    assert problems(free_form(text=""), (), "free_form") == {"text": "required"}
    assert problems(free_form(text="\u200b \u200b\u2060"), (), "free_form") == {"text": "required"}, "nothing to read"


def test_unknown_fields_are_left_out() -> None:
    assert "surprise" not in check(form(), fixed_link(surprise="x"), ["data_sheet"], TODAY).clean


@given(st.dictionaries(st.sampled_from(sorted(form().fields)), st.text(max_size=60)))
def test_whatever_is_typed_is_answered_with_known_codes_never_an_error(typed: dict[str, str]) -> None:
    found = check(form(), {**fixed_link(), **typed}, ["data_sheet"], TODAY)
    assert set(found.clean) <= set(form().fields)
    for problem in found.problems:
        for language in ("lv", "en"):
            text = sentence(problem.code, problem.params, language)
            assert text != problem.code
            assert "{" not in text, f"{problem.code} lacks a parameter for its sentence"


@given(st.dictionaries(st.sampled_from(sorted(form().fields)), st.text(max_size=60)))
def test_what_was_found_right_stays_right(typed: dict[str, str]) -> None:
    first = check(form(), {**fixed_link(), **typed}, ["data_sheet"], TODAY)
    again = check(form(), dict(first.clean), ["data_sheet"], TODAY)
    assert {k: again.clean.get(k) for k in first.clean} == dict(first.clean)


def test_many_problems_cross_the_bus_as_one_error() -> None:
    error = PortalError.many(check(form(), {}, (), TODAY).problems)
    assert PortalError.from_data(error.to_data()).errors == error.errors

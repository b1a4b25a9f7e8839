"""Errors cross the bus as data and come out with the same sentence."""

import pytest

from chassis.errors import ErrorTable, FieldError, PortalError, sentence

ErrorTable("probe", {"too_hot": (409, "Par karstu: {degrees} grādi.", "Too hot: {degrees} degrees.")})


def test_an_error_crosses_the_bus_unchanged() -> None:
    sent = PortalError("probe.too_hot", field="oven", degrees=300)
    got = PortalError.from_data(sent.to_data())
    assert (got.code, got.status, got.field, got.params) == ("probe.too_hot", 409, "oven", {"degrees": 300})
    assert got.sentence("lv") == "Par karstu: 300 grādi."
    assert got.sentence("en") == "Too hot: 300 degrees."


def test_several_fields_cross_together() -> None:
    sent = PortalError.many([FieldError("a", "required"), FieldError("b", "too_long", {"limit": 5})])
    got = PortalError.from_data(sent.to_data())
    assert got.status == 422
    assert [(e.field, e.code, dict(e.params)) for e in got.errors] == [
        ("a", "required", {}),
        ("b", "too_long", {"limit": 5}),
    ]


def test_a_sentence_survives_parameters_that_are_missing_or_hostile() -> None:
    assert sentence("probe.too_hot", {}, "en") == "Too hot: {degrees} degrees."
    assert sentence("probe.too_hot", {"degrees": "{0.__class__}"}, "en") == "Too hot: {0.__class__} degrees."
    assert sentence("nobody.knows", {}, "lv") == "nobody.knows"


@pytest.mark.parametrize("entry", [(200, "a", "b"), (409, "", "b"), (409, "a", "")])
def test_a_table_wants_a_status_and_both_languages(entry: tuple[int, str, str]) -> None:
    with pytest.raises(ValueError):
        ErrorTable("probe", {"bad": entry})

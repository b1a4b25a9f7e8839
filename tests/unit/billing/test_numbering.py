"""Invoice numbers and the references payers type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from services.billing.domain.numbering import invoice_number, is_rf_reference, rf_reference

NUMBERS = st.builds(
    invoice_number,
    st.from_regex(r"[A-Z]{1,6}", fullmatch=True),
    st.integers(2000, 2999),
    st.integers(1, 99_999_999),
)


def test_a_number_reads_as_series_year_and_place() -> None:
    assert invoice_number("EMS", 2026, 123) == "EMS-2026-000123"
    assert rf_reference("EMS-2026-000123") == "RF83EMS2026000123"


def test_numbers_count_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        invoice_number("EMS", 2026, 0)


@given(NUMBERS)
def test_every_reference_passes_the_standard(number: str) -> None:
    reference = rf_reference(number)
    assert iso11649.is_valid(reference)
    assert is_rf_reference(reference)
    assert is_rf_reference(" ".join(reference[i : i + 4] for i in range(0, len(reference), 4)).lower())


@given(NUMBERS, st.data())
def test_one_wrong_digit_is_noticed(number: str, data: st.DataObject) -> None:
    reference = rf_reference(number)
    place = data.draw(st.sampled_from([i for i, c in enumerate(reference) if i > 3 and c.isdigit()]))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != reference[place]]))
    assert not is_rf_reference(reference[:place] + other + reference[place + 1 :])


def test_a_number_too_long_for_a_reference_is_refused() -> None:
    with pytest.raises(ValueError, match=r"1\.\.21"):
        rf_reference("A" * 22)

"""The password policy of C1."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.identity.domain.passwords import PasswordPolicy, faults, normalised, own_pieces
from services.identity.tools import COMMON_PASSWORDS

POLICY = PasswordPolicy()
OWN = own_pieces("Anna Kalniņa", "anna.kalnina@radiolinks.example", ["40203100010", None, "K-1"])


def codes(password: str) -> list[str]:
    return [fault.code.removeprefix("identity.password_") for fault in faults(password, POLICY, OWN, COMMON_PASSWORDS)]


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("zils-kalns-7", []),
        ("ābols un 1 bumbieris", []),
        ("пароль семь 7", []),
        ("q7w2z9x", ["too_short"]),
        ("", ["too_short", "needs_letter", "needs_digit"]),
        ("tikaiburti", ["needs_digit"]),
        ("98317204", ["needs_letter"]),
        ("x7" * 64, []),
        ("x7" * 64 + "y", ["too_long"]),
    ],
)
def test_length_letter_and_digit(password: str, expected: list[str]) -> None:
    assert codes(password) == expected


@pytest.mark.parametrize("password", ["password1", "PASSWORD1", "1qaz2wsx", "parole123", "Parole123", "latvija1"])
def test_a_common_password_is_refused_in_any_letter_case(password: str) -> None:
    assert "common" in codes(password)


@pytest.mark.parametrize(
    "password", ["Kalniņa2026", "xx-anna-77", "my40203100010", "radio anna.kalnina@radiolinks.example 1"]
)
def test_ones_own_data_are_refused(password: str) -> None:
    assert "personal" in codes(password)


def test_short_pieces_of_a_name_do_not_count() -> None:
    assert own_pieces("Al Bo", "al@x.lv", ["K-1"]) == {"al@x.lv"}


@given(st.text(max_size=300))
def test_the_policy_has_an_opinion_on_every_text(password: str) -> None:
    found = codes(password)
    length = len(normalised(password))
    assert ("too_short" in found) == (length < 8)
    assert ("too_long" in found) == (length > 128)


@given(st.text("abcdefghij", min_size=8, max_size=100), st.integers(0, 9))
def test_letters_and_a_digit_of_enough_length_are_enough(letters: str, digit: int) -> None:
    password = f"{letters}{digit}"
    assume(password not in COMMON_PASSWORDS)
    assert faults(password, POLICY) == []


def test_composed_and_decomposed_letters_are_one_password() -> None:
    assert normalised("rīga") == normalised("ri\u0304ga")

"""The strength of a password: what everybody guesses is weak, what nobody guesses is strong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.passwords import own_pieces
from services.identity.domain.strength import STEPS, estimate
from services.identity.tools import COMMON_PASSWORDS

OWN = own_pieces("Anna Kalniņa", "anna.kalnina@radiolinks.example", ["40203100010"])


@pytest.mark.parametrize(
    ("password", "lowest", "highest"),
    [
        ("", 0, 0), ("aaaaaaaaaaaaaaaa", 0, 0), ("12345678", 0, 0), ("qwertyuiop", 0, 0), ("password1", 0, 0),
        ("kalniņa2026", 0, 1), ("40203100010", 0, 0), ("parole123", 0, 0),
        ("zils-kalns-7", 2, 4), ("trīs sarkani āboli un 7 bites", 4, 4), ("vX9#qLp2!mRz7", 4, 4),
    ],
)  # fmt: skip
def test_the_score_tells_weak_from_strong(password: str, lowest: int, highest: int) -> None:
    assert lowest <= estimate(password, OWN, COMMON_PASSWORDS).score <= highest


def test_the_advice_names_what_is_wrong() -> None:
    assert "own_data" in estimate("kalniņa99", OWN, COMMON_PASSWORDS).advice
    assert "common_word" in estimate("dragon99", OWN, COMMON_PASSWORDS).advice
    assert "row" in estimate("zq12345w", OWN).advice
    assert estimate("abc", OWN).advice[-4:] == ("longer", "both_cases", "digit", "symbol")
    assert estimate("vX9#qLp2!mRz7", OWN, COMMON_PASSWORDS).advice == ()


@given(st.text(max_size=200))
def test_every_text_has_a_score_and_adding_to_it_at_the_end_never_takes_away_two_steps(text: str) -> None:
    before = estimate(text, OWN, COMMON_PASSWORDS)
    assert 0 <= before.score <= len(STEPS)
    assert estimate(text + "§K7v", OWN, COMMON_PASSWORDS).score >= before.score - 1

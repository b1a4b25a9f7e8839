"""Search finds Latvian words however they were typed; sorting follows the Latvian alphabet."""

from hypothesis import given
from hypothesis import strategies as st

from chassis.text import fold, like, readable, sort_key


def test_letters_are_found_with_and_without_their_marks() -> None:
    assert fold("Šķūņu  ĪPAŠNIEKS\n") == fold("skunu ipasnieks") == "skunu ipasnieks"


@given(st.text(max_size=80))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_signs_of_like_are_taken_literally() -> None:
    assert like("50%_a\\b") == "%50\\%\\_a\\\\b%"


def test_the_alphabet_of_the_latvian_standard() -> None:
    words = [
        "avots",
        "ābols",
        "cena",
        "čaula",
        "ezers",
        "ēna",
        "ilgi",
        "yoga",
        "īlens",
        "jūra",
        "roze",
        "šalle",
        "zeme",
        "žogs",
    ]
    words_mixed = words[1::2] + words[::2]
    assert sorted(words_mixed, key=sort_key) == words


def test_case_does_not_change_the_order() -> None:
    assert sort_key("ĀBOLS") == sort_key("ābols") > sort_key("Avots")


@given(st.text(max_size=200))
def test_a_key_is_short_and_plain(text: str) -> None:
    assert len(sort_key(text)) <= 400


def test_what_is_kept_reads_as_it_is() -> None:
    assert readable("Kr\u202eiela\u202c 5\x00, R\u2067ī\u2069ga") == "Kriela 5, Rīga"
    assert readable("Ēvalds\u00adŠķēle 🙂\nnākamā rinda") == "Ēvalds\u00adŠķēle 🙂\nnākamā rinda"

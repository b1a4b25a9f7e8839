"""Text for search, where Latvian letters are found whether they were typed or not; and text that reads as it is."""

from __future__ import annotations

import unicodedata

_HIDDEN = dict.fromkeys([0, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def fold(text: str | None) -> str:
    """Return lower case without diacritics and with single spaces, for search columns and search words."""
    folded = text or ""
    while True:
        # A letter may fold into one that folds again (letters of mathematics, for one): go on until nothing changes.
        decomposed = unicodedata.normalize("NFKD", folded.casefold())
        again = " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())
        if again == folded:
            return again
        folded = again


def readable(text: str) -> str:
    """Return a text without NUL, which no database keeps, and without signs that turn the direction of writing.

    Those make a text read otherwise than it is (Unicode TR 36, 2.4); Latvian and English need none.
    """
    return text.translate(_HIDDEN)


def like(text: str) -> str:
    """Return a LIKE pattern that finds `text` (folded) anywhere, with LIKE's own signs taken literally."""
    return anywhere(fold(text))


def anywhere(text: str) -> str:
    """Return a LIKE pattern that finds `text` as it is anywhere, with LIKE's own signs taken literally."""
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


# Latvian alphabet of LVS 24:1993: letters with a diacritic differ at the primary level, y sorts after i.
_ALPHABET = "aābcčdeēfgģhiyījkķlļmnņoōprŗsštuūvzž"
_RANK = {letter: f"{index:02d}" for index, letter in enumerate(_ALPHABET, start=10)}
# Letters Latvian words do not have sort beside the letter they are closest to.
_RANK.update({"q": _RANK["k"] + "q", "w": _RANK["v"] + "w", "x": _RANK["k"] + "x"})


def sort_key(text: str | None) -> str:
    """Return a key that sorts as the Latvian alphabet does; compare it with collation C."""
    folded = unicodedata.normalize("NFC", (text or "").casefold())
    return "".join(
        _RANK.get(letter, letter if letter < "a" or not letter.isalpha() else "99" + letter)
        for letter in folded
        if letter.isalnum() or letter == " "
    )[:400]

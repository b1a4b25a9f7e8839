"""How strong a password is, and what would make it stronger (C1, S3-30).

An estimate of how many guesses somebody needs who knows what people do: common words, names, rows of the keyboard,
runs and repetitions count as one or two characters, everything else by the kinds of characters in use.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from services.identity.domain.passwords import LATVIAN_COMMON, normalised

# What a score needs, in bits: hopeless below 28, weak, fair, good, strong from 72.
STEPS = (28.0, 40.0, 55.0, 72.0)
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop")
_SHORTEST_ROW, _SHORTEST_WORD, _LONGEST_WORD = 3, 4, 16
# A word somebody may look up is worth about one of four thousand; a piece of the person's own data is worth nothing.
_WORD_BITS, _ROW_BITS, _OWN_BITS = 12.0, 5.0, 2.0
_READ = 128


@dataclass(frozen=True)
class Strength:
    """`score` 0 (hopeless) to 4 (strong); `advice` names what would help, the most useful first."""

    score: int
    advice: tuple[str, ...] = ()


def estimate(password: str, own: Iterable[str] = (), common: Collection[str] = ()) -> Strength:
    """Return the strength of `password` for a person whose own data are `own`. Linear in its length."""
    text = normalised(password)[:_READ]
    folded = text.casefold()
    if not text:
        return Strength(0, ("longer",))
    pool = math.log2(_pool(text))
    bits, place, found = 0.0, 0, set()
    own_words = sorted({piece for piece in own if piece}, key=len, reverse=True)
    while place < len(folded):
        length, worth, advice = _next(folded, place, own_words, common, pool)
        bits += worth
        place += length
        if advice:
            found.add(advice)
    score = sum(bits >= step for step in STEPS)
    return Strength(score, tuple(_advice(text, score, found)))


def _next(text: str, place: int, own: list[str], common: Collection[str], pool: float) -> tuple[int, float, str | None]:
    """Return length, worth in bits and advice of the piece that begins at `place`."""
    for piece in own:
        if text.startswith(piece, place):
            return len(piece), _OWN_BITS, "own_data"
    for length in range(min(_LONGEST_WORD, len(text) - place), _SHORTEST_WORD - 1, -1):
        word = text[place : place + length]
        if word in common or word in LATVIAN_COMMON:
            return length, _WORD_BITS, "common_word"
    run = _run(text, place)
    if run >= _SHORTEST_ROW:
        return run, _ROW_BITS, "row"
    if place and text[place - 1] == text[place]:
        return 1, 1.0, None
    return 1, pool, None


def _run(text: str, place: int) -> int:
    """Return how many characters from `place` on are one character again and again, or a row either way round."""
    same = 1
    while place + same < len(text) and text[place + same] == text[place]:
        same += 1
    longest = same
    for row in _ROWS:
        for way in (row, row[::-1]):
            start = way.find(text[place])
            length = 0
            while (
                start >= 0
                and start + length < len(way)
                and text[place + length : place + length + 1] == (way[start + length])
            ):
                length += 1
            longest = max(longest, length)
    return longest


def _pool(text: str) -> int:
    """Return out of how many characters somebody has to guess each one."""
    pool = 10 * any(c.isdigit() for c in text)
    pool += 26 * any(c.islower() for c in text) + 26 * any(c.isupper() for c in text)
    pool += 33 * any(not c.isalnum() for c in text)
    return max(pool + 30 * any(ord(c) > 127 for c in text), 2)


def _advice(text: str, score: int, found: set[str]) -> list[str]:
    advice: list[str] = [name for name in ("own_data", "common_word", "row") if name in found]
    if score < len(STEPS):
        if len(text) < 14:
            advice.append("longer")
        if not (any(c.islower() for c in text) and any(c.isupper() for c in text)):
            advice.append("both_cases")
        if not any(c.isdigit() for c in text):
            advice.append("digit")
        if all(c.isalnum() for c in text):
            advice.append("symbol")
    return advice

"""Who holds a permit when the register knows only a name, and that in several spellings."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

HolderKind = Literal["natural", "legal"]

_LEGAL_FORMS = {
    "incorporated": "inc", "corporation": "corp", "company": "co", "limited": "ltd",
    "sabiedriba ar ierobezotu atbildibu": "sia", "akciju sabiedriba": "as", "valsts akciju sabiedriba": "vas",
}  # fmt: skip
# Latvian companies are written both `SIA "Radio"` and `"Radio", SIA`: a form in front moves to the end.
_FRONT_FORMS = frozenset({"sia", "as", "vas", "ik", "vsia", "biedriba", "nodibinajums"})


def holder_key(name: str) -> str:
    """Return the spelling-free form of a holder's name: equal keys are the same holder.

    Letter case, diacritics, punctuation, `&` for `and` and the usual legal forms do not matter. Two natural
    persons with the same name get the same key: a register that carries no person code cannot tell them apart.
    """
    text = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    text = "".join(c for c in text if not unicodedata.combining(c))
    # Apostrophes and points join (L.L.C. -> llc); every other sign separates.
    text = re.sub(r"[^\w]+", " ", re.sub(r"[.'’`]", "", text)).strip()
    for long, short in _LEGAL_FORMS.items():
        text = re.sub(rf"\b{long}\b", short, text)
    words = text.split()
    if len(words) > 1 and words[0] in _FRONT_FORMS:
        words = [*words[1:], words[0]]
    return " ".join(words)


def holder_kind(register_type: str) -> HolderKind:
    """Return what the register's one-letter holder type means: I is an individual, all others are legal persons."""
    return "natural" if register_type.strip().casefold() in ("i", "natural") else "legal"


def holder_ref(name: str, kind: HolderKind) -> str:
    """Return the reference under which identity knows the holder: 10..200 characters, stable over imports."""
    return f"register:{kind}:{holder_key(name)}"[:200]

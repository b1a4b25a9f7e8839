"""How the words that name a person are found in texts: one pattern for every way in which a word may be written.

Both sides are made alike here and nowhere else. What is searched for is composed (NFC), with single spaces; the
pattern knows a letter composed and decomposed (file names from a Mac), without its diacritic (search columns), as an
escape of JSON and of HTML, and takes any run of spaces, line breaks and underscores for one space.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from chassis.person_messages import Person
from chassis.text import fold

SHORTEST_WORD = 4
_CODE = re.compile(r"(\d{6})-?(\d{5})")
_SPACES = re.compile(r"[\s_]+")
# Spaces as people and programs write them: wide, narrow, unbreakable, as escapes of JSON and HTML.
_SPACE = r"[[:space:]_" + "\u00a0\u2007\u2009\u202f" + r"]|\\[nrt]|\\u(00[aA]0|20(07|09|2[fF]))|&nbsp;|&#160;"
_DASHES = "-\u2010\u2011\u2012\u2013"
_SIGNS = {
    " ": f"({_SPACE})+",
    "-": f"[{_DASHES}]",
    "'": "('|\u2019|\u02bc|\\\\u2019|&#x27;|&#39;|&apos;|&rsquo;)",
    "\u2019": "('|\u2019|\u02bc|\\\\u2019|&#x27;|&#39;|&apos;|&rsquo;)",
    '"': r'("|\\"|&quot;|&#34;)',
    "&": "(&|&amp;)",
    "\\": r"\\{1,2}",
}
_BETWEEN = f"({_SPACE}|[{_DASHES}]){{0,3}}"  # the halves of a personal code

# A word begins and ends where no letter or digit goes on. JSON writes a line break and other marks as escapes that end
# in a letter or a digit; escapes of letters, which ASCII JSON has, go on with the word, as do combining marks.
_HEX = "[0-9a-fA-F]"
_COMBINING = "\u0300-\u036f"
_MARK_BEFORE = rf"(?<=\\[nrtbf])|(?<=\\u(00[01]{_HEX}|00[89aAbB]{_HEX}|20{_HEX}{_HEX}))"
_LETTER_ESCAPE = rf"\\u(00[c-fC-F]|0[1-5]{_HEX}){_HEX}"


def _edges(letters: str) -> tuple[str, str]:
    inside = f"[{letters}{_COMBINING}]"
    return rf"((?<!{inside})(?<!{_LETTER_ESCAPE})|{_MARK_BEFORE})", rf"(?!{inside}|{_LETTER_ESCAPE})"


EDGES = {
    # «Zanda Kalna» stands in «1Zanda Kalna-pase.pdf». Where others bear the name, «Zanda Kalna-Ozola» is another.
    "name": _edges("[:alpha:]"),
    "common": _edges("-[:alnum:]"),
    # «janis@a.lv» does not stand in «peteris.janis@a.lv» nor in «janis@a.lv.example», but in «...janis@a.lv», in
    # «_janis@a.lv_» and where a sentence begins without a space: «janis@a.lv.Paldies».
    "address": (
        rf"((?<![[:alnum:]%+@{_COMBINING}](\.|[_-]{{1,8}})?)(?<!{_LETTER_ESCAPE})|{_MARK_BEFORE})",
        rf"(?![[:alnum:]@{_COMBINING}]|{_LETTER_ESCAPE}|-+[[:alnum:]]"
        r"|\.([[:lower:][:digit:]]|[[:upper:]][[:upper:][:digit:]]))",
    ),
    "mark": _edges("[:alnum:]"),
}


@dataclass(frozen=True)
class Form:
    """A word to search for; `kind` (of EDGES) says where it begins and ends."""

    text: str
    kind: str = "mark"

    @cached_property
    def regular(self) -> str:
        """The regular expression (of PostgreSQL) for the word however it is written."""
        begins, ends = EDGES[self.kind]
        code = _CODE.fullmatch(self.text)
        inner = _BETWEEN.join(code.groups()) if code else "".join(_written(char) for char in self.text)
        return f"{begins}({inner}){ends}"

    @cached_property
    def glance(self) -> str:
        """A LIKE pattern for small letters that every writing of the word meets: what is always written the same."""
        code = _CODE.fullmatch(self.text)
        parts = code.groups() if code else re.split(r"[^a-z0-9@.]+", self.text.lower())
        return "%" + "".join(f"{part}%" for part in parts if part)

    @cached_property
    def in_bytes(self) -> list[str]:
        """How the word stands in bytes that PostgreSQL's encode(…, 'escape') shows."""
        code = _CODE.fullmatch(self.text)
        plain = {"".join(code.groups()), "-".join(code.groups())} if code else {self.text, fold(self.text)}
        plain |= {self.text.casefold(), unicodedata.normalize("NFD", self.text)}
        return sorted(_escaped(text) for text in plain)


def _written(char: str) -> str:
    """Return the pattern of one letter or sign in all its writings."""
    if char in _SIGNS:
        return _SIGNS[char]
    small, large = char.lower(), char.upper()
    if char.isascii():
        return f"[{small}{large}]" if char.isalpha() else re.escape(char) if not char.isalnum() else char
    found = [text for one in dict.fromkeys((char, small, large)) for text in (re.escape(one), _json(one))]
    parts = list(unicodedata.normalize("NFD", small))
    base, marks = parts[0], parts[1:]
    if marks and base.isascii():
        # With the marks one by one or without: decomposed, and as search columns have it.
        found.append(_written(base) + "".join(f"({mark}|{_json(mark)})?" for mark in marks))
    elif fold(char) not in (small, ""):
        found.append("".join(_written(one) for one in fold(char)))
    return f"({'|'.join(dict.fromkeys(found))})"


def _json(text: str) -> str:
    """Return the pattern of letters as escapes of ASCII JSON, whose digits may be small or large."""
    escaped = json.dumps(text)[1:-1]
    return "".join(f"[{c}{c.upper()}]" if c in "abcdef" else "\\\\" if c == "\\" else c for c in escaped)


def _escaped(form: str) -> str:
    return "".join(chr(b) if b < 0x80 and b != 0x5C else ("\\\\" if b == 0x5C else f"\\{b:03o}") for b in form.encode())


def forms_of(names: Sequence[str], marks: Sequence[str], common: Sequence[str] = ()) -> list[Form]:
    """Return what to search for, the longest first."""
    found = [Form(text, "name") for text in words(names)] + [Form(text, "common") for text in words(common)]
    found += [Form(text, "address" if "@" in text else "mark") for text in words(marks)]
    return sorted(found, key=lambda form: len(form.text), reverse=True)


def every_form(person: Person) -> list[Form]:
    """Return every word of the person, for the person's own rows."""
    return forms_of(person.own_names, person.marks, person.common)


def sure_forms(person: Person) -> list[Form]:
    """Return the words that are certainly the person's, for rows of others."""
    return forms_of(person.sure_names, person.sure_marks)


def words(texts: Sequence[str]) -> list[str]:
    """Return the texts made alike, each once: composed, with single spaces; the case does not matter."""
    known: dict[str, str] = {}
    for text in texts:
        # The underscore of an address is a letter of it.
        spaces = re.compile(r"\s+") if "@" in text else _SPACES
        alike = spaces.sub(" ", unicodedata.normalize("NFC", text)).strip()
        if len(alike) >= SHORTEST_WORD:
            code = _CODE.fullmatch(alike)
            known.setdefault("".join(code.groups()) if code else alike.casefold(), alike)
    return sorted(known.values(), key=len, reverse=True)


def stands_in(text: Any, form: Form) -> Any:
    """Tell in SQL whether a form stands in a text with its edges; most rows are left at the cheap look."""
    return sa.and_(sa.func.lower(text).like(form.glance), text.regexp_match(form.regular))

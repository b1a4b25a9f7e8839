"""How the values of a person's own data look in the document: days, moments, amounts, words, nested values as lines."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from chassis.days import RIGA, format_day, riga_day
from chassis.money import CENT, format_eur
from services.identity.documents import record_pdf
from services.identity.documents.forms import shown as person_code
from services.identity.documents.person_columns import EUROS, NUMBERS, either, technical
from services.identity.documents.person_labels import label, refers
from services.identity.documents.person_words import CODES, KEYS

LONGEST_VALUE = 2000
DEEPEST = 6
# A line of the document: how far it is indented, the label, the value.
Line = list[Any]
Names = Mapping[str, tuple[str, str]]

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+\d\d:\d\d|Z)")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}")
_YES = {True: ("jā", "yes"), False: ("nē", "no")}
_PORTAL = ("portāls", "the portal")
# Columns in which a part of the portal may stand in the place of a person.
_DOERS = frozenset((
    "actor_name", "by", "by_name", "confirmed_by", "ended_by", "granted_by", "issued_by", "lifted_by",
    "submitted_by",
))  # fmt: skip


class Shown:
    """Turns rows into lines in one language. `known` maps ids to what people call them; `forms` are requests' words."""

    def __init__(self, language: str, known: Mapping[str, str], forms: Mapping[str, Any] | None = None) -> None:
        self._place = 0 if language == "lv" else 1
        self._known = known
        said = forms or {"fields": {}, "numbers": [], "codes": {}}
        self._fields = {name: (text["lv"], text["en"]) for name, text in said["fields"].items()}
        self._numbers = frozenset(said["numbers"])
        self._order = {name: number for number, name in enumerate(self._fields)}
        self._codes: dict[str, Names] = {
            column: {code: (text["lv"], text["en"]) for code, text in words.items()}
            for column, words in said["codes"].items()
        }

    def row(self, table: str, row: Mapping[str, Any]) -> list[Line]:
        """Return the lines of a row; technical columns and empty values are left out, and what was said already."""
        told = {
            column: lines
            for column, value in row.items()
            if not technical(table, column) and (lines := self._lines(table, column, value, 0))
        }
        said = {lines[0][2] for column, lines in told.items() if not refers(table, column)}
        return [
            line
            for column, lines in told.items()
            if not (refers(table, column) and lines[0][2] in said)
            for line in lines
        ]

    def _lines(self, table: str, column: str, value: Any, depth: int) -> list[Line]:
        if column == "detail" and isinstance(value, str) and value.startswith("{"):
            value = json.loads(value)
        name = self._label(table, column, depth)
        if isinstance(value, dict) and value.keys() == {"lv", "en"}:
            value = value["lv" if self._place == 0 else "en"]
        if column == "changes" and isinstance(value, dict):
            value = {
                key: f"{self._was(table, key, old)} → {self._was(table, key, new)}" for key, (old, new) in value.items()
            }
        if depth < DEEPEST and isinstance(value, dict):
            inner = self._inside(table, value, depth + 1)
            return [[depth, name, ""], *inner] if inner else []
        if depth < DEEPEST and isinstance(value, list) and any(isinstance(one, dict) for one in value):
            blocks = [self._inside(table, one, depth + 1) for one in value if isinstance(one, dict)]
            return [[depth, name, ""], *(line for block in blocks for line in block)] if any(blocks) else []
        text = self.text(table, column, value)
        return [[depth, name, text]] if text else []

    def _was(self, table: str, column: str, value: Any) -> str:
        return self.text(table, column, value) or "–"

    def _inside(self, table: str, value: Mapping[str, Any], depth: int) -> list[Line]:
        return [
            line for key, one in sorted(value.items(), key=lambda item: self._order.get(item[0], -1))
            if not technical(table, key)
            for line in self._lines(table, key, one, depth)
        ]  # fmt: skip

    def _label(self, table: str, column: str, depth: int) -> str:
        """Return what a column or, deeper, a key of a JSON value is called; one without words is shown as it is."""
        inside = (self._fields.get(column) or KEYS.get(column)) if depth else None
        named = inside or label(table, column) or KEYS.get(column)
        return named[self._place] if named else column.replace("_", " ")

    def text(self, table: str, column: str, value: Any) -> str:
        """Return one value as people read it; an empty text for one that says nothing."""
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return _YES[value][self._place]
        if isinstance(value, list):
            return ", ".join(text for text in (self.text(table, column, one) for one in value) if text)
        if isinstance(value, dict):
            return record_pdf.text(value)[:LONGEST_VALUE]
        return self._said(table, column, record_pdf.text(str(value)))[:LONGEST_VALUE]

    def _said(self, table: str, column: str, value: str) -> str:
        if value in self._known and refers(table, column):
            return record_pdf.text(self._known[value])
        if _ID.fullmatch(value):
            return ""
        for key in (f"{table}.{column}", column):
            for words in (self._codes.get(key), CODES.get(key)):
                if words and value in words:
                    return words[value][self._place]
        if column in _DOERS and (value in ("portal", "demo") or value.startswith(("service:", "timer:"))):
            return _PORTAL[self._place]
        if column == "month" and _DAY.fullmatch(value):
            return f"{value[5:7]}.{value[:4]}."
        if _DAY.fullmatch(value):
            return _day(value)
        if _MOMENT.fullmatch(value):
            return self.moment(datetime.fromisoformat(value))
        if either(EUROS, table, column):
            return _number(value, euros=True)
        if either(NUMBERS, table, column) or column in self._numbers:
            return _number(value)
        return person_code(value) if column.endswith("person_code") else value

    def moment(self, at: datetime) -> str:
        """Return a moment in Riga time."""
        between = " plkst. " if self._place == 0 else " "
        return f"{format_day(riga_day(at))}{between}{at.astimezone(RIGA):%H:%M}"


def _day(value: str) -> str:
    try:
        return format_day(date.fromisoformat(value))
    except ValueError:
        return value


def _number(value: str, euros: bool = False) -> str:
    try:
        exact = Decimal(value)
    except InvalidOperation:
        return value
    if euros and exact == exact.quantize(CENT):
        return format_eur(exact)
    text = f"{exact:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(",", "\u00a0").replace(".", ",") + ("\u00a0€" if euros else "")

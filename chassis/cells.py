"""Cells and lines of tables that people open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

# Spreadsheets take a file for UTF-8 only with this mark at its beginning.
MARK = "\ufeff"
# A cell that begins with one of these is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: Any) -> str:
    """Return a value as the text of a CSV cell; text that a spreadsheet would run as a formula gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def csv_line(values: Iterable[Any]) -> str:
    """Return values as one line of a CSV file, every cell safe."""
    line = io.StringIO()
    csv.writer(line, delimiter=";").writerow([safe_cell(value) for value in values])
    return line.getvalue()


def _is_number(text: str) -> bool:
    return text.lstrip("+-").replace(".", "", 1).isdigit()

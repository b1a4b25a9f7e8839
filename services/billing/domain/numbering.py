"""Invoice numbers without gaps (the law) and the creditor reference each carries (ISO 11649)."""

from __future__ import annotations

import re


def invoice_number(series: str, year: int, sequence: int) -> str:
    """Return e.g. `EMS-2026-000123`; sequence counts from 1 in each year and series. ValueError below 1."""
    if sequence < 1:
        raise ValueError("numbers count from 1")
    return f"{series}-{year}-{sequence:06d}"


def rf_reference(number: str) -> str:
    """Return the RF reference of an invoice number, e.g. `RF83EMS2026000123`.

    Raises ValueError when more than the 21 letters and digits ISO 11649 allows remain.
    """
    body = re.sub(r"[^0-9A-Z]", "", number.upper())
    if not 1 <= len(body) <= 21:
        raise ValueError("a reference holds 1..21 letters and digits")
    return f"RF{98 - _remainder(body + 'RF00'):02d}{body}"


def is_rf_reference(reference: str) -> bool:
    """Tell whether the check digits of an RF reference are right; spaces are ignored."""
    plain = reference.replace(" ", "").upper()
    return bool(re.fullmatch(r"RF\d{2}[0-9A-Z]{1,21}", plain)) and _remainder(plain[4:] + plain[:4]) == 1


def _remainder(text: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in text)) % 97

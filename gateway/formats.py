"""How values look on pages: Latvian dates and amounts in both languages (issue, section 5)."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from chassis.days import RIGA, format_day, riga_day
from chassis.money import format_eur
from gateway.i18n import gettext, language, ngettext

DASH = "–"


def day(value: date | datetime | None) -> str:
    """Return `21.11.2026.`; a dash for nothing. A moment is shown as its day in Riga."""
    if value is None:
        return DASH
    return format_day(riga_day(value) if isinstance(value, datetime) else value)


def moment(value: datetime | None) -> str:
    """Return `21.11.2026. 14:05`, Riga time; a dash for nothing."""
    return DASH if value is None else f"{value.astimezone(RIGA):%d.%m.%Y. %H:%M}"


def eur(value: Decimal | None) -> str:
    """Return `1 234,50 €`; a dash for nothing."""
    return DASH if value is None else format_eur(value)


def number(value: Decimal | float | int | None, places: int | None = None) -> str:
    """Return a number with a decimal comma and no-break spaces, without trailing zeros unless `places` says so."""
    if value is None:
        return DASH
    exact = Decimal(str(value))
    text = f"{exact:,.{places}f}" if places is not None else f"{exact:,f}"
    if places is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", "\u00a0").replace(".", ",")


def size(value: int | None) -> str:
    """Return a number of bytes as people read it: `12 kB`, `3,4 MB`."""
    if value is None:
        return DASH
    if value < 1000:
        return f"{value}\u00a0B"
    if value < 1_000_000:
        return f"{value // 1000}\u00a0kB"
    return f"{number(round(value / 1_000_000, 1))}\u00a0MB"


def days_left(value: date | None, today: date) -> str:
    """Return `in 5 days`, `today` or `3 days ago` for a day, in the language of the page."""
    if value is None:
        return DASH
    distance = (value - today).days
    if distance == 0:
        return gettext("today")
    if distance > 0:
        return ngettext("in %(num)d day", "in %(num)d days", distance)
    return ngettext("%(num)d day ago", "%(num)d days ago", -distance)


def in_language(value: Any) -> str:
    """Return the text of a two-language value (`lv`, `en`) in the language of the page."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return str(value.get(language()) or value.get("lv") or "")
    return str(getattr(value, language(), None) or getattr(value, "lv", ""))


def code_marks(value: str) -> Markup:
    """Return a text with its `backticked` parts as code elements."""
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else part for index, part in enumerate(value.split("`"))
    )


def address(value: str | None) -> Markup:
    """Return an e-mail address that may go on in the next line before its @ and its dots, where a list is narrow."""
    return Markup("<wbr>").join(re.split(r"(?=@)|(?=\.[^.@]*$)", value or "–"))


FILTERS: dict[str, Any] = {
    "day": day, "moment": moment, "eur": eur, "number": number, "size": size, "days_left": days_left,
    "in_language": in_language, "code_marks": code_marks, "address": address,
}

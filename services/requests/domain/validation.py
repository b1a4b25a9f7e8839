"""What a submission would refuse, with every field named; and the values in the form in which they are kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chassis.days import format_day
from chassis.errors import FieldError, PortalError
from services.requests.domain import values
from services.requests.domain.forms import Form, FormField
from services.requests.domain.rules import RULES

# A permit is not planned further ahead than this.
LATEST_DAYS = 366 * 5


@dataclass(frozen=True)
class Checked:
    """`clean` holds the values as they are kept (texts), `typed` as the rules see them, `problems` what is wrong."""

    clean: Mapping[str, str]
    typed: Mapping[str, Any]
    problems: tuple[FieldError, ...]


def check(form: Form, data: Mapping[str, str], documents: Collection[str], today: date) -> Checked:
    """Check what was typed against the form; `documents` names the required documents that are attached.

    Unknown fields are left out; the order of the problems is the order of the form.
    """
    clean: dict[str, str] = {}
    typed: dict[str, Any] = {}
    problems: list[FieldError] = []
    for field in form.fields.values():
        text = data.get(field.name, "").strip()
        if not any(sign.isprintable() for sign in text.replace(" ", "")):  # signs of no width are nothing to read
            if field.required:
                problems.append(FieldError(field.name, "required"))
            continue
        try:
            value = _value(field, text, today)
        except PortalError as error:
            problems.append(FieldError(field.name, error.code, error.params))
            continue
        typed[field.name] = value
        clean[field.name] = _plain(field, value)
    wrong = {problem.field for problem in problems}
    for rule in form.rules:
        if wrong.isdisjoint(rule.parts.values()):
            problems += RULES[rule.name](typed, rule.parts, rule.params)
    problems += [
        FieldError(f"document:{name}", "requests.document_missing")
        for name, required in form.documents.items()
        if required and name not in documents
    ]
    order = {name: number for number, name in enumerate(form.fields)}
    problems.sort(key=lambda p: order.get(p.field, len(order)))
    return Checked(clean, typed, tuple(problems))


def _value(field: FormField, text: str, today: date) -> Any:
    if len(text) > field.max_length:
        raise PortalError("too_long", limit=field.max_length)
    if field.type == "number":
        return _number(field, text)
    if field.type == "date":
        return _date(field, text, today)
    if field.type == "choice":
        if text not in field.choices:
            raise PortalError("not_a_choice")
        return text
    if field.type == "coordinates":
        return values.coordinates(text)
    if field.type == "email":
        return values.email(text)
    if field.type == "phone":
        return values.phone(text)
    if "\x00" in text or any(ord(c) < 32 and c not in "\n\r\t" for c in text):
        raise PortalError("malformed")
    if field.rule == "emission":
        return values.emission(text)
    if field.rule == "cadastre":
        return values.cadastre_no(text)
    return text.replace("\r\n", "\n") if field.type == "long_text" else " ".join(text.split())


def _number(field: FormField, text: str) -> Any:
    number = values.number(text)
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > field.decimals:
        raise PortalError("requests.too_precise", limit=field.decimals)
    if field.minimum is not None and number < field.minimum:
        raise PortalError("too_small", limit=values.plain_number(field.minimum))
    if field.maximum is not None and number > field.maximum:
        raise PortalError("too_big", limit=values.plain_number(field.maximum))
    return number


def _date(field: FormField, text: str, today: date) -> date:
    day = values.day(text)
    if field.rule == "not_past" and day < today:
        raise PortalError("requests.date_past")
    latest = today + timedelta(days=LATEST_DAYS)
    if field.rule == "not_past" and day > latest:
        raise PortalError("requests.date_late", limit=format_day(latest))
    return day


def _plain(field: FormField, value: Any) -> str:
    if field.type == "number":
        return values.plain_number(value)
    if field.type == "date":
        return str(value.isoformat())
    if field.type == "coordinates":
        return values.plain_coordinates(value)
    return str(value)

"""From pydantic's complaints to the portal's coded field errors."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from chassis.errors import FieldError, PortalError

# pydantic error type -> (code, name of the limit in its context)
_CODES: dict[str, tuple[str, str | None]] = {
    "missing": ("required", None),
    "string_too_short": ("too_short", "min_length"),
    "string_too_long": ("too_long", "max_length"),
    "too_short": ("too_short", "min_length"),
    "too_long": ("too_long", "max_length"),
    "greater_than": ("too_small", "gt"),
    "greater_than_equal": ("too_small", "ge"),
    "less_than": ("too_big", "lt"),
    "less_than_equal": ("too_big", "le"),
    "decimal_max_digits": ("too_many_digits", "max_digits"),
    "decimal_whole_digits": ("too_many_digits", "whole_digits"),
    "decimal_max_places": ("too_precise", "decimal_places"),
    "decimal_parsing": ("not_a_number", None),
    "decimal_type": ("not_a_number", None),
    "finite_number": ("not_a_number", None),
    "float_parsing": ("not_a_number", None),
    "float_type": ("not_a_number", None),
    "int_parsing": ("not_a_number", None),
    "int_type": ("not_a_number", None),
    "date_from_datetime_parsing": ("not_a_day", None),
    "date_parsing": ("not_a_day", None),
    "date_type": ("not_a_day", None),
    "period_reversed": ("period_reversed", None),  # chassis.messages.last_day
    "literal_error": ("not_a_choice", None),
    "enum": ("not_a_choice", None),
}


def error_of(error: ValidationError) -> PortalError:
    """Return the `invalid` (422) error that names every field pydantic complained about."""
    return PortalError.many([_field_error(detail) for detail in error.errors(include_url=False, include_input=False)])


def _field_error(detail: Any) -> FieldError:
    field = ".".join(str(part) for part in detail["loc"])
    cause = (detail.get("ctx") or {}).get("error")
    if isinstance(cause, PortalError):
        return FieldError(field, cause.code, cause.params)
    code, limit = _CODES.get(detail["type"], ("malformed", None))
    value = (detail.get("ctx") or {}).get(limit) if limit else None
    if code == "too_short" and value == 1:
        return FieldError(field, "required")
    return FieldError(field, code, {"limit": value} if limit else {})

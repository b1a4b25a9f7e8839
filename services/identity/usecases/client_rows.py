"""One row of a register of clients: what the columns mean, which values they take, what is wrong with them.

An error means the row cannot be trusted and changes nothing; a warning means a value was left out or is worth a look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from chassis.errors import PortalError
from chassis.validation import error_of
from services.identity.domain import emails
from services.identity.messages import ClientRecord
from services.identity.usecases import codes

REQUIRED = ("kind", "name")
NUMBERS = ("client_no", "reg_no", "person_code")
OPTIONAL = (*NUMBERS, "address", "correspondence_address", "email", "invoice_email", "phone", "language")
_KINDS = {
    "legal": "legal", "juridiska": "legal", "juridiska persona": "legal",
    "natural": "natural", "fiziska": "natural", "fiziskā": "natural", "fiziska persona": "natural",
    "fiziskā persona": "natural", "juridiskā": "legal", "juridiskā persona": "legal",
}  # fmt: skip
# Words about a person are not repeated in a report, only codes and addresses by which a row is found again.
_SHOWN = frozenset({"kind", "reg_no", "client_no", "person_code", "email", "invoice_email", "phone", "language"})
_FIELDS = {"client_no": "external_ref"}
_COLUMNS = {field: column for column, field in _FIELDS.items()}


@dataclass
class ClientRow:
    """A row understood: the record for the register, and what is wrong with it."""

    record: dict[str, Any] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)
    bad: bool = False

    def wrong(self, column: str | None, value: str, code: str, severity: str = "error", **params: Any) -> None:
        """Note one problem."""
        self.bad = self.bad or severity == "error"
        shown = value[:200] if column in _SHOWN else None
        self.problems.append(
            {"column_name": column, "value": shown, "code": code, "params": params, "severity": severity}
        )


def read_row(values: Mapping[str, str]) -> ClientRow:
    """Understand one row, given as column -> text; never raises, what is wrong stands in `problems`."""
    row = ClientRow()
    given = {name: " ".join(values.get(name, "").split()) for name in (*REQUIRED, *OPTIONAL)}
    kind = _KINDS.get(given["kind"].casefold())
    if kind is None:
        row.wrong("kind", given["kind"], "not_a_choice" if given["kind"] else "required")
    record: dict[str, Any] = {_FIELDS.get(name, name): text or None for name, text in given.items()}
    record |= {"kind": kind or "legal", "language": given["language"].casefold() or "lv"}
    for name, check in (("reg_no", codes.reg_no), ("person_code", codes.person_code)):
        if given[name]:
            try:
                record[name] = check(given[name])
            except PortalError as error:
                row.wrong(name, given[name], error.code)
    _numbers(row, record, kind)
    if codes.has_wrong_check_digit(record["person_code"]):
        row.wrong("person_code", given["person_code"], "identity.person_code_checksum", "warning")
    for name in ("email", "invoice_email"):
        if record[name] and emails.email_key(record[name]) is None:
            row.wrong(name, given[name], "identity.email_malformed")
    if record["phone"]:
        record["phone"] = emails.phone(record["phone"])
        if record["phone"] is None:
            row.wrong("phone", given["phone"], "identity.phone_malformed", "warning")
    known = {problem["column_name"] for problem in row.problems}
    try:
        ClientRecord.model_validate(record)
    except ValidationError as found:
        for one in error_of(found).errors:
            column = _COLUMNS.get(one.field, one.field)
            if column not in known:
                row.wrong(column, given.get(column, ""), one.code, **one.params)
    row.record = {**record, "tells_language": bool(given["language"])}
    return row


def _numbers(row: ClientRow, record: Mapping[str, Any], kind: str | None) -> None:
    """A client without any number could not be found again, and the file not be imported twice."""
    if not row.bad and not any(record[name] for name in ("external_ref", "reg_no", "person_code")):
        row.wrong(None, "", "identity.row_without_number")
    other = {"legal": "person_code", "natural": "reg_no"}.get(kind or "")
    if other and record[other]:
        row.wrong(other, str(record[other]), "identity.number_of_other_kind")

"""Facts permits tells others."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

from chassis.messages import Event, Message


class FeeItem(Message):
    """Something a fee is due for. `code` is `issue.<service_kind>`; `quantity` is the number of stations."""

    code: str
    quantity: Decimal


class PermitIssued(Event, type="permits.permit.issued", aggregate="permit_id"):
    """A decision became a permit. Permits that come from a register file are not told one by one (ImportFinished)."""

    permit_id: uuid.UUID
    permit_no: str
    client_id: uuid.UUID
    case_id: uuid.UUID | None = None
    case_no: str | None = None
    service_kind: str
    permit_kind: str
    valid_from: date | None = None
    valid_to: date | None = None
    fee_items: list[FeeItem] = []


class PermitUpdated(Event, type="permits.permit.updated", aggregate="permit_id"):
    """A permit's status or content was changed by a decision of staff (changes by an import: ImportFinished)."""

    permit_id: uuid.UUID
    permit_no: str
    client_id: uuid.UUID
    status: str
    state: str
    valid_to: date | None = None


class PermitExpiring(Event, type="permits.permit.expiring", aggregate="permit_id"):
    """A permit ends in `days_before` days or fewer; told once for each of 60, 30 and 7."""

    permit_id: uuid.UUID
    permit_no: str
    client_id: uuid.UUID
    service_kind: str
    valid_to: date
    days_before: int


class ImportFinished(Event, type="permits.import.finished", aggregate="import_id"):
    """A register file was worked through; one event however many permits it held."""

    import_id: uuid.UUID
    name: str
    status: str
    rows_read: int
    created: int
    changed: int
    unchanged: int
    rejected: int
    error_rows: int
    started_by: uuid.UUID | None = None

"""One client in full, as far as the caller may see it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.days import now, riga_today
from chassis.errors import PortalError
from services.identity.domain import register as rules
from services.identity.messages import ClientCodeRow, ClientDetails, Datum, Representation
from services.identity.store import clients, register, representations
from services.identity.usecases import codes
from services.identity.usecases.views import representation

# Those who keep the client records see codes in full; others see enough to tell people apart.
SEES_CODES = frozenset({"customer_service", "administrator"})


def read(connection: sa.Connection, client_id: UUID | None, caller: Caller) -> ClientDetails:
    """Return a client. Raises PortalError not_found."""
    row = clients.details(connection, client_id) if client_id else None
    if row is None:
        raise PortalError("not_found")
    staff = caller.kind == "staff"
    full = bool(caller.roles & SEES_CODES) if staff else caller.has("users.manage")
    values = row._mapping
    data = clients.data(connection, row.id)
    return ClientDetails(
        client_id=row.id,
        version=row.version,
        kind=row.kind,
        name=row.name,
        reg_no=row.reg_no,
        person_code=codes.shown_person_code(row.person_code, full),
        external_ref=row.external_ref,
        address=row.address,
        correspondence_address=row.correspondence_address,
        email=row.email,
        invoice_email=row.invoice_email,
        phone=row.phone,
        language=row.language,
        created_at=row.created_at,
        data=[
            Datum(
                field=d.field,
                value=codes.shown_person_code(row.person_code, full) if d.field == "person_code" else values[d.field],
                origin=d.origin,
                confirmed_at=d.confirmed_at,
            )
            for d in data
        ],
        users=_users(connection, row.id, caller),
        without_electronic=representations.without_electronic(connection, row.id) if staff else [],
        stage=row.stage,
        codes=[
            ClientCodeRow(
                kind=code.kind,
                value=(codes.shown_person_code(code.value, full) or "") if code.kind == "person_code" else code.value,
                since=code.since,
                until=code.until,
            )
            for code in register.codes(connection, row.id)
        ],
        warnings=["person_code_checksum"] if staff and codes.has_wrong_check_digit(row.person_code) else [],
        confirm_due=rules.confirm_due({d.field: d.confirmed_at for d in data}, now()),
    )


def _users(connection: sa.Connection, client_id: UUID, caller: Caller) -> list[Representation]:
    """Return who acts for the client. Whoever does not manage users sees themself, and main users by name alone."""
    day = riga_today()
    shown = [representation(row, day) for row in representations.of_client(connection, client_id)]
    if caller.kind != "user" or caller.has("users.manage"):
        return shown
    return [
        one if one.user_id == caller.user else one.model_copy(update=_NAME_ALONE)
        for one in shown
        if one.user_id == caller.user or (one.role == "main" and one.in_force)
    ]


_NAME_ALONE: dict[str, Any] = {"user_email": "", "rights": [], "grants": [], "ground": "", "granted_by": ""}

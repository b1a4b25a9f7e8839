"""Finding out afterwards: the audit trail for staff, and who looked at my data (S1-65, B-14)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from chassis.access import scoped_client
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_midnight
from chassis.errors import PortalError
from chassis.ids import decode_cursor, encode_cursor
from chassis.text import like
from services.identity.messages import (
    AuditPage,
    AuditRow,
    DisclosurePage,
    DisclosureRow,
    ListAudit,
    ListDisclosures,
    ListMyDisclosures,
)
from services.identity.store import audit


def search(db: Database, request: ListAudit, caller: Caller) -> AuditPage:
    """Return a page of records, newest first; the search itself is put on record."""
    equal: dict[str, Any] = {}
    pattern = None
    if request.person:
        try:
            equal["actor"] = str(UUID(request.person))
        except ValueError:
            pattern = like(request.person)
    if request.client_id:
        equal["client"] = request.client_id
    for column, value in (
        ("object_kind", request.object_type),
        ("object_id", request.object_id),
        ("service", request.from_service),
        ("address", request.address),
        ("outcome", request.outcome),
    ):
        if value:
            equal[column] = value
    with db.reading() as connection:
        rows = audit.page(
            connection,
            equal=equal,
            action=request.action,
            name_pattern=pattern,
            begin=riga_midnight(request.from_day) if request.from_day else None,
            end=riga_midnight(request.to_day + timedelta(days=1)) if request.to_day else None,
            before_seq=_seq(request.after),
            limit=request.limit + 1,
        )
    if not request.after or request.export:
        what = "identity.audit.export" if request.export else "identity.audit.search"
        db.disclosed(what, on=("audit", request.object_id or "trail"), client=request.client_id, caller=caller)
    shown = rows[: request.limit]
    return AuditPage(
        items=[_row(row) for row in shown],
        next=encode_cursor([shown[-1].seq]) if len(rows) > request.limit else None,
    )


def _seq(cursor: str | None) -> int | None:
    if not cursor:
        return None
    (seq,) = decode_cursor(cursor, 1)
    if not isinstance(seq, int) or not 0 <= seq < 2**63:
        raise PortalError("malformed", field="after")
    return seq


def _row(row: Any) -> AuditRow:
    try:
        actor = UUID(row.actor)
    except ValueError:
        actor = None
    return AuditRow(
        seq=row.seq,
        record_id=row.id,
        at=row.at,
        service=row.service,
        action=row.action,
        actor_kind=row.actor_kind,
        actor_id=actor,
        actor_name=row.actor_name or "",
        client_id=row.client,
        client_name=row.client_name,
        object_type=row.object_kind,
        object_id=row.object_id,
        right=row.right,
        outcome=row.outcome,
        address=row.address,
        session_id=row.session,
        correlation_id=row.correlation_id or None,
        detail=orjson.loads(row.detail) if row.detail else {},
        chain=bytes(row.chain).hex(),
    )


def disclosures(db: Database, request: ListDisclosures, caller: Caller) -> DisclosurePage:
    """Return who was shown data of the client acted for; one's own looking is left out.

    Raises PortalError forbidden for people whose rights are all for named objects: the list names every other object.
    """
    client_id = scoped_client(caller)
    if client_id is None or (caller.scopes and not caller.rights):
        raise PortalError("forbidden")
    return _looks(db, {"client": client_id}, request, caller)


def disclosures_of_user(db: Database, request: ListMyDisclosures, caller: Caller) -> DisclosurePage:
    """Return who was shown one's own data as a user, and what staff searched in the trail by one's name."""
    if caller.user is None:
        raise PortalError("forbidden")
    return _looks(db, {"object_kind": "user", "object_id": str(caller.user)}, request, caller)


def _looks(
    db: Database, about: dict[str, Any], request: ListDisclosures | ListMyDisclosures, caller: Caller
) -> DisclosurePage:
    with db.reading() as connection:
        rows = audit.looks(
            connection,
            about=about,
            myself=str(caller.user),
            name_pattern=like(request.who) if request.who else None,
            begin=riga_midnight(request.from_day) if request.from_day else None,
            end=riga_midnight(request.to_day + timedelta(days=1)) if request.to_day else None,
            before_seq=_seq(request.after),
            limit=request.limit + 1,
        )
    shown = rows[: request.limit]
    return DisclosurePage(
        items=[
            DisclosureRow(
                at=row.at,
                who=row.actor_name or "",
                as_what=row.actor_kind if row.actor_kind in ("staff", "machine") else "user",
                action=row.action,
                object_type=row.object_kind,
                object_id=row.object_id,
                right=row.right,
            )
            for row in shown
        ],
        next=encode_cursor([shown[-1].seq]) if len(rows) > request.limit else None,
    )

"""Finding out afterwards: the audit trail for staff, and who looked at my data (S1-65, B-14)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from chassis.access import scoped_client
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_midnight, riga_midnight_after
from chassis.errors import PortalError
from chassis.ids import decode_cursor, encode_cursor
from chassis.text import like
from services.identity.domain import emails
from services.identity.messages import (
    AuditEntryView,
    AuditFilter,
    AuditPage,
    AuditRow,
    DisclosurePage,
    DisclosureRow,
    GetAuditEntry,
    ListAudit,
    ListDisclosures,
    ListMyDisclosures,
)
from services.identity.store import audit
from services.identity.usecases import verify_chain


def search(db: Database, request: ListAudit, caller: Caller) -> AuditPage:
    """Return a page of records, newest first; the search itself is put on record."""
    with db.reading() as connection:
        rows = audit.page(
            connection, wanted(connection, request), before_seq=_seq(request.after), limit=request.limit + 1
        )
    if not request.after:
        db.disclosed(
            "identity.audit.search", on=("audit", request.object_id or "trail"), client=request.client_id, caller=caller
        )
    shown = rows[: request.limit]
    return AuditPage(
        items=[row_of(row) for row in shown],
        next=encode_cursor([shown[-1].seq]) if len(rows) > request.limit else None,
    )


def wanted(connection: sa.Connection, asked: AuditFilter) -> audit.Wanted:
    """Return what is searched for; a person is known by id, by e-mail, or by part of the name."""
    people, pattern = None, None
    if asked.person and (person := _uuid(asked.person)):
        people = [str(person)]
    elif "@" in asked.person:
        people = audit.people(connection, emails.email_key(asked.person))
    elif asked.person:
        pattern = like(asked.person)
    client = asked.client_id or _uuid(asked.client)
    equal: dict[str, Any] = {"client": client} if client else {}
    for column, value in (
        ("object_kind", asked.object_type),
        ("object_id", asked.object_id),
        ("service", asked.from_service),
        ("address", asked.address),
        ("outcome", asked.outcome),
    ):
        if value:
            equal[column] = value
    begin, end = _period(asked.from_day, asked.to_day)
    by_words = bool(asked.client) and client is None
    return audit.Wanted(
        equal=equal,
        action=asked.action,
        name_pattern=pattern,
        people=people,
        client_pattern=like(asked.client) if by_words else None,
        client_code=asked.client.replace("-", "").strip() if by_words else None,
        begin=begin,
        end=end,
    )


def _period(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """Return the moments from which to which days reach."""
    return riga_midnight(first) if first else None, riga_midnight_after(last) if last else None


def entry(db: Database, request: GetAuditEntry, caller: Caller) -> AuditEntryView:
    """Return one record with its place in the chain, worked out anew. Raises PortalError not_found."""
    with db.reading() as connection:
        row = audit.entry(connection, request.record_id)
        head, _ = audit.head(connection)
    if row is None:
        raise PortalError("not_found")
    db.disclosed("identity.audit.view", on=("audit", str(row.id)), client=row.client, caller=caller)
    return AuditEntryView(
        record=row_of(row),
        disclosure=row.disclosure,
        previous_chain=bytes(row.previous).hex(),
        head_seq=head,
        proven=verify_chain.fault_of(row, row.seq, bytes(row.previous)) is None,
        forgotten=row.personal_salt is None,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _seq(cursor: str | None) -> int | None:
    if not cursor:
        return None
    (seq,) = decode_cursor(cursor, 1)
    if not isinstance(seq, int) or not 0 <= seq < 2**63:
        raise PortalError("malformed", field="after")
    return seq


def row_of(row: Any) -> AuditRow:
    """Return a record as it is shown."""
    return AuditRow(
        seq=row.seq,
        record_id=row.id,
        at=row.at,
        service=row.service,
        action=row.action,
        actor_kind=row.actor_kind,
        actor_id=_uuid(row.actor),
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
    begin, end = _period(request.from_day, request.to_day)
    with db.reading() as connection:
        rows = audit.looks(
            connection,
            about=about,
            myself=str(caller.user),
            name_pattern=like(request.who) if request.who else None,
            begin=begin,
            end=end,
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

"""The audit trail: searched and exported by staff, and shown to people: who looked at their data."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.messages import Limit, Line, Message, Moment, Page, Request, last_day


class AuditRow(Message):
    """One recorded action. `seq` and `chain` place it in the hash chain."""

    seq: int
    record_id: UUID
    at: Moment
    service: str
    action: str
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    client_id: UUID | None
    client_name: str | None = None
    object_type: str | None
    object_id: str | None
    right: str | None
    outcome: str
    address: str | None
    session_id: UUID | None
    correlation_id: str | None
    detail: dict[str, Any]
    chain: str


AuditPage = Page[AuditRow]


class AuditFilter(Message):
    """Which records. A person's records are those by the person and those about the person as a user."""

    person: Line = ""  # part of a name, a user's e-mail or id
    client: Line = ""  # part of a name, or a number the client has or had
    client_id: UUID | None = None
    action: Line = ""  # the whole action, or its beginning up to a dot
    object_type: Line = ""
    object_id: Line = ""
    from_service: Line = ""
    address: Line = ""
    outcome: Line = ""
    from_day: date | None = None
    to_day: Annotated[date | None, last_day("from_day")] = None


class ListAudit(AuditFilter, Request[AuditPage], rpc="identity.list_audit", timeout=10.0):
    """Search the audit trail, newest first."""

    after: str | None = None
    limit: Limit = 50


class AuditEntryView(Message):
    """One record with its place in the chain: `proven` tells whether it still gives its chain value.

    `forgotten`: what named a person was taken away in time (C13); everything else proves itself all the same.
    """

    record: AuditRow
    disclosure: bool
    previous_chain: str
    head_seq: int
    proven: bool
    forgotten: bool


class GetAuditEntry(Request[AuditEntryView], rpc="identity.get_audit_entry"):
    """One record of the audit trail."""

    record_id: UUID


class DisclosureRow(Message):
    """Who opened my data: staff, other people and other systems, never the suite's own routine."""

    at: Moment
    who: str
    as_what: Literal["staff", "user", "machine"]
    action: str
    object_type: str | None
    object_id: str | None
    right: str | None = None


DisclosurePage = Page[DisclosureRow]


class ListDisclosures(Request[DisclosurePage], rpc="identity.list_disclosures"):
    """Who looked at the data of the client acted for (B-14), newest first."""

    who: Line = ""  # part of a name
    from_day: date | None = None
    to_day: Annotated[date | None, last_day("from_day")] = None
    after: str | None = None
    limit: Limit = 25

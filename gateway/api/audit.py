"""/api/v1: the audit trail for staff and for other systems: searched, opened, exported as evidence."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from flask import Blueprint, Response
from pydantic import Field

from chassis.access import any_of, fresh, role, scope
from chassis.messages import last_day
from gateway.api._frame import Body, Paged, api
from gateway.bus import call
from gateway.pieces import piecewise
from gateway.work import current
from services.identity.messages import (
    AskAuditExport,
    AuditEntryView,
    AuditExport,
    AuditExportPage,
    AuditPage,
    GetAuditEntry,
    GetAuditExport,
    Language,
    ListAudit,
    ListAuditExports,
    ReadAuditExport,
)

bp = Blueprint("api_audit", __name__)

WATCHES = role("auditor", "administrator")
READS_AUDIT = any_of(WATCHES, scope("audit.read"))
TAG = "Staff: audit trail"
PERSON = "Part of a name, or the e-mail or the id of a user: what they did, and what was done to their account"
CLIENT = "Part of a name, or a registration, personal or client number, former ones too"
ACTION = "The whole action or its beginning up to a dot"


class AuditQuery(Paged):
    person: str = Field("", max_length=200, description=PERSON)
    client: str = Field("", max_length=200, description=CLIENT)
    client_id: UUID | None = None
    action: str = Field("", max_length=200, description=ACTION)
    object_type: str = Field("", max_length=200)
    object_id: str = Field("", max_length=200)
    from_service: str = Field("", max_length=200, description="The service that recorded it")
    address: str = Field("", max_length=200)
    outcome: str = Field("", max_length=200)
    from_day: date | None = None
    to_day: Annotated[date | None, last_day("from_day")] = None


class NewExport(Body):
    person: str = Field("", max_length=200, description=PERSON)
    client: str = Field("", max_length=200, description=CLIENT)
    client_id: UUID | None = None
    action: str = Field("", max_length=200, description=ACTION)
    object_type: str = Field("", max_length=200)
    object_id: str = Field("", max_length=200)
    from_service: str = Field("", max_length=200)
    address: str = Field("", max_length=200)
    outcome: str = Field("", max_length=200)
    from_day: date | None = None
    to_day: Annotated[date | None, last_day("from_day")] = None
    language: Language | None = Field(None, description="Of the PDF; else the language of the request")


@api(bp, "GET", "/staff/audit", allow=READS_AUDIT, query=AuditQuery, reply=AuditPage, tag=TAG,
     summary="Search the audit trail")
def list_audit(query: AuditQuery) -> AuditPage:
    return call(ListAudit(**query.model_dump(exclude_none=True)))


@api(bp, "GET", "/staff/audit/records/<uuid:record_id>", allow=READS_AUDIT, reply=AuditEntryView, tag=TAG,
     summary="One record, with its place in the chain", errors=("not_found",))
def get_record(record_id: UUID) -> AuditEntryView:
    return call(GetAuditEntry(record_id=record_id))


@api(bp, "GET", "/staff/audit/exports", allow=WATCHES, query=Paged, reply=AuditExportPage, tag=TAG,
     summary="Exports of the audit trail")
def list_exports(query: Paged) -> AuditExportPage:
    return call(ListAuditExports(**query.model_dump(exclude_none=True)))


@api(bp, "POST", "/staff/audit/exports", allow=fresh(WATCHES), body=NewExport, reply=AuditExport, status=201,
     idempotent=True, tag=TAG, summary="Export what a search finds, as evidence",
     errors=("identity.audit_export_too_large", "identity.audit_export_empty", "identity.no_seal"))
def ask_export(body: NewExport, idempotency_key: str | None) -> AuditExport:
    """It is made in the background: CSV and PDF, both signed with the seal of the office."""
    asked = {"language": current().language} | body.model_dump(exclude_none=True)
    return call(AskAuditExport(idempotency_key=idempotency_key, **asked))


@api(bp, "GET", "/staff/audit/exports/<uuid:export_id>", allow=WATCHES, reply=AuditExport, tag=TAG,
     summary="How far an export is", errors=("not_found",))
def get_export(export_id: UUID) -> AuditExport:
    return call(GetAuditExport(export_id=export_id))


@api(bp, "GET", "/staff/audit/exports/<uuid:export_id>/file", allow=fresh(WATCHES), reply=None,
     produces="application/zip", tag=TAG, summary="The file of an export", errors=("not_found",))
def read_export(export_id: UUID) -> Response:
    return piecewise(lambda number: ReadAuditExport(export_id=export_id, number=number), "application/zip")

"""Exports of the audit trail as evidence (S1-65)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from chassis.messages import IdempotencyKey, Limit, Message, Moment, Page, Request
from services.identity.messages.audit import AuditFilter
from services.identity.messages.people import ExportPiece


class AuditExport(Message):
    """An export as evidence: `waiting`, `ready` until `expires_at`, `failed`, or `expired`.

    The file is a ZIP of the records as CSV and PDF, a signature of each (CMS, RFC 5652), the certificate, and how to
    verify them. `rows` is how many records were found, `limit` how many one export may hold.
    """

    export_id: UUID
    state: Literal["waiting", "ready", "failed", "expired"]
    asked_by: str
    asked_at: Moment
    filter: dict[str, str]
    rows: int
    rows_done: int
    limit: int
    first_seq: int | None = None
    first_chain: str | None = None
    last_seq: int | None = None
    last_chain: str | None = None
    ready_at: Moment | None = None
    expires_at: Moment | None = None
    size: int | None = None
    sha256: str | None = None


AuditExportPage = Page[AuditExport]


class AskAuditExport(AuditFilter, Request[AuditExport], rpc="identity.ask_audit_export", timeout=15.0):
    """Export what a search finds now. Raises identity.audit_export_too_large, audit_export_empty, no_seal."""

    language: Literal["lv", "en"] = "lv"
    idempotency_key: IdempotencyKey | None = None


class ListAuditExports(Request[AuditExportPage], rpc="identity.list_audit_exports"):
    """Exports of the audit trail, newest first."""

    after: str | None = None
    limit: Limit = 25


class GetAuditExport(Request[AuditExport], rpc="identity.get_audit_export"):
    """How far an export is."""

    export_id: UUID


class ReadAuditExport(Request[ExportPiece], rpc="identity.read_audit_export", timeout=10.0):
    """Piece `number` (from 0) of an export. Raises not_found for one that is not ready or has expired."""

    export_id: UUID
    number: int = Field(ge=0, le=1_000_000)


class SealCertificate(Message):
    """The certificate exports are signed with (PEM); None when none is set."""

    pem: str | None


class GetSealCertificate(Request[SealCertificate], rpc="identity.get_seal_certificate"):
    """The certificate of the seal, for whoever verifies an export."""

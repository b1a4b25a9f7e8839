"""Imports of register files over the API: open, send the bytes in parts, hand over, follow."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import Field

from gateway.api._frame import Body, Paged, Query, api
from gateway.bus import call, call_json
from gateway.importing import PART_BYTES, send_part
from gateway.pages.permits import download
from gateway.staff.imports import IMPORTERS, READERS
from gateway.work import current
from services.permits.messages import (
    AppendImportChunk,
    ExportPart,
    FinishImport,
    GetImport,
    Import,
    ImportPage,
    ImportProblemPage,
    ImportReport,
    ListImportProblems,
    ListImports,
    StartImport,
)

bp = Blueprint("api_imports", __name__)

TAG = "Staff: imports"
MISSING = ("not_found",)


class NewImport(Body):
    name: str = Field(min_length=1, max_length=200, description="Name of the file")
    size: int | None = Field(None, ge=0, description="Its size in bytes")


class HandOver(Body):
    sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$", description="Checked against what arrived")


class PartQuery(Query):
    offset: int = Field(ge=0, description="Bytes sent before")


@api(bp, "GET", "/staff/imports", allow=READERS, query=Paged, reply=ImportPage, tag=TAG, summary="List imports")
def list_imports(query: Paged) -> Any:
    return call(ListImports(after=query.after, limit=query.limit))


@api(
    bp, "POST", "/staff/imports", allow=IMPORTERS, body=NewImport, reply=Import, status=201, idempotent=True, tag=TAG,
    summary="Open an import", errors=("permits.file_too_large", "idempotency_key_reused"),
)  # fmt: skip
def start_import(body: NewImport, idempotency_key: str | None) -> Import:
    """Open an import; then PUT the file's bytes and hand it over."""
    return call(StartImport(name=body.name, size=body.size, idempotency_key=idempotency_key))


@api(
    bp, "PUT", "/staff/imports/<uuid:import_id>/content", allow=IMPORTERS, query=PartQuery, reply=Import, tag=TAG,
    summary="Send a part of the file", consumes="application/octet-stream", max_bytes=PART_BYTES,
    errors=("not_found", "conflict", "permits.import_not_open", "permits.file_too_large"),
)  # fmt: skip
def append_content(import_id: UUID, query: PartQuery) -> Import:
    """At most 8 MiB, beginning at `offset`. The same part sent twice counts once."""
    done: Import = send_part(AppendImportChunk, import_id, query.offset, request.get_data(cache=False))
    return done


@api(
    bp, "POST", "/staff/imports/<uuid:import_id>/finish", allow=IMPORTERS, body=HandOver, reply=Import, tag=TAG,
    summary="Hand the file over", errors=("not_found", "permits.import_incomplete"),
)  # fmt: skip
def finish_import(import_id: UUID, body: HandOver) -> Import:
    """The work begins; follow it with GET. Said twice, done once."""
    return call(FinishImport(import_id=import_id, sha256=body.sha256))


@api(
    bp, "GET", "/staff/imports/<uuid:import_id>", allow=READERS, reply=Import, tag=TAG, summary="One import",
    errors=MISSING,
)  # fmt: skip
def get_import(import_id: UUID) -> bytes:
    return call_json(GetImport(import_id=import_id))


@api(
    bp, "GET", "/staff/imports/<uuid:import_id>/problems", allow=READERS, query=Paged, reply=ImportProblemPage,
    tag=TAG, summary="Rows with problems", errors=MISSING,
)  # fmt: skip
def list_problems(import_id: UUID, query: Paged) -> Any:
    return call(ListImportProblems(import_id=import_id, after=query.after, limit=query.limit))


@api(
    bp, "GET", "/staff/imports/<uuid:import_id>/report", allow=READERS, reply=ExportPart, tag=TAG,
    summary="Report of wrong rows", errors=MISSING, produces="text/csv",
)  # fmt: skip
def get_report(import_id: UUID) -> Response:
    """The problems as a CSV file, streamed."""
    asked = ImportReport(import_id=import_id, language=current().language)
    return download(asked, f"import-report-{import_id}.csv", "text/csv; charset=utf-8")

"""Imports of registers of clients over the API: open, send the bytes in parts, hand over, follow."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import Field

from chassis.imports.messages import CsvPart
from gateway.api._frame import Paged, api
from gateway.api.imports import HandOver, NewImport, PartQuery
from gateway.bus import call
from gateway.importing import PART_BYTES, send_part
from gateway.pages.permits import download
from gateway.staff.client_imports import KEEPS_CLIENTS, SEES
from gateway.work import current
from services.identity.messages import (
    AppendClientImport,
    ClientImport,
    ClientImportPage,
    ClientImportProblemPage,
    ClientImportReport,
    FinishClientImport,
    GetClientImport,
    ListClientImportProblems,
    ListClientImports,
    StartClientImport,
)

bp = Blueprint("api_client_imports", __name__)

TAG = "Staff: imports of clients"
PATH = "/staff/clients/imports"


class NewClientImport(NewImport):
    source: str = Field("klienti", min_length=1, max_length=60, description="Which register the file is from")


@api(bp, "GET", PATH, allow=SEES, query=Paged, reply=ClientImportPage, tag=TAG, summary="List imports of clients")
def list_imports(query: Paged) -> Any:
    return call(ListClientImports(after=query.after, limit=query.limit))


@api(bp, "POST", PATH, allow=KEEPS_CLIENTS, body=NewClientImport, reply=ClientImport, status=201, idempotent=True,
     tag=TAG, summary="Open an import of clients", errors=("identity.file_too_large", "idempotency_key_reused"))
def start_import(body: NewClientImport, idempotency_key: str | None) -> ClientImport:
    """Open an import; then PUT the file's bytes and hand it over."""
    return call(StartClientImport(**body.model_dump(), idempotency_key=idempotency_key))


@api(bp, "PUT", f"{PATH}/<uuid:import_id>/content", allow=KEEPS_CLIENTS, query=PartQuery, reply=ClientImport, tag=TAG,
     summary="Send a part of the file", consumes="application/octet-stream", max_bytes=PART_BYTES,
     errors=("not_found", "conflict", "identity.import_not_open", "identity.file_too_large"))
def append_content(import_id: UUID, query: PartQuery) -> ClientImport:
    """At most 8 MiB, beginning at `offset`. The same part sent twice counts once."""
    done: ClientImport = send_part(AppendClientImport, import_id, query.offset, request.get_data(cache=False))
    return done


@api(bp, "POST", f"{PATH}/<uuid:import_id>/finish", allow=KEEPS_CLIENTS, body=HandOver, reply=ClientImport, tag=TAG,
     summary="Hand the file over", errors=("not_found", "identity.import_incomplete"))
def finish_import(import_id: UUID, body: HandOver) -> ClientImport:
    """The work begins; follow it with GET. Said twice, done once."""
    return call(FinishClientImport(import_id=import_id, sha256=body.sha256))


@api(bp, "GET", f"{PATH}/<uuid:import_id>", allow=SEES, reply=ClientImport, tag=TAG, summary="One import of clients",
     errors=("not_found",))
def get_import(import_id: UUID) -> ClientImport:
    return call(GetClientImport(import_id=import_id))


@api(bp, "GET", f"{PATH}/<uuid:import_id>/problems", allow=SEES, query=Paged, reply=ClientImportProblemPage, tag=TAG,
     summary="Rows with problems", errors=("not_found",))
def list_problems(import_id: UUID, query: Paged) -> Any:
    return call(ListClientImportProblems(import_id=import_id, after=query.after, limit=query.limit))


@api(bp, "GET", f"{PATH}/<uuid:import_id>/report", allow=KEEPS_CLIENTS, reply=CsvPart, tag=TAG,
     summary="Report of wrong rows", errors=("not_found",), produces="text/csv")
def get_report(import_id: UUID) -> Response:
    """The problems as a CSV file, streamed."""
    asked = ClientImportReport(import_id=import_id, language=current().language)
    return download(asked, f"client-import-report-{import_id}.csv", "text/csv; charset=utf-8")

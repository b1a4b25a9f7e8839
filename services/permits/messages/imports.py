"""Importing a register file; for staff who are permit_engineer or administrator."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chassis.messages import IdempotencyKey, Limit, Line, Message, Moment, Page, Request
from services.permits.messages.reading import ExportPart

CHUNK_BYTES = 512 * 1024


class Import(Message):
    """An import of a register file. `status`: receiving, waiting, reading, applying, done, failed.

    `failed` means the file's structure is broken and nothing was changed; `error` says why. `done` may have
    `error_rows`: a permit with a wrong row is left as it was, all others are imported; the report names each.
    `unchanged_file` is true when nothing at all had to be changed.
    """

    import_id: uuid.UUID
    name: str
    status: str
    started_at: Moment
    finished_at: Moment | None = None
    started_by: str | None = None
    bytes_total: int = Field(description="bytes received so far")
    bytes_read: int
    rows_read: int
    permits_seen: int
    permits_applied: int
    created: int
    changed: int
    unchanged: int
    rejected: int = Field(description="permits left as they were because a row was wrong")
    error_rows: int
    warning_rows: int
    error: str | None = None
    error_code: str | None = None
    error_params: dict[str, str | int | float | bool | None] = {}
    unchanged_file: bool = False


class StartImport(Request[Import], rpc="permits.start_import"):
    """Open an import; the file follows in parts. `size` in bytes, at most 512 MiB."""

    name: Line
    size: Annotated[int, Field(ge=0)] | None = None
    idempotency_key: IdempotencyKey | None = None


class AppendImportChunk(Request[Import], rpc="permits.append_import_chunk", timeout=15.0):
    """The bytes that start at `offset`, base64, at most 512 KiB decoded. The same part sent twice counts once."""

    import_id: uuid.UUID
    offset: Annotated[int, Field(ge=0)]
    data: Annotated[str, StringConstraints(max_length=CHUNK_BYTES * 4 // 3 + 8)]


class FinishImport(Request[Import], rpc="permits.finish_import"):
    """The file is complete: start working. Said twice, done once."""

    import_id: uuid.UUID
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None


class GetImport(Request[Import], rpc="permits.get_import"):
    """How far an import is."""

    import_id: uuid.UUID


class ImportPage(Page[Import]):
    """A page of imports, newest first."""


class ListImports(Request[ImportPage], rpc="permits.list_imports"):
    """Imports, newest first."""

    after: str | None = None
    limit: Limit = 25


class ImportProblem(Message):
    """One thing wrong in one row. `severity` error: the permit was not changed; warning: the value was left out."""

    row: int
    permit_no: str | None = None
    column: str | None = None
    value: str | None = None
    code: str
    params: dict[str, str | int | float | bool | None] = {}
    severity: str


class ImportProblemPage(Page[ImportProblem]):
    """A page of problems in the order of the rows."""


class ListImportProblems(Request[ImportProblemPage], rpc="permits.list_import_problems"):
    """The problems an import found."""

    import_id: uuid.UUID
    after: str | None = None
    limit: Limit = 100


class ImportReport(Request[ExportPart], rpc="permits.import_report", timeout=15.0):
    """The problems as a CSV file (row, permit, column, value, code, sentence), part by part."""

    import_id: uuid.UUID
    language: Literal["lv", "en"] = "lv"
    after: str | None = None

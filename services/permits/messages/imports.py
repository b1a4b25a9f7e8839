"""Importing a register file; for staff who are permit_engineer or administrator."""

from __future__ import annotations

import uuid

from pydantic import Field

from chassis.imports.messages import (
    CHUNK_BYTES,
    AppendFields,
    FinishFields,
    ImportState,
    ListFields,
    ListProblemsFields,
    ProblemFields,
    ReportFields,
    StartFields,
)
from chassis.messages import Page, Request
from services.permits.messages.reading import ExportPart

__all__ = ["CHUNK_BYTES"]


class Import(ImportState):
    """An import of permits: a permit with a wrong row is left as it was, all others are imported."""

    permits_seen: int
    permits_applied: int
    rejected: int = Field(description="permits left as they were because a row was wrong")


class StartImport(StartFields, Request[Import], rpc="permits.start_import"):
    """Open an import; the file follows in parts. `size` in bytes, at most 512 MiB."""


class AppendImportChunk(AppendFields, Request[Import], rpc="permits.append_import_chunk", timeout=15.0):
    """The bytes that start at `offset`, base64, at most 512 KiB decoded. The same part sent twice counts once."""


class FinishImport(FinishFields, Request[Import], rpc="permits.finish_import"):
    """The file is complete: start working. Said twice, done once."""


class GetImport(Request[Import], rpc="permits.get_import"):
    """How far an import is."""

    import_id: uuid.UUID


class ImportPage(Page[Import]):
    """A page of imports, newest first."""


class ListImports(ListFields, Request[ImportPage], rpc="permits.list_imports"):
    """Imports, newest first."""


class ImportProblem(ProblemFields):
    """One thing wrong in one row of a permit."""

    permit_no: str | None = None


class ImportProblemPage(Page[ImportProblem]):
    """A page of problems in the order of the rows."""


class ListImportProblems(ListProblemsFields, Request[ImportProblemPage], rpc="permits.list_import_problems"):
    """The problems an import found."""


class ImportReport(ReportFields, Request[ExportPart], rpc="permits.import_report", timeout=15.0):
    """The problems as a CSV file (row, permit, column, value, code, sentence), part by part."""

"""Importing a register of clients; for staff who keep the register."""

from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import StringConstraints

from chassis.imports.messages import (
    AppendFields,
    CsvPart,
    FinishFields,
    ImportState,
    ListFields,
    ListProblemsFields,
    ProblemFields,
    ReportFields,
    StartFields,
)
from chassis.messages import Page, Request

RegisterName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class ClientImport(ImportState):
    """An import of clients. `source` is the register the file is from: it corrects only data of the same register.

    A row that cannot be trusted changes nothing; what the client or staff entered is kept, and the report says so.
    """

    source: str


class StartClientImport(StartFields, Request[ClientImport], rpc="identity.start_client_import"):
    """Open an import; the file follows in parts."""

    source: RegisterName = "klienti"


class AppendClientImport(AppendFields, Request[ClientImport], rpc="identity.append_client_import", timeout=15.0):
    """The bytes that start at `offset`, base64, at most 512 KiB decoded. The same part sent twice counts once."""


class FinishClientImport(FinishFields, Request[ClientImport], rpc="identity.finish_client_import"):
    """The file is complete: start working. Said twice, done once."""


class GetClientImport(Request[ClientImport], rpc="identity.get_client_import"):
    """How far an import is."""

    import_id: uuid.UUID


class ClientImportPage(Page[ClientImport]):
    """A page of imports, newest first."""


class ListClientImports(ListFields, Request[ClientImportPage], rpc="identity.list_client_imports"):
    """Imports, newest first."""


class ClientImportProblem(ProblemFields):
    """One thing wrong in one row; `client` is the client's number in the file, when it has one."""

    client: str | None = None


class ClientImportProblemPage(Page[ClientImportProblem]):
    """A page of problems in the order of the rows."""


class ListClientImportProblems(
    ListProblemsFields, Request[ClientImportProblemPage], rpc="identity.list_client_import_problems"
):
    """The problems an import found."""


class ClientImportReport(ReportFields, Request[CsvPart], rpc="identity.client_import_report", timeout=15.0):
    """The problems as a CSV file (row, client, column, value, severity, code, sentence), part by part."""

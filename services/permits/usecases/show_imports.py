"""How imports stand and what was wrong in the files."""

from __future__ import annotations

import csv
import io
from typing import Any

from chassis.caller import Caller
from chassis.cells import safe_cell
from chassis.database import Database
from chassis.errors import PortalError, sentence
from chassis.ids import decode_cursor, encode_cursor
from services.permits.messages import (
    ExportPart,
    GetImport,
    Import,
    ImportPage,
    ImportProblemPage,
    ImportReport,
    ListImportProblems,
    ListImports,
)
from services.permits.store.imports import NEWEST, OLDER, ONE, PROBLEMS, to_import, to_problem

REPORT_ROWS = 1000
_HEADER = {
    "lv": ("Rinda", "Atļauja", "Kolonna", "Vērtība", "Smagums", "Kods", "Paskaidrojums"),
    "en": ("Row", "Permit", "Column", "Value", "Severity", "Code", "Explanation"),
}
_SEVERITY = {"lv": {"error": "kļūda", "warning": "brīdinājums"}, "en": {"error": "error", "warning": "warning"}}


def one(db: Database, request: GetImport, caller: Caller) -> Import:
    """Return how far an import is. Raises PortalError not_found."""
    with db.reading() as connection:
        row = connection.execute(ONE, {"import_id": request.import_id}).first()
    if row is None:
        raise PortalError("not_found")
    return to_import(row, caller.language)


def page(db: Database, request: ListImports, caller: Caller) -> ImportPage:
    """Return imports, newest first."""
    place: dict[str, Any] = {"limit": request.limit + 1}
    if request.after:
        place["at"], place["id"] = decode_cursor(request.after, 2)
    with db.reading() as connection:
        rows = connection.execute(OLDER if request.after else NEWEST, place).all()
    shown = rows[: request.limit]
    following = encode_cursor([shown[-1].started_at.isoformat(), shown[-1].id]) if len(rows) > request.limit else None
    return ImportPage(items=[to_import(row, caller.language) for row in shown], next=following)


def problems(db: Database, request: ListImportProblems, caller: Caller) -> ImportProblemPage:
    """Return what was wrong, in the order of the rows. Raises PortalError not_found for an unknown import."""
    one(db, GetImport(import_id=request.import_id), caller)
    rows, following = _problem_rows(db, request, request.limit)
    return ImportProblemPage(items=[to_problem(row) for row in rows], next=following)


def report(db: Database, request: ImportReport, caller: Caller) -> ExportPart:
    """Return the problems as CSV, a thousand at a time; the first part carries the header."""
    if not request.after:
        one(db, GetImport(import_id=request.import_id), caller)
        db.disclosed("permits.import.report", caller=caller, on=("import", request.import_id))
    rows, following = _problem_rows(db, request, REPORT_ROWS)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    if not request.after:
        text.write("\ufeff")  # spreadsheets take the file for UTF-8 only with this mark
        writer.writerow(_HEADER[request.language])
    for row in rows:
        explanation = sentence(row.code, row.params, request.language)
        cells = (row.permit_no, row.column_name, row.value, _SEVERITY[request.language][row.severity])
        writer.writerow([row.row_no, *map(safe_cell, cells), row.code, safe_cell(explanation)])
    return ExportPart(text=text.getvalue(), next=following)


def _problem_rows(db: Database, request: ListImportProblems | ImportReport, limit: int) -> tuple[list[Any], str | None]:
    row_no, id_ = decode_cursor(request.after, 2) if request.after else (0, 0)
    if not isinstance(row_no, int) or not isinstance(id_, int):
        raise PortalError("malformed", field="after")
    place = {"import_id": request.import_id, "row_no": row_no, "id": id_, "limit": limit + 1}
    with db.reading() as connection:
        rows = list(connection.execute(PROBLEMS, place))
    shown = rows[:limit]
    return shown, encode_cursor([shown[-1].row_no, shown[-1].id]) if len(rows) > limit else None

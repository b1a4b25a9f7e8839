"""The fields of messages about imports; every service says them under its own names."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chassis.messages import IdempotencyKey, Limit, Line, Message, Moment

CHUNK_BYTES = 512 * 1024  # what one call may carry: blobs.CALL_BYTES


class ImportState(Message):
    """An import of a register file. `status`: receiving, waiting, reading, applying, done, failed.

    `failed` means the file's structure is broken and nothing was changed; `error` says why. `done` may have
    `error_rows`: what a wrong row is about is left as it was, everything else is imported; the report names each.
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
    created: int
    changed: int
    unchanged: int
    rejected: int = Field(description="left as they were because a row was wrong")
    error_rows: int
    warning_rows: int
    error: str | None = None
    error_code: str | None = None
    error_params: dict[str, str | int | float | bool | None] = {}
    unchanged_file: bool = False


class StartFields(Message):
    """Open an import; the file follows in parts. `size` in bytes."""

    name: Line
    size: Annotated[int, Field(ge=0)] | None = None
    idempotency_key: IdempotencyKey | None = None


class AppendFields(Message):
    """The bytes that start at `offset`, base64, at most 512 KiB decoded. The same part sent twice counts once."""

    import_id: uuid.UUID
    offset: Annotated[int, Field(ge=0)]
    data: Annotated[str, StringConstraints(max_length=CHUNK_BYTES * 4 // 3 + 8)]


class FinishFields(Message):
    """The file is complete: start working. Said twice, done once."""

    import_id: uuid.UUID
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None


class ListFields(Message):
    """Imports, newest first."""

    after: str | None = None
    limit: Limit = 25


class ProblemFields(Message):
    """One thing wrong in one row. `severity` error: nothing was changed; warning: the value was left out."""

    row: int
    column: str | None = None
    value: str | None = None
    code: str
    params: dict[str, str | int | float | bool | None] = {}
    severity: str


class ListProblemsFields(Message):
    """The problems an import found, in the order of the rows."""

    import_id: uuid.UUID
    after: str | None = None
    limit: Limit = 100


class ReportFields(Message):
    """The problems as a CSV file, part by part."""

    import_id: uuid.UUID
    language: Literal["lv", "en"] = "lv"
    after: str | None = None


class CsvPart(Message):
    """A part of a file as text; ask again with `next` until it is None. Parts joined make the whole file."""

    text: str
    next: str | None = None

"""Imports of one service: the file arrives part by part, and how it stands and what was wrong is shown."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.blobs import append_chunk, decode_piece, finish_blob, start_blob
from chassis.caller import Caller
from chassis.cells import MARK, csv_line
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError, sentence
from chassis.ids import decode_cursor, decode_place, encode_cursor, new_id
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
from chassis.imports.settings import ImportNumbers
from chassis.telemetry import get_logger
from chassis.unit_of_work import UnitOfWork

log = get_logger(__name__)

REPORT_ROWS = 1000
_HEADER = {
    "lv": ("Rinda", None, "Kolonna", "Vērtība", "Smagums", "Kods", "Paskaidrojums"),
    "en": ("Row", None, "Column", "Value", "Severity", "Code", "Explanation"),
}
_SEVERITY = {"lv": {"error": "kļūda", "warning": "brīdinājums"}, "en": {"error": "error", "warning": "warning"}}
View = TypeVar("View", bound=ImportState)


class LeaseLost(Exception):
    """Another process took the import over; whoever gets this stops at once."""


_CLAIM = sa.text("""
UPDATE imports SET lease_owner = :owner, lease_until = now() + make_interval(secs => :seconds),
    attempts = attempts + 1
WHERE id = (SELECT id FROM imports
            WHERE status IN ('waiting', 'reading', 'applying') AND (lease_until IS NULL OR lease_until < now())
            ORDER BY started_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, name, blob_id, status, attempts
""")
_RELEASE = sa.text("""
UPDATE imports SET lease_owner = NULL, lease_until = now() + make_interval(secs => :seconds)
WHERE id = :import_id AND lease_owner = :owner
""")


@dataclass(frozen=True)
class Kit(Generic[View]):
    """What is the service's own: its name in codes and audit, its tables, the column that says what a row is about with
    its title in two languages, its view of an import and of a problem, its settings."""

    service: str
    imports: sa.Table
    problems: sa.Table
    key: str
    title: dict[str, str]
    view: type[View]
    problem: type[ProblemFields]
    settings: Callable[[], ImportNumbers]

    # --- arrival ------------------------------------------------------------------------------------------------

    def start(self, db: Database, request: StartFields, caller: Caller, **more: Any) -> View:
        """Open an import. Raises PortalError file_too_large when the announced size is beyond the limit."""
        limit = self.settings().import_max_mb
        if (request.size or 0) > limit * 1024 * 1024:
            raise self.error("file_too_large", field="file", limit=f"{limit} MB")
        with db.unit_of_work(caller) as unit:
            done = unit.replayed(request, self.view)  # type: ignore[arg-type]
            if done is not None:
                return done
            import_id, name = new_id(), request.name or "register.csv"
            blob_id = start_blob(unit.session, db.tables, name=name, media_type="text/csv")
            unit.session.execute(
                sa.insert(self.imports).values(
                    id=import_id, name=name, status="receiving", blob_id=blob_id, started_by=caller.user,
                    started_by_name=caller.name, **more,
                )
            )  # fmt: skip
            unit.audit(f"{self.service}.import.start", on=("import", import_id), detail={"name": request.name})
            return unit.remember(request, self._shown(unit, import_id, caller))  # type: ignore[arg-type]

    def append(self, db: Database, request: AppendFields, caller: Caller) -> View:
        """Add a part. Raises PortalError import_not_open, file_too_large, conflict (a gap), malformed."""
        data = decode_piece(request.data)
        limit = self.settings().import_max_mb
        with db.unit_of_work(caller) as unit:
            row = self._locked(unit, request.import_id)
            if row.status != "receiving":
                raise self.error("import_not_open")
            most = limit * 1024 * 1024
            try:
                size = append_chunk(
                    unit.session, db.tables, row.blob_id, data, offset=request.offset, max_bytes=most
                )
            except PortalError as error:
                if error.code == "too_large":
                    raise self.error("file_too_large", field="file", limit=f"{limit} MB") from error
                raise
            unit.session.execute(sa.update(self.imports).where(self.imports.c.id == row.id).values(bytes_total=size))
            return self._shown(unit, row.id, caller)

    def finish(self, db: Database, request: FinishFields, caller: Caller) -> View:
        """Hand the file over to the worker; saying it twice changes nothing.

        Raises PortalError import_incomplete when the fingerprint does not match what arrived.
        """
        with db.unit_of_work(caller) as unit:
            row = self._locked(unit, request.import_id)
            if row.status != "receiving":
                return self._shown(unit, row.id, caller)
            blob = finish_blob(unit.session, db.tables, row.blob_id)
            if request.sha256 and request.sha256 != blob.sha256:
                raise self.error("import_incomplete", field="file")
            unit.session.execute(
                sa.update(self.imports)
                .where(self.imports.c.id == row.id)
                .values(status="waiting", bytes_total=blob.size)
            )
            detail = {"name": row.name, "bytes": blob.size, "sha256": blob.sha256}
            unit.audit(f"{self.service}.import.hand_over", on=("import", row.id), detail=detail)
            return self._shown(unit, row.id, caller)

    def error(self, name: str, **params: Any) -> PortalError:
        """Return one of the errors of imports as the service's own."""
        return PortalError(f"{self.service}.{name}", **params)

    def row(self, reader: sa.Connection | Session, import_id: uuid.UUID) -> sa.Row[Any] | None:
        """Return an import as it is kept."""
        return reader.execute(sa.select(self.imports).where(self.imports.c.id == import_id)).first()

    def _locked(self, unit: UnitOfWork, import_id: uuid.UUID) -> sa.Row[Any]:
        asked = sa.select(self.imports).where(self.imports.c.id == import_id).with_for_update()
        row = unit.session.execute(asked).first()
        if row is None:
            raise PortalError("not_found")
        return row

    def _shown(self, unit: UnitOfWork, import_id: uuid.UUID, caller: Caller) -> View:
        row = self.row(unit.session, import_id)
        assert row is not None
        return self._view(row, caller.language)

    # --- showing ------------------------------------------------------------------------------------------------

    def one(self, db: Database, import_id: uuid.UUID, caller: Caller) -> View:
        """Return how far an import is. Raises PortalError not_found."""
        with db.reading() as connection:
            row = self.row(connection, import_id)
        if row is None:
            raise PortalError("not_found")
        return self._view(row, caller.language)

    def page(self, db: Database, request: ListFields, caller: Caller) -> tuple[list[View], str | None]:
        """Return imports, newest first, and the cursor of the next page."""
        c = self.imports.c
        asked = sa.select(self.imports).order_by(c.started_at.desc(), c.id.desc()).limit(request.limit + 1)
        if request.after:
            place = sa.tuple_(*map(sa.literal, decode_place(request.after)))
            asked = asked.where(sa.tuple_(c.started_at, c.id) < place)
        with db.reading() as connection:
            rows = connection.execute(asked).all()
        shown = rows[: request.limit]
        more = len(rows) > request.limit
        following = encode_cursor([shown[-1].started_at.isoformat(), shown[-1].id]) if more else None
        return [self._view(row, caller.language) for row in shown], following

    def problem_page(
        self, db: Database, request: ListProblemsFields, caller: Caller
    ) -> tuple[list[ProblemFields], str | None]:
        """Return what was wrong, in the order of the rows. Raises PortalError not_found for an unknown import."""
        self.one(db, request.import_id, caller)
        db.disclosed(f"{self.service}.import.report", caller=caller, on=("import", request.import_id))
        rows, following = self._problem_rows(db, request, request.limit)
        return [self._problem(row) for row in rows], following

    def report(self, db: Database, request: ReportFields, caller: Caller) -> CsvPart:
        """Return the problems as CSV, a thousand at a time; the first part carries the header."""
        text = ""
        if not request.after:
            self.one(db, request.import_id, caller)
            db.disclosed(f"{self.service}.import.report", caller=caller, on=("import", request.import_id))
            title = self.title[request.language]
            text = MARK + csv_line(word or title for word in _HEADER[request.language])
        rows, following = self._problem_rows(db, request, REPORT_ROWS)
        for row in rows:
            told = sentence(row.code, row.params, request.language)
            severity = _SEVERITY[request.language][row.severity]
            key = getattr(row, self.key)
            text += csv_line((row.row_no, key, row.column_name, row.value, severity, row.code, told))
        return CsvPart(text=text, next=following)

    def _problem_rows(
        self, db: Database, request: ListProblemsFields | ReportFields, limit: int
    ) -> tuple[list[Any], str | None]:
        row_no, id_ = decode_cursor(request.after, 2) if request.after else (0, 0)
        if not isinstance(row_no, int) or not isinstance(id_, int):
            raise PortalError("malformed", field="after")
        p = self.problems.c
        place = sa.tuple_(sa.literal(row_no, sa.Integer), sa.literal(id_, sa.BigInteger))
        asked = (
            sa.select(self.problems)
            .where(p.import_id == request.import_id, sa.tuple_(p.row_no, p.id) > place)
            .order_by(p.row_no, p.id)
            .limit(limit + 1)
        )
        with db.reading() as connection:
            rows = list(connection.execute(asked))
        shown = rows[:limit]
        return shown, encode_cursor([shown[-1].row_no, shown[-1].id]) if len(rows) > limit else None

    def _view(self, row: sa.Row[Any], language: str) -> View:
        fields = row._mapping
        unchanged = row.status == "done" and not (row.created or row.changed or row.rejected or row.error_rows)
        return self.view(
            **{name: fields[name] for name in self.view.model_fields if name in fields and name != "started_by"},
            import_id=row.id,
            started_by=row.started_by_name,
            error=sentence(row.error_code, row.error_params, language) if row.error_code else None,
            unchanged_file=unchanged,
        )

    def _problem(self, row: sa.Row[Any]) -> ProblemFields:
        return self.problem(
            row=row.row_no, column=row.column_name, value=row.value, code=row.code, params=row.params,
            severity=row.severity, **{self.key: getattr(row, self.key)},
        )  # fmt: skip

    # --- working ------------------------------------------------------------------------------------------------

    def claim(self, session: Session, owner: uuid.UUID) -> sa.Row[Any] | None:
        """Take the oldest import that waits or whose worker fell silent."""
        seconds = self.settings().import_lease_seconds
        return session.execute(_CLAIM, {"owner": owner, "seconds": seconds}).first()

    def release(self, session: Session, import_id: uuid.UUID, owner: uuid.UUID, seconds: float) -> None:
        """Give an import back; nobody takes it for `seconds`."""
        session.execute(_RELEASE, {"import_id": import_id, "owner": owner, "seconds": seconds})

    def proceed(self, session: Session, import_id: uuid.UUID, owner: uuid.UUID, **values: Any) -> None:
        """Write progress at the beginning of a transaction: holds the import until the commit and prolongs the lease.

        Raises LeaseLost when somebody else has it; nothing of the transaction may then stay.
        """
        seconds = self.settings().import_lease_seconds
        until = sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
        done = session.execute(
            sa.update(self.imports)
            .where(self.imports.c.id == import_id, self.imports.c.lease_owner == owner)
            .values(lease_until=until, **values)
            .returning(self.imports.c.id)
        ).first()
        if done is None:
            raise LeaseLost(str(import_id))

    def add_problems(self, session: Session, import_id: uuid.UUID, problems: Sequence[dict[str, Any]]) -> None:
        """Add what was found wrong: row_no, the key, column_name, value, code, params, severity."""
        if problems:
            columns = f"row_no, {self.key}, column_name, value, code, params, severity"
            statement = sa.text(
                f"INSERT INTO import_problems (import_id, {columns}) SELECT CAST(:import_id AS uuid), {columns}"  # noqa: S608
                f" FROM json_to_recordset(CAST(:rows AS json)) AS r (row_no integer, {self.key} text, column_name text,"
                " value text, code text, params jsonb, severity text)"
            )
            rows = orjson.dumps(list(problems), default=str).decode()
            session.execute(statement, {"import_id": import_id, "rows": rows})

    def forget_problems(self, session: Session, import_id: uuid.UUID) -> None:
        """Drop what was found wrong: the file is read again from its beginning."""
        session.execute(sa.delete(self.problems).where(self.problems.c.import_id == import_id))

    # --- tidying ------------------------------------------------------------------------------------------------

    def tidy(self, db: Database, caller: Caller) -> int:
        """Close uploads that never ended, and drop the files of old imports; what they did stays on record.

        Returns how many uploads were closed.
        """
        chunks, c = db.tables.blob_chunks, self.imports.c
        closed_before = now() - timedelta(hours=self.settings().import_upload_hours)
        dropped_before = now() - timedelta(days=self.settings().import_keep_days)
        incomplete = f"{self.service}.import_incomplete"
        with db.unit_of_work(caller) as unit:
            closed = unit.session.execute(
                sa.update(self.imports)
                .where(c.status == "receiving", c.started_at < closed_before)
                .values(status="failed", error_code=incomplete, finished_at=sa.func.now())
                .returning(c.id, c.name)
            ).all()
            for row in closed:
                where = ("import", row.id)
                unit.audit(f"{self.service}.import.close", on=where, outcome="failed", detail={"name": row.name})
            old = sa.select(c.blob_id).where(sa.or_(c.finished_at < dropped_before, c.error_code == incomplete))
            unit.session.execute(sa.delete(chunks).where(chunks.c.blob_id.in_(old)))
        if closed:
            log.warning("uploads closed that never ended", count=len(closed))
        return len(closed)

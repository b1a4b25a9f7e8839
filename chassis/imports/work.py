"""The background work of an import: read the whole file, decide, apply batch by batch.

Survives kill -9 at any moment: what was done is committed batch by batch with the progress, the lease runs out, and
the next turn goes on (a half-read file is read again, what was applied stays applied). A file whose structure is
broken anywhere changes nothing, because nothing is applied before its last byte was read.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.blobs import read_blob
from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from chassis.imports.file import RegisterFile
from chassis.imports.kit import Kit, LeaseLost
from chassis.telemetry import get_logger
from chassis.unit_of_work import UnitOfWork

log = get_logger(__name__)

ROWS_AT_ONCE = 1000
# A turn ends between two batches after this long, so that a stopping process need not be killed.
TURN_SECONDS = 20.0
MOST_ATTEMPTS = 20
NUMBERS = ("rows_read", "created", "changed", "unchanged", "rejected", "error_rows")


@dataclass
class Job:
    """One import being worked on by one process."""

    kit: Kit[Any]
    db: Database
    bus: Bus
    caller: Caller
    import_id: uuid.UUID
    name: str
    blob_id: uuid.UUID
    owner: uuid.UUID

    def proceed(self, unit: UnitOfWork, **values: Any) -> None:
        """Begin a transaction of the work; see Kit.proceed."""
        self.kit.proceed(unit.session, self.import_id, self.owner, **values)

    def count(self, unit: UnitOfWork, **more: int) -> None:
        """Add to counters of the import."""
        c = self.kit.imports.c
        values = {c[name]: c[name] + number for name, number in more.items()}
        unit.session.execute(sa.update(self.kit.imports).where(c.id == self.import_id).values(values))


@dataclass
class Found:
    """What one batch of rows brought."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    errors: int = 0
    warnings: int = 0
    read: int = 0


class Work(Protocol):
    """What a service does with a register file."""

    def open(self, chunks: Any) -> RegisterFile:
        """Return the file with the columns it must and may have."""

    def take(self, found: Found, row_no: int, record: Mapping[str, str], file: RegisterFile) -> None:
        """Understand one row: add it, and what is wrong with it, to `found`."""

    def add(self, session: Session, import_id: uuid.UUID, rows: list[dict[str, Any]]) -> None:
        """Keep rows that wait for being applied."""

    def forget(self, session: Session, import_id: uuid.UUID) -> None:
        """Drop the rows that wait."""

    def plan(self, job: Job, unit: UnitOfWork) -> None:
        """Decide what becomes of the rows, now that all are there."""

    def apply(self, job: Job, until: float) -> bool:
        """Apply batch by batch until the moment `until` (monotonic); True when nothing is left."""

    def finished(self, job: Job, unit: UnitOfWork, row: Any, numbers: dict[str, int]) -> None:
        """Tell others, in the last transaction."""


def run(kit: Kit[Any], work: Work, db: Database, bus: Bus, caller: Caller) -> int:
    """Work on imports that wait, oldest first; returns how many were finished."""
    finished = 0
    until = time.monotonic() + TURN_SECONDS
    while time.monotonic() < until:
        owner = uuid.uuid4()
        with db.unit_of_work(caller) as unit:
            row = kit.claim(unit.session, owner)
        if row is None:
            break
        job = Job(kit, db, bus, caller, row.id, row.name, row.blob_id, owner)
        finished += _work(job, work, row.status, row.attempts, until)
    return finished


def _work(job: Job, work: Work, status: str, attempts: int, until: float) -> bool:
    try:
        if status in ("waiting", "reading"):
            _read(job, work)
            with job.db.unit_of_work(job.caller) as unit:
                job.proceed(unit, status="applying", attempts=0)
                work.plan(job, unit)
        done = work.apply(job, until)
        if done:
            _finish(job, work, "done")
        else:
            _give_back(job, 0)
        return done
    except LeaseLost:
        log.warning("import taken over by another process", import_id=str(job.import_id))
        return False
    except PortalError as error:
        if error.code.startswith(f"{job.kit.service}.file_"):
            _finish(job, work, "failed", error)
            return True
        # A dependency is away: what was done stays, the rest waits.
        log.warning("import waits", import_id=str(job.import_id), code=error.code)
        _give_back(job, 5)
        return False
    except Exception:
        log.error("import stumbled", import_id=str(job.import_id), attempts=attempts, exc_info=True)
        if attempts >= MOST_ATTEMPTS:
            _finish(job, work, "failed", PortalError("internal"))
            return True
        _give_back(job, min(2.0**attempts, 300))
        return False


def _give_back(job: Job, seconds: float) -> None:
    with job.db.unit_of_work(job.caller) as unit:
        job.kit.release(unit.session, job.import_id, job.owner, seconds)


def _read(job: Job, work: Work) -> None:
    fresh = {"status": "reading", "rows_read": 0, "bytes_read": 0, "error_rows": 0, "warning_rows": 0}
    with job.db.unit_of_work(job.caller) as unit:
        job.proceed(unit, **fresh)
        work.forget(unit.session, job.import_id)
        job.kit.forget_problems(unit.session, job.import_id)
    room = job.kit.settings().import_problems
    with job.db.reading() as connection:
        file = work.open(read_blob(connection, job.db.tables, job.blob_id))
        kept = 0
        found = Found()
        for row_no, record in file:
            found.read += 1
            work.take(found, row_no, record, file)
            if found.read >= ROWS_AT_ONCE:
                kept += _keep(job, work, found, file.bytes_read, room - kept)
                found = Found()
                time.sleep(0)  # parsing is pure work; calls and heartbeats come first (green threads yield here)
        _keep(job, work, found, file.bytes_read, room - kept)


def _keep(job: Job, work: Work, found: Found, bytes_read: int, room: int) -> int:
    problems = found.problems[: max(room, 0)]
    with job.db.unit_of_work(job.caller) as unit:
        job.proceed(unit, bytes_read=bytes_read)
        job.count(unit, rows_read=found.read, error_rows=found.errors, warning_rows=found.warnings)
        work.add(unit.session, job.import_id, found.rows)
        job.kit.add_problems(unit.session, job.import_id, problems)
    return len(problems)


def _finish(job: Job, work: Work, status: str, error: PortalError | None = None) -> None:
    with job.db.unit_of_work(job.caller) as unit:
        job.proceed(
            unit,
            status=status,
            finished_at=sa.func.now(),
            error_code=error.code if error else None,
            error_params=error.params if error else {},
        )
        work.forget(unit.session, job.import_id)
        row = job.kit.row(unit.session, job.import_id)
        assert row is not None
        numbers = {name: getattr(row, name) for name in NUMBERS}
        work.finished(job, unit, row, numbers)
        unit.audit(
            f"{job.kit.service}.import.apply",
            on=("import", row.id),
            outcome="failed" if error else "done",
            detail={**numbers, "name": row.name, "code": error.code if error else None},
        )
    log.info("import finished", import_id=str(job.import_id), status=status, **numbers)

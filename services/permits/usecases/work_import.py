"""The background work of an import: read the file, decide, apply permit by permit.

Survives kill -9 at any moment: what was done is committed batch by batch with the progress, the lease runs out, and
the next turn goes on (a half-read file is read again, applied permits stay applied). A file whose structure is
broken anywhere changes nothing, because nothing is applied before its last byte was read. A permit with a wrong row
is left as it was; all others are imported.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from chassis.blobs import read_blob
from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from chassis.telemetry import get_logger
from chassis.text import fold, sort_key
from chassis.unit_of_work import UnitOfWork
from services.identity.messages import ClientRecord, UpsertClients
from services.permits.domain.register_file import RegisterFile
from services.permits.domain.register_row import Problem, RegisterRow, read_row
from services.permits.messages import ImportFinished
from services.permits.settings import settings
from services.permits.store import import_apply, import_rows
from services.permits.store.import_tables import imports
from services.permits.store.imports import ONE, LeaseLost, claim, proceed, release

log = get_logger(__name__)

ROWS_AT_ONCE = 1000
HOLDERS_AT_ONCE = 500
PERMITS_AT_ONCE = 200
ASSIGNMENTS_AT_ONCE = 5000
# A turn ends between two batches after this long, so that a stopping process need not be killed.
TURN_SECONDS = 20.0
MOST_ATTEMPTS = 20


@dataclass
class _Job:
    db: Database
    bus: Bus
    caller: Caller
    import_id: uuid.UUID
    name: str
    blob_id: uuid.UUID
    owner: uuid.UUID

    def proceed(self, uow: UnitOfWork, **values: Any) -> None:
        proceed(uow.session, self.import_id, self.owner, settings().import_lease_seconds, **values)


@dataclass
class _Found:
    """What one batch of rows brought."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    errors: int = 0
    warnings: int = 0
    read: int = 0


def run(db: Database, bus: Bus, caller: Caller) -> int:
    """Work on imports that wait, oldest first; returns how many were finished."""
    finished = 0
    until = time.monotonic() + TURN_SECONDS
    while time.monotonic() < until:
        owner = uuid.uuid4()
        with db.unit_of_work(caller) as uow:
            row = claim(uow.session, owner, settings().import_lease_seconds)
        if row is None:
            break
        job = _Job(db, bus, caller, row.id, row.name, row.blob_id, owner)
        finished += _work(job, row.status, row.attempts, until)
    return finished


def _work(job: _Job, status: str, attempts: int, until: float) -> bool:
    try:
        if status in ("waiting", "reading"):
            _read(job)
            _plan(job)
        done = _apply(job, until)
        if done:
            _finish(job, "done")
        else:
            _give_back(job, 0)
        return done
    except LeaseLost:
        log.warning("import taken over by another process", import_id=str(job.import_id))
        return False
    except PortalError as error:
        if error.code.startswith("permits.file_"):
            _finish(job, "failed", error)
            return True
        # A dependency is away: what was done stays, the rest waits.
        log.warning("import waits", import_id=str(job.import_id), code=error.code)
        _give_back(job, 5)
        return False
    except Exception:
        log.error("import stumbled", import_id=str(job.import_id), attempts=attempts, exc_info=True)
        if attempts >= MOST_ATTEMPTS:
            _finish(job, "failed", PortalError("internal"))
            return True
        _give_back(job, min(2.0**attempts, 300))
        return False


def _give_back(job: _Job, seconds: float) -> None:
    with job.db.unit_of_work(job.caller) as uow:
        release(uow.session, job.import_id, job.owner, seconds)


# --- reading -----------------------------------------------------------------------------------------------------


def _read(job: _Job) -> None:
    fresh = {"status": "reading", "rows_read": 0, "bytes_read": 0, "error_rows": 0, "warning_rows": 0}
    with job.db.unit_of_work(job.caller) as uow:
        job.proceed(uow, **fresh)
        import_rows.forget_rows(uow.session, job.import_id)
        import_rows.forget_problems(uow.session, job.import_id)
    with job.db.reading() as connection:
        file = RegisterFile(read_blob(connection, job.db.tables, job.blob_id))
        kept = 0
        found = _Found()
        for row_no, record in file:
            _take(found, row_no, record, file)
            if found.read >= ROWS_AT_ONCE:
                kept += _keep(job, found, file.bytes_read, settings().import_problems - kept)
                found = _Found()
                time.sleep(0)  # parsing is pure work; calls and heartbeats come first (green threads yield here)
        _keep(job, found, file.bytes_read, settings().import_problems - kept)


def _take(found: _Found, row_no: int, record: Any, file: RegisterFile) -> None:
    found.read += 1
    if file.found_width != file.width:
        permit_no = " ".join(record.get("permit_no", "").split())[:40] or None
        params = {"found": file.found_width, "expected": file.width}
        problem = Problem(None, "", "permits.row_width", params)
        row = RegisterRow(permit_no, {}, (problem,), "")
    else:
        row = read_row(record)
    for problem in row.problems:
        found.problems.append(_problem(row_no, row.permit_no, problem))
    found.errors += row.bad
    found.warnings += bool(row.problems) and not row.bad
    if row.permit_no is None:
        return
    if row.bad:
        # Enough to leave its permit alone.
        found.rows.append({"row_no": row_no, "permit_no": row.permit_no, "bad": True, "row_hash": "", "head_hash": ""})
        return
    values = row.values
    found.rows.append(
        {
            **values,
            "row_no": row_no,
            "permit_no": row.permit_no,
            "bad": False,
            "row_hash": row.content_hash,
            "head_hash": row.head_hash,
            "head_search": fold(f"{row.permit_no} {values['call_sign'] or ''} {values['holder_name']}"),
            "holder_sort": sort_key(values["holder_name"]),
            "site_search": fold(f"{values['site_name'] or ''} {values['address'] or ''}"),
        }
    )


def _problem(row_no: int, permit_no: str | None, problem: Problem) -> dict[str, Any]:
    return {
        "row_no": row_no,
        "permit_no": permit_no,
        "column_name": problem.column,
        "value": problem.value,
        "code": problem.code,
        "params": dict(problem.params),
        "severity": problem.severity,
    }


def _keep(job: _Job, found: _Found, bytes_read: int, room: int) -> int:
    problems = found.problems[: max(room, 0)]
    with job.db.unit_of_work(job.caller) as uow:
        job.proceed(
            uow,
            bytes_read=bytes_read,
            rows_read=imports.c.rows_read + found.read,
            error_rows=imports.c.error_rows + found.errors,
            warning_rows=imports.c.warning_rows + found.warnings,
        )
        import_rows.add_rows(uow.session, job.import_id, found.rows)
        import_rows.add_problems(uow.session, job.import_id, problems)
    return len(problems)


# --- deciding and applying ---------------------------------------------------------------------------------------


def _plan(job: _Job) -> None:
    with job.db.unit_of_work(job.caller) as uow:
        job.proceed(uow, status="applying", attempts=0)
        counts = import_rows.plan(uow.session, job.import_id)
        uow.session.execute(
            sa.update(imports)
            .where(imports.c.id == job.import_id)
            .values(
                permits_seen=counts.seen,
                unchanged=counts.unchanged,
                rejected=counts.rejected,
                permits_applied=counts.unchanged + counts.rejected,
                error_rows=imports.c.error_rows + counts.more_errors,
            )
        )


def _apply(job: _Job, until: float) -> bool:
    while _name_holders(job):
        pass
    while True:
        if time.monotonic() > until:
            return False
        with job.db.unit_of_work(job.caller) as uow:
            job.proceed(uow)
            numbers = import_apply.next_batch(uow.session, job.import_id, PERMITS_AT_ONCE, ASSIGNMENTS_AT_ONCE)
            if not numbers:
                return True
            created, changed = import_apply.apply(
                uow.session, job.import_id, numbers, note=job.name, actor=job.caller.actor
            )
            uow.session.execute(
                sa.update(imports)
                .where(imports.c.id == job.import_id)
                .values(
                    created=imports.c.created + created,
                    changed=imports.c.changed + changed,
                    permits_applied=imports.c.permits_applied + len(numbers),
                )
            )


def _name_holders(job: _Job) -> bool:
    """Ask identity who the new holders are, up to 500 at once; False when there are none left to ask for."""
    with job.db.unit_of_work(job.caller) as uow:
        job.proceed(uow)
        holders = import_rows.new_holders(uow.session, job.import_id, HOLDERS_AT_ONCE)
    if not holders:
        return False
    records = [ClientRecord(external_ref=h.ref, kind=h.kind, name=h.name) for h in holders]
    # Outside any transaction: the call may take seconds, and said twice it changes nothing.
    answers = job.bus.call(UpsertClients(source=f"register:{job.name}"[:200], clients=records)).items
    named, refused = [], []
    for holder, answer in zip(holders, answers, strict=True):
        if answer.client_id is None:
            refused.append((holder.ref, answer.error or "invalid"))
        else:
            named.append({"ref": holder.ref, "client_id": answer.client_id, "name": holder.name, "kind": holder.kind})
    with job.db.unit_of_work(job.caller) as uow:
        job.proceed(uow)
        import_rows.keep_holders(uow.session, named)
        gone = sum(import_rows.reject_holder(uow.session, job.import_id, ref, code) for ref, code in refused)
        uow.session.execute(
            sa.update(imports)
            .where(imports.c.id == job.import_id)
            .values(
                rejected=imports.c.rejected + gone,
                error_rows=imports.c.error_rows + gone,
                permits_applied=imports.c.permits_applied + gone,
            )
        )
    return True


def _finish(job: _Job, status: str, error: PortalError | None = None) -> None:
    with job.db.unit_of_work(job.caller) as uow:
        job.proceed(
            uow,
            status=status,
            finished_at=sa.func.now(),
            error_code=error.code if error else None,
            error_params=error.params if error else {},
        )
        import_rows.forget_rows(uow.session, job.import_id)
        row = uow.session.execute(ONE, {"import_id": job.import_id}).one()
        numbers = {
            name: getattr(row, name)
            for name in ("rows_read", "created", "changed", "unchanged", "rejected", "error_rows")
        }
        uow.emit(ImportFinished(import_id=row.id, name=row.name, status=status, started_by=row.started_by, **numbers))
        uow.audit(
            "permits.import.apply",
            on=("import", row.id),
            outcome="failed" if error else "done",
            detail={**numbers, "name": row.name, "code": error.code if error else None},
        )
    log.info("import finished", import_id=str(job.import_id), status=status, **numbers)

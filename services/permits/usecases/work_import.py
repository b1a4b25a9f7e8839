"""What permits make of a register file: rows gathered by permit, holders named by identity, permits written in batches.

A permit with a wrong row is left as it was; all others are imported.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.imports import work
from chassis.imports.file import RegisterFile
from chassis.imports.work import Found, Job
from chassis.text import fold, sort_key
from chassis.unit_of_work import UnitOfWork
from services.identity.messages import ClientRecord, UpsertClients
from services.permits.domain.register_row import OPTIONAL_COLUMNS, REQUIRED_COLUMNS, Problem, RegisterRow, read_row
from services.permits.messages import ImportFinished
from services.permits.store import import_apply, import_rows
from services.permits.store.import_tables import imports
from services.permits.store.imports import KIT

HOLDERS_AT_ONCE = 500
PERMITS_AT_ONCE = 200
ASSIGNMENTS_AT_ONCE = 5000


def run(db: Database, bus: Bus, caller: Caller) -> int:
    """Work on imports that wait, oldest first; returns how many were finished."""
    return work.run(KIT, PermitRegister(), db, bus, caller)


def register_file(chunks: Iterable[bytes]) -> RegisterFile:
    """Return a register of permits as it is read."""
    return RegisterFile(chunks, "permits", key="permit_no", required=REQUIRED_COLUMNS, optional=OPTIONAL_COLUMNS)


class PermitRegister:
    """The work of chassis.imports.work on a register of permits."""

    def open(self, chunks: Iterable[bytes]) -> RegisterFile:
        return register_file(chunks)

    def take(self, found: Found, row_no: int, record: Mapping[str, str], file: RegisterFile) -> None:
        _take(found, row_no, record, file)

    def add(self, session: Session, import_id: uuid.UUID, rows: list[dict[str, Any]]) -> None:
        import_rows.add_rows(session, import_id, rows)

    def forget(self, session: Session, import_id: uuid.UUID) -> None:
        import_rows.forget_rows(session, import_id)

    def plan(self, job: Job, unit: UnitOfWork) -> None:
        counts = import_rows.plan(unit.session, job.import_id)
        unit.session.execute(
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

    def apply(self, job: Job, until: float) -> bool:
        return _apply(job, until)

    def finished(self, job: Job, unit: UnitOfWork, row: Any, numbers: dict[str, int]) -> None:
        unit.emit(
            ImportFinished(import_id=row.id, name=row.name, status=row.status, started_by=row.started_by, **numbers)
        )


def _take(found: Found, row_no: int, record: Mapping[str, str], file: RegisterFile) -> None:
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


def _apply(job: Job, until: float) -> bool:
    while _name_holders(job):
        pass
    while True:
        if time.monotonic() > until:
            return False
        with job.db.unit_of_work(job.caller) as unit:
            job.proceed(unit)
            numbers = import_apply.next_batch(unit.session, job.import_id, PERMITS_AT_ONCE, ASSIGNMENTS_AT_ONCE)
            if not numbers:
                return True
            created, changed = import_apply.apply(
                unit.session, job.import_id, numbers, note=job.name, actor=job.caller.actor
            )
            unit.session.execute(
                sa.update(imports)
                .where(imports.c.id == job.import_id)
                .values(
                    created=imports.c.created + created,
                    changed=imports.c.changed + changed,
                    permits_applied=imports.c.permits_applied + len(numbers),
                )
            )


def _name_holders(job: Job) -> bool:
    """Ask identity who the new holders are, up to 500 at once; False when there are none left to ask for."""
    with job.db.unit_of_work(job.caller) as unit:
        job.proceed(unit)
        holders = import_rows.new_holders(unit.session, job.import_id, HOLDERS_AT_ONCE)
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
    with job.db.unit_of_work(job.caller) as unit:
        job.proceed(unit)
        import_rows.keep_holders(unit.session, named)
        gone = sum(import_rows.reject_holder(unit.session, job.import_id, ref, code) for ref, code in refused)
        unit.session.execute(
            sa.update(imports)
            .where(imports.c.id == job.import_id)
            .values(
                rejected=imports.c.rejected + gone,
                error_rows=imports.c.error_rows + gone,
                permits_applied=imports.c.permits_applied + gone,
            )
        )
    return True

"""A register of clients becomes clients (S1-04, S1-09, S1-26): row by row, found again by any number they have or had.

A row that cannot be trusted changes nothing; all others are applied. A number given up stays known and still matches;
a file that names one says nothing new. What the client or staff entered is kept.
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
from chassis.unit_of_work import UnitOfWork
from services.identity.store import clients, imports
from services.identity.store.imports import KIT
from services.identity.usecases import register_clients
from services.identity.usecases.client_rows import OPTIONAL, REQUIRED, ClientRow, read_row

CLIENTS_AT_ONCE = 200
_COUNTERS = {"created": "created", "updated": "changed", "unchanged": "unchanged"}


def run(db: Database, bus: Bus, caller: Caller) -> int:
    """Work on imports that wait, oldest first; returns how many were finished."""
    return work.run(KIT, ClientRegister(), db, bus, caller)


class ClientRegister:
    """The work of chassis.imports.work on a register of clients."""

    def open(self, chunks: Iterable[bytes]) -> RegisterFile:
        return RegisterFile(chunks, "identity", key="name", required=REQUIRED, optional=OPTIONAL)

    def take(self, found: Found, row_no: int, record: Mapping[str, str], file: RegisterFile) -> None:
        if file.found_width != file.width:
            row = ClientRow()
            row.wrong(None, "", "identity.row_width", found=file.found_width, expected=file.width)
        else:
            row = read_row(record)
        found.problems += [_problem(row_no, row.record, problem) for problem in row.problems]
        found.errors += row.bad
        found.warnings += bool(row.problems) and not row.bad
        if not row.bad:
            found.rows.append({"row_no": row_no, "record": row.record, "warned": bool(row.problems)})

    def add(self, session: Session, import_id: uuid.UUID, rows: list[dict[str, Any]]) -> None:
        imports.add(session, import_id, rows)

    def forget(self, session: Session, import_id: uuid.UUID) -> None:
        imports.forget(session, import_id)

    def plan(self, job: Job, unit: UnitOfWork) -> None:
        c = KIT.imports.c
        statement = sa.update(KIT.imports).where(c.id == job.import_id).values(rejected=c.error_rows)
        unit.session.execute(statement)

    def apply(self, job: Job, until: float) -> bool:
        while time.monotonic() < until:
            with job.db.unit_of_work(job.caller) as unit:
                job.proceed(unit)
                rows = imports.waiting(unit.session, job.import_id, CLIENTS_AT_ONCE)
                if not rows:
                    return True
                clients.lock_register(unit.session)
                _apply(job, unit, rows)
        return False

    def finished(self, job: Job, unit: UnitOfWork, row: Any, numbers: dict[str, int]) -> None:
        # The register now holds what the file said; the file itself, full of personal data, is no longer needed.
        chunks = job.db.tables.blob_chunks
        unit.session.execute(sa.delete(chunks).where(chunks.c.blob_id == job.blob_id))


def _apply(job: Job, unit: UnitOfWork, rows: Any) -> None:
    """Apply one batch: which client each row is about is decided first, then what may be changed is changed."""
    records = [dict(row.record) for row in rows]
    wanted = [(kind, record[kind]) for record in records for kind in register_clients.CODES if record[kind]]
    owners = clients.by_codes(unit.session, wanted)
    former = clients.former_codes(unit.session, wanted)
    kinds = clients.kinds(unit.session, list(set(owners.values())))
    erased = imports.being_erased(unit.session, [value for kind, value in wanted if kind == "person_code"])
    seen = imports.spoken_of(unit.session, job.import_id, list(set(owners.values())))
    named: set[tuple[str, str]] = set()
    good: list[tuple[Any, dict[str, Any]]] = []
    problems: list[dict[str, Any]] = []
    settled: list[dict[str, Any]] = []
    errors = warnings = 0
    for row, record in zip(rows, records, strict=True):
        mine = [(kind, record[kind]) for kind in register_clients.CODES if record[kind]]
        about = {owners[code] for code in mine if code in owners}
        code = _refusal(record, about, kinds, seen, bool(named & set(mine)))
        if record["person_code"] in erased:
            code, record = "identity.person_erased", dict.fromkeys(record)  # a number would name them in the problem
        named |= set(mine)
        if code:
            errors += 1
            problems.append(_problem(row.row_no, record, _told(None, code, "error")))
            settled.append({"number": row.row_no, "about": None})
            continue
        seen |= about
        given_up = [kind for kind, value in mine if (kind, value) in former]
        problems += [
            _problem(row.row_no, record, _told(_column(kind), "identity.former_number", "warning")) for kind in given_up
        ]
        good.append((row, {**record, "given_up": given_up}))
    held = KIT.row(unit.session, job.import_id)
    assert held is not None
    outcomes, kept = register_clients.apply(unit, f"register:{held.source}", [record for _, record in good])
    counted = dict.fromkeys(_COUNTERS.values(), 0)
    for (row, record), outcome in zip(good, outcomes, strict=True):
        counted[_COUNTERS[outcome.outcome]] += 1
        settled.append({"number": row.row_no, "about": outcome.client_id})
        own = kept.get(outcome.client_id, []) if outcome.client_id else []
        problems += [_problem(row.row_no, record, _told(name, "identity.datum_kept", "warning")) for name in own]
        warnings += bool(own or record["given_up"]) and not row.warned
    KIT.add_problems(unit.session, job.import_id, problems)
    imports.settle(unit.session, job.import_id, settled)
    job.count(unit, rejected=errors, error_rows=errors, warning_rows=warnings, **counted)


def _refusal(
    record: dict[str, Any], about: set[uuid.UUID], kinds: dict[uuid.UUID, str], seen: set[uuid.UUID], named: bool
) -> str | None:
    if len(about) > 1:
        return "identity.numbers_of_several"
    if any(kinds[client] != record["kind"] for client in about):
        return "identity.client_of_other_kind"
    return "identity.row_repeated" if named or about & seen else None


def _column(kind: str) -> str:
    return "client_no" if kind == "external_ref" else kind


def _told(column: str | None, code: str, severity: str) -> dict[str, Any]:
    return {"column_name": column, "value": None, "code": code, "params": {}, "severity": severity}


def _problem(row_no: int, record: Mapping[str, Any], problem: dict[str, Any]) -> dict[str, Any]:
    return {"row_no": row_no, "client": record.get("external_ref") or record.get("reg_no"), **problem}

"""Makes the file of an export in the background: the records as CSV and PDF, both signed, with how to verify them."""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from datetime import timedelta
from typing import IO, Any
from uuid import UUID

import sqlalchemy as sa
from eventlet import tpool

from chassis.blobs import file_chunks, put_blob
from chassis.caller import Caller
from chassis.cells import MARK, csv_line
from chassis.database import Database
from chassis.days import now, riga_day
from chassis.telemetry import get_logger
from services.identity import seal
from services.identity.documents import evidence_csv, evidence_pdf
from services.identity.messages import AuditFilter
from services.identity.settings import settings
from services.identity.store import audit
from services.identity.store.evidence_tables import AuditExportRecord
from services.identity.usecases import search_audit

log = get_logger(__name__)

ROWS_AT_ONCE = 500
MOST_TRIES = 5
LARGEST = 256 * 2**20
_E = AuditExportRecord.__table__.c


def work_off(db: Database, caller: Caller) -> int:
    """Make the files of exports that wait, oldest first; return how many were made."""
    with db.reading() as connection:
        waiting = connection.execute(sa.select(_E.id).where(_E.state == "waiting").order_by(_E.asked_at)).scalars()
        ids = list(waiting)
    return sum(_try(db, caller, export_id) for export_id in ids)


def _try(db: Database, caller: Caller, export_id: UUID) -> bool:
    with db.unit_of_work(caller) as unit:
        export = unit.session.get(AuditExportRecord, export_id, with_for_update=True)
        if export is None or export.state != "waiting":
            return False
        export.tries, export.rows_done = export.tries + 1, 0
        if export.tries > MOST_TRIES:
            export.state = "failed"
            unit.audit("identity.audit_export.fail", on=("audit_export", export_id), outcome="failed")
            return False
    try:
        _make(db, caller, export_id)
    except Exception:
        log.error("an export of the audit trail stumbled", export_id=str(export_id), exc_info=True)
        return False
    return True


def _make(db: Database, caller: Caller, export_id: UUID) -> None:
    with db.reading() as connection:
        export: dict[str, Any] = dict(connection.execute(sa.select(*_E).where(_E.id == export_id)).one()._mapping)
        wanted = search_audit.wanted(connection, AuditFilter.model_validate(export["filter"]))
    rows: list[dict[str, Any]] = []
    csv = io.StringIO()
    csv.write(MARK + csv_line(evidence_csv.COLUMNS))
    after = 0
    while True:
        with db.reading() as connection:
            found = audit.onward(
                connection, wanted, after_seq=after, until_seq=export["until_seq"], limit=ROWS_AT_ONCE
            )
        for one in found:
            row = search_audit.row_of(one).model_dump()
            csv.write(evidence_csv.line(row, bytes(one.previous).hex()))
            rows.append(row)
        if len(found) < ROWS_AT_ONCE:
            break
        after = found[-1].seq
        _progress(db, caller, export_id, len(rows))
    first, last = rows[0], rows[-1]
    ends = {"first_seq": first["seq"], "first_chain": first["chain"], "last_seq": last["seq"]}
    ends |= {"last_chain": last["chain"], "rows": len(rows), "rows_done": len(rows)}
    stem = f"audit-{riga_day(export['asked_at']).isoformat()}-{str(export_id)[-8:]}"
    with tempfile.TemporaryFile() as target:
        tpool.execute(_pack, target, stem, export | ends, rows, csv.getvalue().encode())
        _keep(db, caller, export_id, f"{stem}.zip", target, ends)


def _progress(db: Database, caller: Caller, export_id: UUID, done: int) -> None:
    with db.unit_of_work(caller) as unit:
        unit.session.execute(sa.update(AuditExportRecord).where(_E.id == export_id).values(rows_done=done))


def _pack(target: IO[bytes], stem: str, export: dict[str, Any], rows: list[dict[str, Any]], csv: bytes) -> None:
    chosen = settings()
    stamp = seal.load(chosen.seal_file)
    digest = hashlib.sha256(csv).hexdigest()
    pdf = evidence_pdf.render(
        export, rows, office=f"{chosen.operator_name}, {chosen.operator_reg_no}", csv_sha256=digest
    )
    address = f"{chosen.public_url.rstrip('/')}/.well-known/seal.pem"
    told = evidence_csv.VERIFY.format(stem=stem, address=address, fingerprint=stamp.fingerprint, csv_sha256=digest)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in ((f"{stem}.csv", csv), (f"{stem}.pdf", pdf)):
            archive.writestr(name, body)
            archive.writestr(f"{name}.p7s", stamp.sign(body))
        archive.writestr("seal.pem", stamp.certificates)
        archive.writestr("VERIFY.txt", told)


def _keep(
    db: Database, caller: Caller, export_id: UUID, name: str, packed: IO[bytes], ends: dict[str, Any]
) -> None:
    moment = now()
    with db.unit_of_work(caller) as unit:
        export = unit.session.get(AuditExportRecord, export_id, with_for_update=True)
        if export is None or export.state != "waiting":
            return
        blob = put_blob(unit.session, db.tables, file_chunks(packed), name=name, media_type="application/zip",
                        max_bytes=LARGEST)  # fmt: skip
        for column, value in ends.items():
            setattr(export, column, value)
        export.state, export.ready_at, export.blob_id = "ready", moment, blob.id
        export.expires_at = moment + timedelta(days=settings().audit_export_days)
        export.size, export.sha256 = blob.size, blob.sha256
        unit.audit(
            "identity.audit_export.finish",
            on=("audit_export", export_id),
            detail={**ends, "sha256": blob.sha256},
        )


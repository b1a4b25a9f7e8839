"""Close uploads that never ended, and drop the files of old imports; what they did stays on record."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.telemetry import get_logger
from services.permits.settings import settings
from services.permits.store.import_tables import imports

log = get_logger(__name__)


def run(db: Database, caller: Caller) -> int:
    """Close abandoned uploads and drop old files; returns how many imports were closed."""
    chunks = db.tables.blob_chunks
    closed_before = now() - timedelta(hours=settings().import_upload_hours)
    dropped_before = now() - timedelta(days=settings().import_keep_days)
    with db.unit_of_work(caller) as uow:
        closed = uow.session.execute(
            sa.update(imports)
            .where(imports.c.status == "receiving", imports.c.started_at < closed_before)
            .values(status="failed", error_code="permits.import_incomplete", finished_at=sa.func.now())
            .returning(imports.c.id, imports.c.name)
        ).all()
        for row in closed:
            uow.audit("permits.import.close", on=("import", row.id), outcome="failed", detail={"name": row.name})
        old = sa.select(imports.c.blob_id).where(
            sa.or_(imports.c.finished_at < dropped_before, imports.c.error_code == "permits.import_incomplete")
        )
        uow.session.execute(sa.delete(chunks).where(chunks.c.blob_id.in_(old)))
    if closed:
        log.warning("uploads closed that never ended", count=len(closed))
    return len(closed)

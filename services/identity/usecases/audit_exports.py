"""Exports of the audit trail as evidence: asked for, looked at, taken away, let go (S1-65)."""

from __future__ import annotations

import base64
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.blobs import delete_blob, get_blob, read_piece
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import decode_place, encode_cursor, new_id
from services.identity import seal
from services.identity.messages import (
    AskAuditExport,
    AuditExport,
    AuditExportPage,
    AuditFilter,
    ExportPiece,
    GetAuditExport,
    ListAuditExports,
    ReadAuditExport,
    SealCertificate,
)
from services.identity.settings import settings
from services.identity.store import audit
from services.identity.store.evidence_tables import AuditExportRecord
from services.identity.usecases import search_audit

_E = AuditExportRecord.__table__.c


def ask(db: Database, request: AskAuditExport, caller: Caller) -> AuditExport:
    """Begin an export of what is found now.

    Raises PortalError identity.audit_export_too_large, audit_export_empty, no_seal.
    """
    if caller.user is None:
        raise PortalError("forbidden")
    seal.load(settings().seal_file)
    limit = settings().audit_export_rows
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, AuditExport)
        if done is not None:
            return done
        connection = unit.session.connection()
        end, chain = audit.head(connection)
        rows = audit.count(connection, search_audit.wanted(connection, request), until_seq=end, limit=limit + 1)
        if rows > limit:
            raise PortalError("identity.audit_export_too_large", limit=limit)
        if not rows:
            raise PortalError("identity.audit_export_empty")
        asked = {name: str(value) for name in AuditFilter.model_fields if (value := getattr(request, name))}
        export = AuditExportRecord(
            id=new_id(), state="waiting", asked_by=caller.user, asked_by_name=caller.name, asked_at=now(),
            language=request.language, filter=asked, until_seq=end, until_chain=chain.hex(), rows=rows, rows_done=0,
            tries=0,
        )  # fmt: skip
        unit.session.add(export)
        unit.audit(
            "identity.audit.export",
            on=("audit_export", export.id),
            client=request.client_id,
            detail={"filter": asked, "rows": rows, "until": end},
        )
        unit.session.flush()
        return unit.remember(request, _view(export))


def one(db: Database, request: GetAuditExport) -> AuditExport:
    """Return how far an export is. Raises PortalError not_found."""
    with db.reading() as connection:
        row = connection.execute(sa.select(*_E).where(_E.id == request.export_id)).first()
    if row is None:
        raise PortalError("not_found")
    return _view(row)


def page(db: Database, request: ListAuditExports) -> AuditExportPage:
    """Return exports, newest first."""
    asked = sa.select(*_E)
    if request.after:
        place = sa.tuple_(*map(sa.literal, decode_place(request.after)))
        asked = asked.where(sa.tuple_(_E.asked_at, _E.id) < place)
    with db.reading() as connection:
        rows = connection.execute(asked.order_by(_E.asked_at.desc(), _E.id.desc()).limit(request.limit + 1)).all()
    shown = rows[: request.limit]
    following = encode_cursor([shown[-1].asked_at.isoformat(), shown[-1].id]) if len(rows) > request.limit else None
    return AuditExportPage(items=[_view(row) for row in shown], next=following)


def read(db: Database, request: ReadAuditExport, caller: Caller) -> ExportPiece:
    """Return a piece of the file; the first is put on record. Raises PortalError not_found."""
    with db.reading() as connection:
        row = connection.execute(
            sa.select(_E.blob_id).where(_E.id == request.export_id, _E.state == "ready", _E.expires_at > now())
        ).first()
        if row is None:
            raise PortalError("not_found")
        blob = get_blob(connection, db.tables, row.blob_id)
        piece = read_piece(connection, db.tables, row.blob_id, request.number)
    if request.number == 0:
        with db.unit_of_work(caller) as unit:
            unit.audit(
                "identity.audit_export.download",
                on=("audit_export", request.export_id),
                disclosure=True,
                detail={"sha256": blob.sha256},
            )
    return ExportPiece(
        name=blob.name, size=blob.size, data=None if piece is None else base64.b64encode(piece).decode()
    )


def certificate() -> SealCertificate:
    """Return the certificate of the seal."""
    file = settings().seal_file
    return SealCertificate(pem=seal.load(file).certificates.decode() if file else None)


def expire(db: Database, caller: Caller) -> int:
    """Let go of files whose time is over, and of what was searched for; return how many."""
    with db.unit_of_work(caller) as unit:
        gone = let_go(unit.session, db, _E.expires_at <= now(), _E.state == "ready")
        for export_id in gone:
            unit.audit("identity.audit_export.expire", on=("audit_export", export_id))
    return len(gone)


def let_go(session: Session, db: Database, *conditions: Any) -> list[Any]:
    """Take the files and the words that were searched for away; what was exported stays in the trail."""
    rows = session.scalars(
        sa.select(AuditExportRecord)
        .where(_E.state != "expired", *conditions)
        .order_by(_E.id)
        .limit(1000)
        .with_for_update()
    ).all()
    for row in rows:
        if row.blob_id is not None:
            delete_blob(session, db.tables, row.blob_id)
        row.state, row.blob_id, row.filter = "expired", None, {}
    return [row.id for row in rows]


def _view(row: Any) -> AuditExport:
    names = set(AuditExport.model_fields) - {"export_id", "asked_by", "limit"}
    return AuditExport(
        export_id=row.id,
        asked_by=row.asked_by_name,
        limit=settings().audit_export_rows,
        **{name: getattr(row, name) for name in names},
    )

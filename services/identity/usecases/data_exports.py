"""A person asks for everything held about them, and takes it away (S1-62, B-15)."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from chassis.blobs import delete_blob, get_blob, read_piece
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import new_id
from services.identity.messages import (
    AskExport,
    DataExport,
    DataExports,
    ExportPart,
    ExportPiece,
    ListExports,
    ReadExport,
)
from services.identity.store.person_tables import PersonExport, PersonExportPart
from services.identity.usecases.people import SERVICES

SHOWN = 20


def ask(db: Database, request: AskExport, caller: Caller) -> DataExport:
    """Begin a copy. Raises PortalError identity.export_under_way."""
    if caller.user is None:
        raise PortalError("forbidden")
    moment = now()
    try:
        with db.unit_of_work(caller) as unit:
            done = unit.replayed(request, DataExport)
            if done is not None:
                return done
            export = PersonExport(
                id=new_id(), user_id=caller.user, language=caller.language, state="gathering", asked_at=moment
            )
            unit.session.add(export)
            unit.session.flush()
            unit.session.add_all(
                PersonExportPart(export_id=export.id, service=name, rows=0, tries=0, next_try_at=moment)
                for name in SERVICES
            )
            unit.audit("identity.person_export.ask", on=("person_export", export.id))
            unit.session.flush()
            return unit.remember(request, _view(export, [_waiting(name) for name in SERVICES]))
    except IntegrityError as error:  # person_exports_one: two clicks at the same time
        raise PortalError("identity.export_under_way") from error


def _waiting(name: str) -> ExportPart:
    return ExportPart(service=name, rows=0, state="waiting")


def listed(db: Database, request: ListExports, caller: Caller) -> DataExports:
    """Return one's own copies, newest first."""
    e, p = PersonExport.__table__, PersonExportPart.__table__
    with db.reading() as connection:
        rows = connection.execute(
            sa.select(e).where(e.c.user_id == caller.user).order_by(e.c.asked_at.desc()).limit(SHOWN)
        ).all()
        parts = connection.execute(sa.select(p).where(p.c.export_id.in_([row.id for row in rows]))).all()
    known = {(part.export_id, part.service): part for part in parts}
    return DataExports(
        items=[
            _view(row, [_part(known[row.id, name]) for name in SERVICES if (row.id, name) in known]) for row in rows
        ]
    )


def _part(row: Any) -> ExportPart:
    return ExportPart(service=row.service, rows=row.rows, state="done" if row.done_at else "waiting")


def _view(row: Any, parts: list[ExportPart]) -> DataExport:
    return DataExport(
        export_id=row.id,
        state=row.state,
        asked_at=row.asked_at,
        ready_at=row.ready_at,
        expires_at=row.expires_at,
        size=row.size,
        sha256=row.sha256,
        parts=parts,
    )


def read(db: Database, request: ReadExport, caller: Caller) -> ExportPiece:
    """Return a piece of one's own copy. Raises PortalError not_found."""
    e = PersonExport.__table__.c
    with db.reading() as connection:
        row = connection.execute(
            sa.select(e.blob_id, e.expires_at).where(
                e.id == request.export_id, e.user_id == caller.user, e.state == "ready", e.expires_at > now()
            )
        ).first()
        if row is None:
            raise PortalError("not_found")
        blob = get_blob(connection, db.tables, row.blob_id)
        piece = read_piece(connection, db.tables, row.blob_id, request.number)
    if request.number == 0:
        with db.unit_of_work(caller) as unit:
            unit.audit("identity.person_export.download", on=("person_export", request.export_id))
    data = None if piece is None else base64.b64encode(piece).decode()
    return ExportPiece(name=blob.name, size=blob.size, data=data)


def expire(db: Database, caller: Caller) -> int:
    """Delete the files of copies whose time is over; return how many."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        over = unit.session.scalars(
            sa.select(PersonExport)
            .where(PersonExport.state == "ready", PersonExport.expires_at <= moment)
            .limit(100)
            .with_for_update(skip_locked=True)
        ).all()
        for export in over:
            if export.blob_id is not None:
                delete_blob(unit.session, db.tables, export.blob_id)
            export.state, export.blob_id = "expired", None
            unit.audit("identity.person_export.expire", on=("person_export", export.id))
        unit.session.execute(
            sa.delete(PersonExport).where(PersonExport.asked_at < moment - timedelta(days=365))
        )
    return len(over)

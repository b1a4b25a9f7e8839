"""The signed original of an application: received over a channel on a day, kept with its hash (S0-19, S0-20)."""

from __future__ import annotations

import base64
from typing import Any

from chassis import blobs
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import joining as rules
from services.identity.domain import originals as files
from services.identity.messages import AppendOriginal, Original, OriginalPiece, ReadOriginal, StartOriginal
from services.identity.store import applications
from services.identity.store.joining_tables import Application, ApplicationOriginal
from services.identity.tools import Tools


def start(db: Database, tools: Tools, request: StartOriginal, caller: Caller) -> Original:
    """Begin to keep a file. Raises PortalError not_found, application_decided, original_size, ends_in_future."""
    most = tools.settings.original_mb * 1024 * 1024
    if request.size > most:
        raise PortalError("identity.original_size", field="file", limit_mb=tools.settings.original_mb)
    if request.received_on > riga_today():
        raise PortalError("identity.day_ahead", field="received_on")
    with db.unit_of_work(caller) as unit:
        found = unit.session.get(Application, request.application_id)
        if found is None:
            raise PortalError("not_found")
        rules.after("receive", found.state)
        name = files.safe_name(request.name, "")
        row = ApplicationOriginal(
            id=new_id(),
            application_id=found.id,
            blob_id=blobs.start_blob(unit.session, db.tables, name=name, media_type="application/octet-stream"),
            channel=request.channel,
            received_on=request.received_on,
            name=name,
            media_type="application/octet-stream",
            size=request.size,
            received=0,
            note=request.note or None,
            started_at=now(),
            recorded_by=caller.user,
            recorded_by_name=caller.name,
        )
        unit.session.add(row)
        unit.session.flush()
        return original_row(row)


def append(db: Database, request: AppendOriginal, caller: Caller) -> Original:
    """Take one piece; the last byte records the receipt. Raises PortalError original_type, conflict, not_found."""
    data = blobs.decode_piece(request.data)
    if not data:
        raise PortalError("malformed", field="data")
    with db.unit_of_work(caller) as unit:
        row = unit.session.get(ApplicationOriginal, request.original_id)
        if row is None or row.recorded_by != caller.user:
            raise PortalError("not_found")
        # The application first, here as in every decision: two orders would be a deadlock.
        found = unit.session.get_one(Application, row.application_id, with_for_update=True)
        unit.session.refresh(row, with_for_update=True)
        if row.recorded_at is not None:
            return original_row(row)
        rules.after("receive", found.state)
        if request.offset == 0:
            row.media_type, ending = files.kind_of(data)
            row.name = files.safe_name(row.name, ending)
        elif row.received == 0:
            raise PortalError("conflict")
        row.received = blobs.append_chunk(
            unit.session, db.tables, row.blob_id, data, offset=request.offset, max_bytes=row.size
        )
        if row.received == row.size:
            _receive(unit, db, row, found)
        unit.session.flush()
        return original_row(row)


def _receive(unit: UnitOfWork, db: Database, row: ApplicationOriginal, found: Application) -> None:
    row.sha256 = blobs.finish_blob(unit.session, db.tables, row.blob_id).sha256
    row.recorded_at = now()
    found.state = rules.after("receive", found.state)
    found.original_received_on = found.original_received_on or row.received_on
    found.version += 1
    unit.audit(
        "identity.application.receive",
        on=("application", found.id),
        detail={
            "number": found.number,
            "channel": row.channel,
            "received_on": row.received_on.isoformat(),
            "file": row.name,
            "size": row.size,
            "sha256": row.sha256,
            "note": row.note,
        },
    )


def read(db: Database, request: ReadOriginal, caller: Caller) -> OriginalPiece:
    """Return up to 512 KiB from `offset`, a multiple of 256 KiB. The look is put on record."""
    with db.reading() as connection:
        row = applications.original(connection, request.original_id)
        if row is None:
            raise PortalError("not_found")
        data = blobs.read_from(connection, db.tables, row.blob_id, request.offset)
    if request.offset == 0:
        db.disclosed("identity.application.read_original", on=("application", row.application_id), caller=caller)
    return OriginalPiece(
        original=original_row(row),
        offset=request.offset,
        data=base64.b64encode(data).decode(),
        last=request.offset + len(data) >= row.size,
    )


def original_row(row: Any) -> Original:
    """Return an original as staff see it; one still on its way in has no hash yet."""
    return Original(
        original_id=row.id,
        channel=row.channel,
        received_on=row.received_on,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256 or "",
        note=row.note,
        recorded_at=row.recorded_at or row.started_at,
        recorded_by=row.recorded_by_name,
    )

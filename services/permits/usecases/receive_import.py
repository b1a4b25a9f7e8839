"""Staff hand over a register file, part by part."""

from __future__ import annotations

import base64
import binascii
import uuid

import sqlalchemy as sa

from chassis.blobs import append_chunk, finish_blob, start_blob
from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.permits.messages import CHUNK_BYTES, AppendImportChunk, FinishImport, Import, StartImport
from services.permits.settings import settings
from services.permits.store.import_tables import imports
from services.permits.store.imports import ONE, to_import


def start(db: Database, request: StartImport, caller: Caller) -> Import:
    """Open an import. Raises PortalError permits.file_too_large when the announced size is beyond the limit."""
    limit = settings().import_max_mb
    if (request.size or 0) > limit * 1024 * 1024:
        raise PortalError("permits.file_too_large", field="file", limit=f"{limit} MB")
    with db.unit_of_work(caller) as uow:
        done = uow.replayed(request, Import)
        if done is not None:
            return done
        import_id = new_id()
        blob_id = start_blob(uow.session, db.tables, name=request.name or "register.csv", media_type="text/csv")
        uow.session.execute(
            sa.insert(imports).values(
                id=import_id,
                name=request.name or "register.csv",
                status="receiving",
                blob_id=blob_id,
                started_by=caller.user,
                started_by_name=caller.name,
            )
        )
        uow.audit("permits.import.start", on=("import", import_id), detail={"name": request.name})
        return uow.remember(request, _shown(uow, import_id, caller))


def append(db: Database, request: AppendImportChunk, caller: Caller) -> Import:
    """Add a part. Raises PortalError permits.import_not_open, permits.file_too_large, conflict (a gap), malformed."""
    try:
        data = base64.b64decode(request.data, validate=True)
    except binascii.Error as error:
        raise PortalError("malformed", field="data") from error
    if len(data) > CHUNK_BYTES:
        raise PortalError("too_large", field="data", limit="512 KiB")
    limit = settings().import_max_mb
    with db.unit_of_work(caller) as uow:
        row = _open_import(uow, request.import_id)
        try:
            size = append_chunk(
                uow.session,
                db.tables,
                row.blob_id,
                data,
                offset=request.offset,
                max_bytes=limit * 1024 * 1024,
            )
        except PortalError as error:
            if error.code == "too_large":
                raise PortalError("permits.file_too_large", field="file", limit=f"{limit} MB") from error
            raise
        uow.session.execute(sa.update(imports).where(imports.c.id == row.id).values(bytes_total=size))
        return _shown(uow, row.id, caller)


def finish(db: Database, request: FinishImport, caller: Caller) -> Import:
    """Hand the file over to the worker; saying it twice changes nothing.

    Raises PortalError permits.import_incomplete when the fingerprint does not match what arrived.
    """
    with db.unit_of_work(caller) as uow:
        row = _locked(uow, request.import_id)
        if row.status != "receiving":
            return _shown(uow, row.id, caller)
        blob = finish_blob(uow.session, db.tables, row.blob_id)
        if request.sha256 and request.sha256 != blob.sha256:
            raise PortalError("permits.import_incomplete", field="file")
        uow.session.execute(
            sa.update(imports).where(imports.c.id == row.id).values(status="waiting", bytes_total=blob.size)
        )
        uow.audit(
            "permits.import.hand_over",
            on=("import", row.id),
            detail={"name": row.name, "bytes": blob.size, "sha256": blob.sha256},
        )
        return _shown(uow, row.id, caller)


def _locked(uow: UnitOfWork, import_id: uuid.UUID) -> sa.Row:
    row = uow.session.execute(ONE.with_for_update(), {"import_id": import_id}).first()
    if row is None:
        raise PortalError("not_found")
    return row


def _open_import(uow: UnitOfWork, import_id: uuid.UUID) -> sa.Row:
    row = _locked(uow, import_id)
    if row.status != "receiving":
        raise PortalError("permits.import_not_open")
    return row


def _shown(uow: UnitOfWork, import_id: uuid.UUID, caller: Caller) -> Import:
    return to_import(uow.session.execute(ONE, {"import_id": import_id}).one(), caller.language)

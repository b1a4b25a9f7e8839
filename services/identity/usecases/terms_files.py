"""The file a version of the terms was approved in: put to a draft piece by piece, read, published with it (S0-22)."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis import blobs
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.messages import Done
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import originals, terms
from services.identity.messages import (
    AppendTermsFile,
    ReadTermsDraftFile,
    RemoveTermsFile,
    StartTermsFile,
    TermsFileView,
    TermsPdf,
)
from services.identity.store.agreeing_tables import TermsDraft, TermsFile
from services.identity.tools import Tools


def start(db: Database, tools: Tools, request: StartTermsFile, caller: Caller) -> TermsFileView:
    """Begin to keep a file for a draft. Raises PortalError not_found, stale, too_large."""
    if request.size > tools.settings.original_mb * 1024 * 1024:
        raise PortalError("too_large", field="file", limit=f"{tools.settings.original_mb} MB")
    if caller.user is None:
        raise PortalError("forbidden")
    with db.unit_of_work(caller) as unit:
        locked_draft(unit.session, request.draft_id, request.version)
        name = originals.safe_name(request.name, ".pdf")
        row = TermsFile(
            id=new_id(), draft_id=request.draft_id, terms_id=None, name=name, size=request.size, sha256=None,
            blob_id=blobs.start_blob(unit.session, db.tables, name=name, media_type=terms.FILE_TYPE),
            added_at=now(), added_by=caller.user, added_by_name=caller.name,
        )  # fmt: skip
        unit.session.add(row)
        unit.session.flush()
        return view(row)


def append(db: Database, request: AppendTermsFile, caller: Caller) -> TermsFileView:
    """Take one piece; the last byte puts the file to its draft. Raises PortalError not_found, terms_file_type."""
    data = blobs.decode_piece(request.data)
    if not data:
        raise PortalError("malformed", field="data")
    with db.unit_of_work(caller) as unit:
        row = unit.session.get(TermsFile, request.file_id)
        if row is None or row.draft_id is None or row.added_by != caller.user:
            raise PortalError("not_found")
        # The draft first, as in publishing: two orders would be a deadlock.
        draft = locked_draft(unit.session, row.draft_id, None)
        unit.session.refresh(row, with_for_update=True)
        if row.sha256 is not None:
            return view(row)
        if request.offset == 0:
            terms.check_file(data)
        size = blobs.append_chunk(
            unit.session, db.tables, row.blob_id, data, offset=request.offset, max_bytes=row.size
        )
        if size == row.size:
            _put(unit, db, draft, row, caller)
        return view(row)


def _put(unit: UnitOfWork, db: Database, draft: TermsDraft, row: TermsFile, caller: Caller) -> None:
    _drop(unit.session, db, draft.id, but=row.id)
    row.sha256 = blobs.finish_blob(unit.session, db.tables, row.blob_id).sha256
    _changed(draft, caller)
    detail = {"title": draft.title, "file": row.name, "size": row.size, "sha256": row.sha256}
    unit.audit("identity.terms.add_file", on=("terms_draft", draft.id), detail=detail)
    unit.session.flush()


def remove(db: Database, request: RemoveTermsFile, caller: Caller) -> Done:
    """Take the file away from a draft. Raises PortalError not_found, stale."""
    with db.unit_of_work(caller) as unit:
        draft = locked_draft(unit.session, request.draft_id, request.version)
        if of_draft(unit.session, draft.id) is None:
            raise PortalError("not_found")
        _drop(unit.session, db, draft.id)
        _changed(draft, caller)
        unit.audit("identity.terms.remove_file", on=("terms_draft", draft.id), detail={"title": draft.title})
        return Done()


def read(db: Database, request: ReadTermsDraftFile) -> TermsPdf:
    """Return up to 512 KiB of a draft's file. Raises PortalError not_found."""
    with db.reading() as connection:
        row = of_draft(connection, request.draft_id)
    if row is None:
        raise PortalError("not_found")
    return piece(db, row, request.offset)


def piece(db: Database, row: Any, offset: int) -> TermsPdf:
    """Return up to 512 KiB of a kept file from `offset`. Raises PortalError malformed for one between two rows."""
    with db.reading() as connection:
        data = blobs.read_from(connection, db.tables, row.blob_id, offset)
    return TermsPdf(
        name=row.name, data=base64.b64encode(data).decode(), size=row.size, sha256=row.sha256,
        last=offset + len(data) >= row.size,
    )  # fmt: skip


def publish(session: Session, db: Database, draft_id: UUID, terms_id: UUID) -> dict[str, Any]:
    """Give a draft's file to the version it becomes; return what the audit trail keeps of it."""
    row = of_draft(session, draft_id)
    _drop(session, db, draft_id, but=row.id if row else None)
    if row is None:
        return {}
    session.execute(sa.update(TermsFile).where(TermsFile.id == row.id).values(draft_id=None, terms_id=terms_id))
    return {"file": row.name, "file_sha256": row.sha256}


def discard(session: Session, db: Database, draft_id: UUID) -> None:
    """Remove what was put to a draft that goes."""
    _drop(session, db, draft_id)


def of_draft(reader: sa.Connection | Session, draft_id: UUID) -> Any:
    """Return the complete file of a draft, None when it has none."""
    table = TermsFile.__table__
    statement = sa.select(table).where(table.c.draft_id == draft_id, table.c.sha256.is_not(None))
    return reader.execute(statement).first()


def view(row: Any) -> TermsFileView:
    """Return a file as staff see it."""
    return TermsFileView(
        file_id=row.id, name=row.name, size=row.size, sha256=row.sha256 or "", added_at=row.added_at,
        added_by=row.added_by_name,
    )  # fmt: skip


def locked_draft(session: Session, draft_id: UUID, version: int | None) -> TermsDraft:
    """Return a draft, locked. Raises PortalError not_found, stale for another version than `version`."""
    found: TermsDraft | None = session.get(TermsDraft, draft_id, with_for_update=True)
    if found is None:
        raise PortalError("not_found")
    if version is not None and found.version != version:
        raise PortalError("stale")
    return found


def _changed(draft: TermsDraft, caller: Caller) -> None:
    # Whoever touched it last cannot be the one who publishes it, and who publishes must have seen this very file.
    if caller.user is None:
        raise PortalError("forbidden")
    draft.drafted_by, draft.drafted_by_name, draft.updated_at = caller.user, caller.name, now()
    draft.version += 1


def _drop(session: Session, db: Database, draft_id: UUID, but: UUID | None = None) -> None:
    """Remove a draft's files, those on their way in too."""
    rows = session.execute(sa.select(TermsFile.id, TermsFile.blob_id).where(TermsFile.draft_id == draft_id)).all()
    for row in rows:
        if row.id != but:
            session.execute(sa.delete(TermsFile).where(TermsFile.id == row.id))
            blobs.delete_blob(session, db.tables, row.blob_id)

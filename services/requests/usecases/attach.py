"""Files of a case: uploaded piece by piece, the type told by the content, read by the owner and staff only."""

from __future__ import annotations

import base64
from typing import Any

import eventlet.tpool
import sqlalchemy as sa

from chassis import blobs
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.messages import Done
from chassis.unit_of_work import UnitOfWork
from services.requests import messages as m
from services.requests.domain import attachments as rule
from services.requests.domain import workflow
from services.requests.settings import settings
from services.requests.store import cases, forms, parts
from services.requests.store.tables import AttachmentRow, Case
from services.requests.usecases import drafts, view
from services.requests.usecases.reaching import reach


def _check_open(db: Database, case: Case) -> None:
    """Files are added to a draft, and to a case whose question the client is answering."""
    form = forms.get(db, case.form, case.form_version).form
    if case.case_no is None:
        drafts.check_editable(case, None)
    else:
        workflow.after(form, case.status, "answer_information", "client")


def start(db: Database, request: m.StartAttachment, caller: Caller) -> m.Attachment:
    """Open an upload. Raises attachment_size, attachment_empty, attachment_count, wrong_state, not_found."""
    limits = settings()
    rule.check_size(request.size, limits.attachment_mb * 1024 * 1024)
    name, moment = rule.safe_name(request.name), now()
    with db.unit_of_work(caller) as uow:
        case = cases.for_change(uow.session, request.case_id, *reach(caller))
        _check_open(db, case)
        form = forms.get(db, case.form, case.form_version).form
        if request.document is not None and request.document not in form.documents:
            raise PortalError("not_found", field="document")
        parts.remove_attachments(uow.session, db.tables, parts.abandoned(uow.session, case.id, moment))
        present = uow.session.execute(
            sa.select(sa.func.count()).select_from(AttachmentRow).where(AttachmentRow.case_id == case.id)
        ).scalar_one()
        rule.check_count(present, limits.attachment_count)
        blob_id = blobs.start_blob(uow.session, db.tables, name=name, media_type="application/octet-stream")
        row = AttachmentRow(
            id=new_id(), case_id=case.id, blob_id=blob_id, name=name, document=request.document, size=request.size,
            received=0, complete=False, added_by=caller.user, added_by_name=caller.name, added_at=moment,
        )  # fmt: skip
        uow.session.add(row)
        uow.session.flush()
        return view.attachment(row, removable=True)


def append(db: Database, request: m.AppendAttachment, caller: Caller) -> m.Attachment:
    """Take one piece (whole 256 KiB rows but for the last); the last byte completes the file.

    A file of a kind that is not allowed is removed at once. Raises attachment_type, attachment_offset, not_found.
    """
    try:
        return _append(db, request, caller)
    except PortalError as error:
        if error.code == "requests.attachment_type":
            _drop(db, request, caller)
        raise


def _drop(db: Database, request: m.AppendAttachment, caller: Caller) -> None:
    with db.unit_of_work(caller) as uow:
        row, case = _owned(uow, request.attachment_id, caller)
        name = row.name
        parts.remove_attachments(uow.session, db.tables, [row])
        uow.audit(
            "requests.attachment.add", on=("attachment", request.attachment_id), client=case.client_id,
            right="requests.submit", outcome="refused", detail={"case": str(case.id), "name": name},
        )  # fmt: skip


def _append(db: Database, request: m.AppendAttachment, caller: Caller) -> m.Attachment:
    data = blobs.decode_piece(request.data)
    with db.unit_of_work(caller) as uow:
        row, case = _owned(uow, request.attachment_id, caller)
        if row.complete:
            return view.attachment(row, removable=row.sent_at is None)
        _check_open(db, case)
        end = request.offset + len(data)
        # Whole rows but for the last one, so that a reader finds any offset without counting.
        whole = request.offset % blobs.ROW_BYTES == 0 and (end % blobs.ROW_BYTES == 0 or end == row.size)
        if not data or end > row.size or not whole:
            raise PortalError("requests.attachment_offset", field="offset")
        try:
            row.received = blobs.append_chunk(
                uow.session, db.tables, row.blob_id, data, offset=request.offset, max_bytes=row.size
            )
        except PortalError as error:
            raise PortalError("requests.attachment_offset", field="offset") from error
        if row.received == row.size:
            _complete(uow, db, row, case)
        uow.session.flush()
        return view.attachment(row, removable=True)


def _owned(uow: UnitOfWork, attachment_id: Any, caller: Caller) -> tuple[AttachmentRow, Case]:
    # The case is locked before its files, here as at the submission: two orders would be a deadlock.
    case_id = uow.session.execute(
        sa.select(AttachmentRow.case_id).where(AttachmentRow.id == attachment_id)
    ).scalar_one_or_none()
    if case_id is None:
        raise PortalError("not_found")
    case = cases.for_change(uow.session, case_id, *reach(caller))
    row = uow.session.get(AttachmentRow, attachment_id, with_for_update=True)
    if row is None:
        raise PortalError("not_found")
    return row, case


def _complete(uow: UnitOfWork, db: Database, row: AttachmentRow, case: Case) -> None:
    content = b"".join(blobs.read_blob(uow.session.connection(), db.tables, row.blob_id))
    # Unpacking a container's directory is work for another thread than the one that answers heartbeats.
    kind = eventlet.tpool.execute(rule.media_type, content)
    blob = blobs.finish_blob(uow.session, db.tables, row.blob_id)
    row.media_type, row.name = kind, rule.named_as(row.name, kind)
    row.sha256, row.complete = blob.sha256, True
    uow.audit(
        "requests.attachment.add", on=("attachment", row.id), client=case.client_id, right="requests.submit",
        detail={"case": str(case.id), "name": row.name, "size": row.size, "sha256": row.sha256},
    )  # fmt: skip


def remove(db: Database, request: m.RemoveAttachment, caller: Caller) -> Done:
    """Remove a file that was not sent yet. Raises not_found, wrong_state, already_submitted."""
    with db.unit_of_work(caller) as uow:
        row, case = _owned(uow, request.attachment_id, caller)
        if case.id != request.case_id:
            raise PortalError("not_found")
        if row.sent_at is not None:
            raise PortalError("requests.already_submitted")
        _check_open(db, case)
        name = row.name
        parts.remove_attachments(uow.session, db.tables, [row])
        uow.audit(
            "requests.attachment.remove", on=("attachment", request.attachment_id), client=case.client_id,
            right="requests.submit", detail={"case": str(case.id), "name": name},
        )  # fmt: skip
    return Done()


def read(db: Database, request: m.ReadAttachment, caller: Caller) -> m.AttachmentChunk:
    """Return up to 512 KiB from `offset`, which is a multiple of that. Raises not_found for whoever may not see it."""
    with db.reading() as connection:
        row = connection.execute(
            sa.select(AttachmentRow.__table__).where(parts.A.id == request.attachment_id, parts.A.complete)
        ).first()
        if row is None or (caller.kind != "user" and row.sent_at is None):
            raise PortalError("not_found")
        case = cases.get(connection, row.case_id, *reach(caller))
        data = blobs.read_from(connection, db.tables, row.blob_id, request.offset)
    if request.offset == 0:
        db.disclosed(
            "requests.attachment.view", caller=caller, on=("attachment", row.id), client=case.client_id,
            right="requests.submit" if caller.kind == "user" else "staff",
        )  # fmt: skip
    return m.AttachmentChunk(
        attachment=view.attachment(row, removable=False),
        offset=request.offset,
        data=base64.b64encode(data).decode(),
        last=request.offset + len(data) >= row.size,
    )

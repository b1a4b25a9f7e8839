"""The PDF file a version of the terms was approved in: put to its draft, looked at by who publishes it (S0-22)."""

from __future__ import annotations

import base64
from typing import IO
from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import role
from chassis.errors import PortalError
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.pages.public import download
from gateway.routing import page
from gateway.staff.terms import KEEPS, draft_of
from gateway.views import confirm_page, go, render
from services.identity.messages import (
    AppendTermsFile,
    ReadTermsDraftFile,
    RemoveTermsFile,
    StartTermsFile,
    TermsFileView,
)

bp = Blueprint("staff_terms_files", __name__)
SEES = role("administrator", "customer_service", "auditor")
PIECE = 512 * 1024
UPLOAD_BYTES = 13 * 1024 * 1024


@page(bp, "/staff/terms/drafts/<uuid:draft_id>/file", methods=["GET", "POST"], allow=KEEPS, max_bytes=UPLOAD_BYTES)
def put(draft_id: UUID) -> Response:
    draft = draft_of(draft_id)
    form = Form.of_request({"version": draft.version})
    if form.submitted:
        with form.catch():
            file = form.file("file")
            size = file.stream.seek(0, 2) if file is not None else 0
            if file is None or not size:
                raise PortalError("required", field="file")
            file.stream.seek(0)
            asked = form.read(StartTermsFile, draft_id=draft_id, name=(file.filename or "terms.pdf")[-200:], size=size)
            send(asked, file.stream)
            return go(url_for("staff_terms.index"), _("The file is added. Somebody else must publish the draft."))
    return render("staff/terms/file.html", form.status, form=form, draft=draft)


def send(asked: StartTermsFile, stream: IO[bytes]) -> TermsFileView:
    """Send a file to identity piece by piece. Raises its refusals: type, size, version."""
    kept = call(asked)
    offset = 0
    while offset < asked.size:
        piece = stream.read(PIECE)
        kept = call(AppendTermsFile(file_id=kept.file_id, offset=offset, data=base64.b64encode(piece).decode()))
        offset += len(piece)
    return kept


@page(bp, "/staff/terms/drafts/<uuid:draft_id>/file/remove", methods=["GET", "POST"], allow=KEEPS)
def remove(draft_id: UUID) -> Response:
    draft = draft_of(draft_id)
    if draft.file is None:
        raise PortalError("not_found")
    form = Form.of_request()
    home = url_for("staff_terms_files.put", draft_id=draft_id)
    if form.submitted:
        with form.catch():
            call(RemoveTermsFile(draft_id=draft_id, version=draft.version))
            return go(home, _("The file is removed."))
    return confirm_page(
        _("Remove the file?"), [draft.file.name], button=_("Remove the file"), cancel=home, form=form, tone="danger"
    )


@page(bp, "/staff/terms/drafts/<uuid:draft_id>/file.pdf", allow=SEES)
def read(draft_id: UUID) -> Response:
    return file_of(draft_id)


def file_of(draft_id: UUID) -> Response:
    """Return the file of a draft as a download."""
    return download(
        lambda offset: ReadTermsDraftFile(draft_id=draft_id, offset=offset), f"terms-draft-{draft_id}.pdf"
    )

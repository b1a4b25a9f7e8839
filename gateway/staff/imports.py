"""Importing register files: upload, progress, result, what was wrong."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import role
from chassis.errors import PortalError
from gateway.bus import call, gather
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.importing import UPLOAD_BYTES, send_file
from gateway.lists import Listing
from gateway.pages.permits import download
from gateway.routing import Nav, page
from gateway.views import go, render
from gateway.work import current
from services.permits.messages import (
    AppendImportChunk,
    FinishImport,
    GetImport,
    ImportReport,
    ListImportProblems,
    ListImports,
    StartImport,
)

bp = Blueprint("staff_imports", __name__)

IMPORTERS = role("permit_engineer", "administrator")
READERS = role("permit_engineer", "administrator", "auditor")


@page(bp, "/staff/imports", allow=READERS, nav=Nav(N_("Imports"), "file-earmark-arrow-up", 25))
def index() -> Response:
    listing = Listing.of_request(ListImports)
    return render("staff/imports/index.html", listing=listing, page=call(listing.request), form=Form.of_request())


@page(bp, "/staff/imports/new", methods=["GET", "POST"], allow=IMPORTERS, max_bytes=UPLOAD_BYTES)
def upload() -> Response:
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            opened = send_file(form, StartImport, AppendImportChunk, FinishImport)
            return go(url_for("staff_imports.show", import_id=opened.import_id), _("The file has arrived."))
    return render("staff/imports/upload.html", form.status, form=form, limit=UPLOAD_BYTES)


@page(bp, "/staff/imports/<uuid:import_id>", allow=READERS)
def show(import_id: UUID) -> Response:
    listing = Listing.of_request(ListImportProblems, limit=50, import_id=import_id)
    state, problems = gather([GetImport(import_id=import_id), listing.request])
    language = current().language
    sentences = [PortalError(one.code, **one.params).sentence(language) for one in problems.items]
    return render(
        "staff/imports/show.html", state=state, listing=listing, page=problems,
        rows=list(zip(problems.items, sentences, strict=True)),
    )


@page(bp, "/staff/imports/<uuid:import_id>/report.csv", allow=READERS)
def report(import_id: UUID) -> Response:
    asked = ImportReport(import_id=import_id, language=current().language)
    return download(asked, f"import-report-{import_id}.csv", "text/csv; charset=utf-8")

"""Importing registers of clients: upload, progress, result, what was wrong."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, url_for

from chassis.access import role
from chassis.errors import PortalError
from gateway.bus import call, gather
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.importing import UPLOAD_BYTES, send_file
from gateway.lists import Listing
from gateway.pages.permits import download
from gateway.routing import page
from gateway.views import go, render
from gateway.work import current
from services.identity.messages import (
    AppendClientImport,
    ClientImportReport,
    FinishClientImport,
    GetClientImport,
    ListClientImportProblems,
    ListClientImports,
    StartClientImport,
)

bp = Blueprint("staff_client_imports", __name__)

KEEPS_CLIENTS = role("customer_service", "administrator")
SEES = role("customer_service", "administrator", "auditor")


@page(bp, "/staff/clients/imports", allow=SEES)
def index() -> Response:
    listing = Listing.of_request(ListClientImports)
    return render("staff/client_imports/index.html", listing=listing, page=call(listing.request))


@page(bp, "/staff/clients/imports/new", methods=["GET", "POST"], allow=KEEPS_CLIENTS, max_bytes=UPLOAD_BYTES)
def upload() -> Response:
    form = Form.of_request({"source": "klienti"})
    if form.submitted:
        with form.catch():
            opened = send_file(form, StartClientImport, AppendClientImport, FinishClientImport)
            return go(url_for("staff_client_imports.show", import_id=opened.import_id), _("The file has arrived."))
    return render("staff/client_imports/upload.html", form.status, form=form, limit=UPLOAD_BYTES)


@page(bp, "/staff/clients/imports/<uuid:import_id>", allow=SEES)
def show(import_id: UUID) -> Response:
    listing = Listing.of_request(ListClientImportProblems, limit=50, import_id=import_id)
    state, problems = gather([GetClientImport(import_id=import_id), listing.request])
    language = current().language
    sentences = [PortalError(one.code, **one.params).sentence(language) for one in problems.items]
    return render(
        "staff/client_imports/show.html", state=state, listing=listing, page=problems,
        rows=list(zip(problems.items, sentences, strict=True)),
    )


@page(bp, "/staff/clients/imports/<uuid:import_id>/report.csv", allow=KEEPS_CLIENTS)
def report(import_id: UUID) -> Response:
    asked = ClientImportReport(import_id=import_id, language=current().language)
    return download(asked, f"client-import-report-{import_id}.csv", "text/csv; charset=utf-8")

"""The audit trail in the staff console: searched, opened record by record, exported as evidence (S1-65, B-21)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request, url_for

from chassis.access import fresh, role
from chassis.text import fold
from gateway.bus import call
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.pieces import piecewise
from gateway.routing import Nav, page
from gateway.views import go, render
from gateway.work import current
from services.identity.messages import (
    AskAuditExport,
    AuditFilter,
    GetAuditEntry,
    GetAuditExport,
    ListAudit,
    ListAuditExports,
    ReadAuditExport,
    trail_words,
)

bp = Blueprint("staff_audit", __name__)

WATCHES = role("auditor", "administrator")
FILTERS = tuple(AuditFilter.model_fields)


@page(bp, "/staff/audit", allow=WATCHES, nav=Nav(N_("Audit trail"), "shield-check", 80))
def index() -> Response:
    listing = Listing.of_request(ListAudit, filters=FILTERS)
    language = current().language
    actions = _in_words(trail_words.ACTIONS, trail_words.action_words, language)
    kinds = _in_words(trail_words.OBJECTS | trail_words.KINDS, trail_words.object_words, language)
    return render(
        "staff/audit/index.html", listing=listing, page=call(listing.request), chosen=_chosen(listing), actions=actions,
        kinds=kinds,
    )  # fmt: skip


def _in_words(codes: Iterable[str], words: Callable[[str, str], str], language: str) -> list[tuple[str, str]]:
    return sorted(((code, words(code, language)) for code in codes), key=lambda pair: fold(pair[1]))


@page(bp, "/staff/audit/records/<uuid:record_id>", allow=WATCHES)
def show(record_id: UUID) -> Response:
    return render("staff/audit/show.html", entry=call(GetAuditEntry(record_id=record_id)))


@page(bp, "/staff/audit/exports", allow=WATCHES)
def exports() -> Response:
    listing = Listing.of_request(ListAuditExports)
    return render("staff/audit/exports.html", listing=listing, page=call(listing.request))


@page(bp, "/staff/audit/exports/new", methods=["GET", "POST"], allow=fresh(WATCHES))
def ask_export() -> Response:
    listing = Listing.of_request(ListAudit, filters=FILTERS, limit=1)
    form = Form.of_request(initial=_chosen(listing))
    if form.submitted:
        with form.catch():
            asked = call(form.read(AskAuditExport, language=current().language))
            return go(url_for("staff_audit.export", export_id=asked.export_id), _("The export is being prepared."))
    chosen: dict[str, Any] = {name: form.value(name) for name in FILTERS if form.value(name)}
    if listing.wrong is not None or any(name in form.errors for name in FILTERS):
        return go(url_for("staff_audit.index", **chosen))  # where each filter stands with what is wrong with it
    return render("staff/audit/ask.html", form.status, form=form, chosen=chosen)


@page(bp, "/staff/audit/exports/<uuid:export_id>", allow=WATCHES)
def export(export_id: UUID) -> Response:
    return render("staff/audit/export.html", export=call(GetAuditExport(export_id=export_id)))


@page(bp, "/staff/audit/exports/<uuid:export_id>/file", allow=fresh(WATCHES))
def download(export_id: UUID) -> Response:
    return piecewise(lambda number: ReadAuditExport(export_id=export_id, number=number), "application/zip")


def _chosen(listing: Listing[ListAudit]) -> dict[str, str]:
    return {name: listing.chosen(name) for name in FILTERS if name in request.args and listing.chosen(name)}

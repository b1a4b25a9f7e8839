"""Public papers: terms of use with their history, privacy, accessibility."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response

from chassis.access import public
from gateway.bus import call
from gateway.routing import page
from gateway.views import render
from services.identity.messages import GetTerms, ListTerms

bp = Blueprint("public", __name__)


@page(bp, "/terms", allow=public, pending=True)
def terms() -> Response:
    return render("pages/public/terms.html", versions=call(ListTerms()).items)


@page(bp, "/terms/<uuid:terms_id>", allow=public, pending=True)
def terms_version(terms_id: UUID) -> Response:
    return render("pages/public/terms_version.html", terms=call(GetTerms(terms_id=terms_id)))


@page(bp, "/privacy", allow=public, pending=True)
def privacy() -> Response:
    return render("pages/public/privacy.html")


@page(bp, "/accessibility", allow=public, pending=True)
def accessibility() -> Response:
    return render("pages/public/accessibility.html")

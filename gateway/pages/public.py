"""Public papers: terms of use with their history, privacy, accessibility."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, Response

from chassis.access import public
from chassis.messages import Request
from gateway.bus import call
from gateway.pieces import from_offset
from gateway.routing import page
from gateway.views import render
from services.identity.messages import GetTerms, ListTerms, TermsFile, TermsPdf

bp = Blueprint("public", __name__)


@page(bp, "/terms", allow=public, pending=True)
def terms() -> Response:
    return render("pages/public/terms.html", versions=call(ListTerms()).items)


@page(bp, "/terms/<uuid:terms_id>", allow=public, pending=True)
def terms_version(terms_id: UUID) -> Response:
    return render("pages/public/terms_version.html", terms=call(GetTerms(terms_id=terms_id)))


@page(bp, "/terms/<uuid:terms_id>/download", allow=public, pending=True)
def terms_file(terms_id: UUID) -> Response:
    """The version as PDF to keep (S0-22)."""
    return pdf_of(terms_id)


def pdf_of(terms_id: UUID) -> Response:
    """Return the file of a version; it never changes, so whoever has it keeps it."""
    answer = download(lambda offset: TermsFile(terms_id=terms_id, offset=offset), f"terms-{terms_id}.pdf")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


def download(piece_at: Callable[[int], Request[TermsPdf]], plain: str) -> Response:
    """Return a PDF file that comes in pieces as a download; `plain` is its name for what reads ASCII only."""
    first = call(piece_at(0))
    return from_offset(
        first, piece_at, name=first.name, size=first.size, media_type="application/pdf", plain=plain
    )


@page(bp, "/privacy", allow=public, pending=True)
def privacy() -> Response:
    return render("pages/public/privacy.html")


@page(bp, "/accessibility", allow=public, pending=True)
def accessibility() -> Response:
    return render("pages/public/accessibility.html")

"""Public papers: terms of use with their history, privacy, accessibility."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response

from chassis.access import public
from chassis.days import format_day
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


@page(bp, "/terms/<uuid:terms_id>/download", allow=public, pending=True)
def terms_file(terms_id: UUID) -> Response:
    """The text as a file to keep (S0-22)."""
    terms = call(GetTerms(terms_id=terms_id))
    name = f"terms-{terms.approved_on.isoformat()}.txt"
    return Response(
        f"{terms.title}\n{format_day(terms.approved_on)}\n\n{terms.text or ''}\n",
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@page(bp, "/privacy", allow=public, pending=True)
def privacy() -> Response:
    return render("pages/public/privacy.html")


@page(bp, "/accessibility", allow=public, pending=True)
def accessibility() -> Response:
    return render("pages/public/accessibility.html")

"""Language and appearance: kept in cookies, the language also in the profile of whoever is signed in."""

from __future__ import annotations

from flask import Blueprint, Response, request

from chassis.access import public
from chassis.errors import PortalError
from gateway.bus import call
from gateway.routing import page
from gateway.security import safe_next
from gateway.session import cache
from gateway.settings import settings
from gateway.views import go
from gateway.work import current
from services.identity.messages import UpdateProfile

bp = Blueprint("preferences", __name__)
YEAR = 365 * 24 * 3600


@page(bp, "/preferences", methods=["POST"], allow=public, pending=True)
def change() -> Response:
    return _changed()


@page(bp, "/staff/preferences", methods=["POST"], allow=public, pending=True)
def staff_change() -> Response:
    """The same for the staff console: its session, and so its form's token, is another one."""
    return _changed()


def _changed() -> Response:
    work = current()
    language, theme = request.form.get("language"), request.form.get("theme")
    options = {"max_age": YEAR, "samesite": "Lax", "secure": settings().secure, "path": "/", "httponly": True}
    if language in ("lv", "en"):
        work.cookies.append({"key": "language", "value": language, **options})
        _keep_in_profile(language)
    if theme in ("light", "dark", "auto"):
        work.cookies.append({"key": "theme", "value": theme, **options})
    return go(safe_next(request.form.get("next")))


def _keep_in_profile(language: str) -> None:
    work = current()
    if work.entry is None or work.entry.claims.terms_to_accept is not None or work.entry.claims.language == language:
        return
    try:
        call(UpdateProfile(language=language), timeout=2.0)
    except PortalError as error:
        if error.status < 500:
            raise
        return  # identity is away for a moment: the cookie switches the pages, the profile follows next time
    cache.forget(work.entry.secret)

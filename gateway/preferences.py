"""Language and appearance as a person chooses them: kept in cookies, the language also in their profile."""

from __future__ import annotations

from typing import Any

from chassis.errors import PortalError
from gateway.bus import call
from gateway.session import cache
from gateway.settings import settings
from gateway.work import Work
from services.identity.messages import UpdateProfile

YEAR = 365 * 24 * 3600


def keep(work: Work, language: str | None, theme: str | None) -> None:
    """Keep what was chosen for this browser; anything else than what there is to choose counts for nothing."""
    options: dict[str, Any] = {
        "max_age": YEAR, "samesite": "Lax", "secure": settings().secure, "path": "/", "httponly": True,
    }
    if language in ("lv", "en"):
        work.cookies.append({"key": "language", "value": language, **options})
        _keep_in_profile(work, language)
    if theme in ("light", "dark", "auto"):
        work.cookies.append({"key": "theme", "value": theme, **options})


def chosen(work: Work, name: str) -> str | None:
    """Return what holds for this answer: chosen with this very request, or before."""
    now = [cookie["value"] for cookie in work.cookies if cookie["key"] == name]
    return now[-1] if now else work.request.cookies.get(name)


def _keep_in_profile(work: Work, language: str) -> None:
    if work.entry is None or work.entry.claims.terms_to_accept is not None or work.entry.claims.language == language:
        return
    try:
        call(UpdateProfile(language=language), timeout=2.0)
    except PortalError as error:
        if error.status < 500:
            raise
        return  # identity is away for a moment: the cookie switches the pages, the profile follows next time
    cache.forget(work.entry.secret)

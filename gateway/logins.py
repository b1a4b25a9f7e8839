"""What pages of unified login share: the providers, remembered for a minute, and the cookie that ties a login to its
browser."""

from __future__ import annotations

import secrets
import time

from flask import request

from chassis.errors import PortalError
from gateway.bus import call
from gateway.settings import settings
from gateway.work import Work, current
from services.identity.messages import ListLoginProviders, LoginProvider

KEEP_SECONDS = 60.0
COOKIE_SECONDS = 1800
_known: tuple[float, list[LoginProvider]] = (0.0, [])


def providers() -> list[LoginProvider]:
    """Return the providers people may choose; the ones known last, or none, while identity cannot be asked."""
    global _known
    until, found = _known
    if time.monotonic() < until:
        return found
    try:
        found = call(ListLoginProviders()).items
    except PortalError:
        return found
    _known = (time.monotonic() + KEEP_SECONDS, found)
    return found


def name_of(provider: str) -> str:
    """Return what people call a provider; its id when it is no longer there."""
    found = next((one for one in providers() if one.provider == provider), None)
    return getattr(found.name, current().language) if found else provider


def method_name(method: str) -> str:
    """Return how somebody signed in, for people: the provider of `oidc:eparaksts`, "" for a password."""
    kind, _, provider = method.partition(":")
    return name_of(provider) if kind in ("oidc", "wsfed") else ""


def _cookie_name() -> str:
    return "__Host-login" if settings().secure else "login"


def browser_secret(work: Work, *, fresh: bool = False) -> str:
    """Return the secret of this browser, given to it when it has none; `fresh` gives a new one in any case.

    A provider may send the browser back by a form of its own site, and then only a cookie with SameSite=None comes
    along. That is why this one is apart from the session: alone it opens nothing.
    """
    found = None if fresh else request.cookies.get(_cookie_name())
    if found is not None and 20 <= len(found) <= 128 and found.isascii():
        return found
    made = secrets.token_urlsafe(32)
    secure = settings().secure
    work.cookies.append({
        "key": _cookie_name(), "value": made, "max_age": COOKIE_SECONDS, "secure": secure, "httponly": True,
        "samesite": "None" if secure else "Lax", "path": "/",
    })
    return made

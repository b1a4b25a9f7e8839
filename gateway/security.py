"""CSRF tokens, safe return addresses, response headers."""

from __future__ import annotations

import base64
import hmac
import secrets
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Response, request

from chassis.errors import PortalError
from gateway.session import bearer, cookie_name
from gateway.settings import settings
from gateway.work import Work, current

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN_FIELD, TOKEN_HEADER = "csrf_token", "X-CSRF-Token"
CLIENT_FIELD = "acting_for"


def visit_cookie() -> str:
    """Return the name of the cookie that ties a visitor's forms to their browser before sign-in."""
    return "__Host-visit" if settings().secure else "visit"


def _token(seed: str) -> str:
    digest = hmac.digest(settings().secret_key.encode(), b"csrf:" + seed.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _seed(work: Work) -> str | None:
    return work.entry.secret if work.entry is not None else request.cookies.get(visit_cookie())


def csrf_token() -> str:
    """Return the token for a form on this page; made only when a page really holds a form."""
    work = current()
    seed = _seed(work) or work.visit
    if seed is None:
        seed = work.visit = secrets.token_urlsafe(24)
        work.cookies.append({
            "key": visit_cookie(), "value": seed, "secure": settings().secure, "httponly": True, "samesite": "Lax",
            "path": "/",
        })
    return _token(seed)


def from_here() -> bool:
    """Tell whether the browser says the request comes from one of our own pages."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    return origin is None or origin in (settings().origin, f"{request.scheme}://{request.host}")


def came_plain() -> bool:
    """Tell whether this request came without TLS although people reach the portal over it.

    The server knows TLS of its own; a proxy of ours says it in X-Forwarded-Proto.
    """
    if not settings().secure or request.scheme == "https":
        return False
    trusted = settings().trusted_proxies
    listed = [part.strip() for part in request.headers.get("X-Forwarded-Proto", "").split(",") if part.strip()]
    return not (trusted and listed and listed[-min(trusted, len(listed))] == "https")


class CsrfRefused(PortalError):
    """The form came without its token, or from somewhere else (400)."""

    def __init__(self) -> None:
        super().__init__("form_expired", status=400)


def check_csrf(work: Work, *, api: bool) -> None:
    """Raise CsrfRefused unless a changing request proves that it comes from a page of ours.

    A bearer secret is never sent by a browser of itself, so it needs no token.
    """
    request = work.request
    if request.method in SAFE_METHODS or (api and bearer(request) is not None):
        return
    if api and work.entry is None:
        return  # nobody's authority can be abused; the route's own rule decides
    given = request.headers.get(TOKEN_HEADER) or ("" if api else request.form.get(TOKEN_FIELD, ""))
    seed = _seed(work)
    if not from_here() or seed is None or not hmac.compare_digest(given.encode(), _token(seed).encode()):
        raise CsrfRefused


def check_client(work: Work) -> None:
    """Raise PortalError client_changed when a form was made for another client than the one now acted for.

    In another window the person may have chosen another client meanwhile: what was typed for one is not done to the
    other.
    """
    made_for = work.request.form.get(CLIENT_FIELD)
    if made_for and work.entry is not None and str(work.entry.claims.client_id) != made_for:
        raise PortalError("client_changed")


def safe_next(target: str | None, fallback: str = "/") -> str:
    """Return a path on this portal to go to, `fallback` for anything that could lead elsewhere."""
    if not target or len(target) > 2000 or not target.startswith("/") or target.startswith(("//", "/\\")):
        return fallback
    if any(ord(c) < 33 or c == "\\" for c in target):
        return fallback
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else fallback


@lru_cache(maxsize=2)
def page_headers(secure: bool) -> tuple[tuple[str, str], ...]:
    """Return the headers of every answer; pages load nothing from elsewhere and run no inline script."""
    form_action = " ".join(("'self'", *settings().form_targets))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
    )
    headers = [
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ]
    if secure:
        headers.append(("Strict-Transport-Security", "max-age=63072000; includeSubDomains"))
    return tuple(headers)


@lru_cache(maxsize=2)
def data_headers(secure: bool) -> tuple[tuple[str, str], ...]:
    """Return the headers of API answers: data, never a page."""
    headers = [
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ]
    if secure:
        headers.append(("Strict-Transport-Security", "max-age=63072000; includeSubDomains"))
    return tuple(headers)


def write_cookies(response: Response, work: Work) -> None:
    """Put the cookies that came up during the work into the answer."""
    for cookie in work.cookies:
        response.set_cookie(**cookie)


__all__ = [
    "CLIENT_FIELD", "CsrfRefused", "came_plain", "check_client", "check_csrf", "cookie_name", "csrf_token",
    "data_headers", "from_here", "page_headers", "safe_next", "visit_cookie", "write_cookies",
]

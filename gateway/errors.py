"""From errors to answers: a page in the person's language or RFC 9457 problem details, with the reference number."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any, cast

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from chassis.errors import ErrorTable, PortalError
from chassis.telemetry import get_logger
from gateway.security import CsrfRefused
from gateway.settings import settings
from gateway.work import current

log = get_logger(__name__)

ERRORS = ErrorTable(
    "",
    {
        "form_expired": (
            400,
            "Lapa bija atvērta pārāk ilgi vai pārlūks nepieņem sīkdatnes. Nosūtiet vēlreiz.",
            "The page was open for too long, or the browser does not accept cookies. Send it again.",
        ),
        "client_changed": (
            409,
            "Veidlapa bija aizpildīta citam klientam, nekā tam, kura vārdā Jūs tagad rīkojaties.",
            "The form was filled for another client than the one you act for now.",
        ),
        "bad_request": (400, "Pieprasījumu nevarēja nolasīt.", "The request could not be read."),
        "method_not_allowed": (405, "Šī adrese tādu darbību nepieņem.", "This address does not take that method."),
        "tls_needed": (403, "Portālu var lietot tikai ar https.", "The portal takes https only."),
        "not_acceptable": (406, "Pieprasītajā formātā atbildes nav.", "There is no answer in the format asked for."),
        "unsupported_media_type": (415, "Saturam jābūt JSON formātā.", "The content must be JSON."),
        "terms_first": (
            403,
            "Vispirms izlasiet un apstipriniet portāla lietošanas noteikumus.",
            "Please read and accept the terms of use first.",
        ),
        "password_first": (
            403,
            "Vispirms nomainiet paroli.",
            "Please change your password first.",
        ),
        "maintenance": (
            503,
            "Portālā pašlaik notiek uzturēšanas darbi. Jūsu dati ir drošībā.",
            "The portal is under maintenance at the moment. None of your data are lost.",
        ),
        "switched_off": (
            503,
            "Šī portāla daļa pašlaik nav pieejama. Izmantojiet citu saziņas veidu.",
            "This part of the portal is not available at the moment. Please reach us another way.",
        ),
        "passwords_differ": (422, "Abām parolēm jābūt vienādām.", "Both passwords must be the same."),
        "not_one_client": (
            422,
            "Neatbilst tieši viens klients. Precizējiet numuru vai nosaukumu.",
            "Not exactly one client fits. Give the number or name more precisely.",
        ),
        "precondition_required": (428, "Norādiet galveni If-Match.", "Give the header If-Match."),
    },
)
_BY_STATUS = {
    400: "bad_request", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    406: "not_acceptable", 409: "conflict", 412: "stale", 413: "too_large", 415: "unsupported_media_type",
    422: "invalid", 429: "too_many", 503: "unavailable", 504: "deadline",
}


def problem(error: PortalError, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return RFC 9457 problem details for an error, in the caller's language."""
    work = current()
    body: dict[str, Any] = {
        "type": f"{settings().public_url}/problems/{error.code}",
        "title": error.sentence(work.language),
        "status": error.status,
        "code": error.code,
        "reference": work.reference,
        "instance": request.path,
    }
    if error.field:
        body["field"] = error.field
    if error.code == "assurance_needed":
        body["level"] = error.params.get("level")
    if error.errors:
        body["errors"] = [
            {"field": e.field, "code": e.code, "detail": PortalError(e.code, **e.params).sentence(work.language)}
            for e in error.errors
        ]
    response = Response(orjson.dumps(body), error.status, content_type="application/problem+json")
    if headers:
        response.headers.update(headers)
    if error.status == 401:
        brought = ', error="invalid_token"' if request.headers.get("Authorization") else ""  # RFC 6750, 3
        response.headers.setdefault("WWW-Authenticate", f'Bearer realm="portal"{brought}')
    if error.status in (429, 503):
        response.headers.setdefault("Retry-After", str(error.params.get("retry_after", 5)))
    return response


def wants_data() -> bool:
    """Tell whether this request is one of the API's."""
    return request.path.startswith(("/api/", "/.well-known/", "/oauth/"))


def answer(error: PortalError) -> Response:
    """Return the answer to an error: problem details for the API, a page for people."""
    if wants_data():
        return problem(error)
    from gateway.views import error_page

    return error_page(error)


def _on_portal_error(error: PortalError) -> Response:
    work = current()
    if error.status >= 500:
        log.warning("request failed", code=error.code, path=request.path, method=request.method)
    if error.code == "identity.session_ended" and work.entry is not None:
        from gateway import session

        session.cache.forget(work.entry.secret)
    return answer(error)


def _on_http_error(error: HTTPException) -> Response:
    if error.response is not None or 300 <= (error.code or 500) < 400:
        return cast(Response, error.get_response())  # a redirect, raised as an exception
    status = error.code or 500
    refusal = PortalError(_BY_STATUS.get(status, "internal"), status=status)
    if status == 413:
        refusal.params["limit"] = f"{(request.max_content_length or 0) // 1024} KiB"
    response = answer(refusal)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after", "range"):
            response.headers[name] = value
    return response


def _on_anything(error: Exception) -> Response:
    # The reference number on the page leads to this line; nothing of the error itself goes out.
    log.error("unexpected error", path=request.path, method=request.method, error="".join(
        traceback.format_exception(error)))
    return answer(PortalError("internal"))


def register(app: Flask) -> None:
    """Answer every kind of error in one place."""
    app.register_error_handler(PortalError, _on_portal_error)
    app.register_error_handler(CsrfRefused, _on_portal_error)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_anything)

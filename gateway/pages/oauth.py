"""The token endpoint for machine clients: OAuth 2.0 client credentials (RFC 6749, 4.4) and its metadata (RFC 8414)."""

from __future__ import annotations

import base64
import binascii
from typing import Any, get_args
from urllib.parse import unquote_plus

import orjson
from flask import Blueprint, Response, request

from chassis.access import public
from chassis.errors import PortalError
from gateway.bus import call
from gateway.pages.wellknown import document
from gateway.ratelimit import limiter
from gateway.routing import page
from gateway.settings import settings
from gateway.work import current
from services.identity.messages import IssueMachineToken, MachineScope

bp = Blueprint("oauth", __name__)
FORM = "application/x-www-form-urlencoded"
LONGEST = 500


class Refused(Exception):
    """An error of RFC 6749, 5.2."""

    def __init__(self, error: str, description: str, status: int = 400, retry_after: int | None = None) -> None:
        super().__init__(error)
        self.error, self.description, self.status, self.retry_after = error, description, status, retry_after


@page(bp, "/oauth/token", methods=["POST"], allow=public, csrf=False, pending=True, kind="data")
def token() -> Response:
    """Client credentials for an access token of five minutes, to be sent as `Authorization: Bearer …` to /api/v1."""
    try:
        return _answer(_granted())
    except Refused as refusal:
        answer = _answer({"error": refusal.error, "error_description": refusal.description}, refusal.status)
        if refusal.status == 401:
            answer.headers["WWW-Authenticate"] = 'Basic realm="portal", charset="UTF-8"'
        if refusal.retry_after is not None:
            answer.headers["Retry-After"] = str(refusal.retry_after)
        return answer


def _granted() -> dict[str, Any]:
    fields = _fields()
    client_id, secret = _credentials(fields)
    work = current()
    try:
        limiter.check(f"oauth:{work.address}", settings().machine_tokens_per_minute)
        # RFC 6749, 3.2: who it is comes before what it wants.
        grant = fields.get("grant_type")
        if grant is None:
            raise Refused("invalid_request", "grant_type is missing")
        if grant != "client_credentials":
            raise Refused("unsupported_grant_type", "only client_credentials is supported")
        given = call(IssueMachineToken(
            client_id=client_id, client_secret=secret, scope=fields.get("scope"), address=work.address,
        ))
    except PortalError as error:
        raise _translated(error) from error
    return {
        "access_token": given.access_token, "token_type": "Bearer", "expires_in": given.expires_in,
        "scope": given.scope,
    }


def _fields() -> dict[str, str]:
    """Return the parameters of the body. Raises Refused for a repeated, overlong or misplaced one."""
    if request.mimetype != FORM:
        raise Refused("invalid_request", f"the body must be {FORM}")
    if request.args:
        raise Refused("invalid_request", "parameters belong in the body, not in the address")
    found: dict[str, str] = {}
    for name in request.form:
        values = [value for value in request.form.getlist(name) if value]
        if len(values) > 1:
            raise Refused("invalid_request", "a parameter is repeated")
        if values and (len(values[0]) > LONGEST or not values[0].isprintable()):
            raise Refused("invalid_request", "a parameter is malformed")
        if values:  # a parameter without a value is one that was left out
            found[name] = values[0]
    return found


def _credentials(fields: dict[str, str]) -> tuple[str, str]:
    """Return client id and secret from the header (Basic) or the body, never from both."""
    header = request.headers.get("Authorization")
    in_body = "client_secret" in fields
    if header is not None and in_body:
        raise Refused("invalid_request", "use one way to authenticate, not two")
    if header is not None:
        return _basic(header, fields)
    if "client_id" not in fields or not in_body:
        raise Refused("invalid_client", "client authentication is missing", 401)
    return fields["client_id"], fields["client_secret"]


def _basic(header: str, fields: dict[str, str]) -> tuple[str, str]:
    kind, _, encoded = header.partition(" ")
    try:
        if kind.lower() != "basic":
            raise ValueError(kind)
        name, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (ValueError, binascii.Error) as error:
        raise Refused("invalid_client", "the Authorization header cannot be read", 401) from error
    # Both parts are form-encoded before they are joined (RFC 6749, 2.3.1).
    client_id, secret = unquote_plus(name), unquote_plus(secret)
    if not colon or not client_id or not secret or len(client_id) > 100 or len(secret) > 200:
        raise Refused("invalid_client", "the Authorization header cannot be read", 401)
    if fields.get("client_id", client_id) != client_id:
        raise Refused("invalid_request", "the body names another client than the header")
    return client_id, secret


def _translated(error: PortalError) -> Refused:
    if error.code == "identity.scope_not_allowed":
        return Refused("invalid_scope", "the client may not have this scope")
    if error.status == 429:
        seconds = int(error.params.get("retry_after", 60))
        return Refused("temporarily_unavailable", "too many requests", 429, seconds)
    if error.status >= 500:
        return Refused("temporarily_unavailable", "try again in a moment", 503, 5)
    # A wrong secret, an unknown or disabled client, or credentials no client could have: one answer.
    return Refused("invalid_client", "the client was not accepted", 401)


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    answer = Response(orjson.dumps(body), status, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Pragma"] = "no-cache"
    return answer


@page(bp, "/.well-known/oauth-authorization-server", allow=public, pending=True, kind="data")
def metadata() -> Response:
    """What a client library needs to know (RFC 8414)."""
    base = settings().public_url.rstrip("/")
    return document({
        "issuer": base,
        "token_endpoint": f"{base}/oauth/token",
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "scopes_supported": list(get_args(MachineScope)),
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "service_documentation": f"{base}/api/v1/docs",
        "ui_locales_supported": ["lv", "en"],
    })

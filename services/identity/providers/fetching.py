"""Asking a provider over HTTP: bounded in time and size, never redirected, never cached by accident.

`requests` runs on green sockets in the service (chassis.run makes them so before anything is imported): while one login
waits for its provider, the others go on.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import orjson
import requests

from chassis.telemetry import get_logger
from services.identity.providers.base import Refused

CONNECT_SECONDS, READ_SECONDS = 3.05, 6.0
LARGEST = 256 * 1024

log = get_logger(__name__)


class Unavailable(Refused):
    """The provider does not answer, or with something that is no answer."""

    def __init__(self, why: str) -> None:
        super().__init__(why, "identity.provider_unavailable")


def check_address(url: str, secure: bool) -> str:
    """Return `url` when it may be used. Raises Refused for anything but https (http only on one machine)."""
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.fragment or parts.scheme not in ("https", "http"):
        raise Refused(f"address {url!r} is not usable")
    if parts.scheme == "http" and secure:
        raise Refused(f"address {url!r} is without TLS")
    return url


def get_json(url: str, *, bearer: str | None = None) -> dict[str, Any]:
    """GET a JSON object. Raises Unavailable."""
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    return _ask("GET", url, headers=headers)


def post_form(url: str, form: dict[str, str], *, basic: str | None = None) -> dict[str, Any]:
    """POST a form and return the JSON object of the answer, of an OAuth error (400, 401) too. Raises Unavailable."""
    headers = {"Accept": "application/json"} | ({"Authorization": f"Basic {basic}"} if basic else {})
    return _ask("POST", url, headers=headers, data=form, also=(400, 401))


def _ask(method: str, url: str, *, headers: dict[str, str], also: tuple[int, ...] = (), **how: Any) -> dict[str, Any]:
    try:
        # A session of its own: no cookies, no netrc; proxies of the environment are the operator's business.
        with (
            requests.Session() as session,
            session.request(
                method,
                url,
                headers=headers,
                auth=_no_auth,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
                **how,
            ) as response,
        ):
            if response.status_code != 200 and response.status_code not in also:
                raise Unavailable(f"{method} {url} answered {response.status_code}")
            body = _bounded(response)
    except requests.RequestException as error:
        raise Unavailable(f"{method} {url}: {type(error).__name__}") from error
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unavailable(f"{method} {url} answered no JSON") from error
    if not isinstance(found, dict):
        raise Unavailable(f"{method} {url} answered no JSON object")
    return found


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from looking for credentials in ~/.netrc, which would replace our own header."""
    return request


def _bounded(response: requests.Response) -> bytes:
    body = bytearray()
    for piece in response.iter_content(16 * 1024):
        body += piece
        if len(body) > LARGEST:
            raise Unavailable(f"{response.url} answered more than {LARGEST} bytes")
    return bytes(body)

"""The gateway: one Flask application, put together from the modules in pages/, staff/ and api/."""

from __future__ import annotations

import importlib
import pkgutil
import time
from types import ModuleType
from typing import Any, cast
from urllib.parse import quote

import orjson
from flask import Flask, Request, Response, redirect, request
from flask.json.provider import JSONProvider
from flask.sessions import SessionInterface

from chassis import telemetry
from chassis.errors import PortalError
from gateway import accesslog, assets, errors, health, routing, security, session, views
from gateway import api as api_package
from gateway import pages as pages_package
from gateway import staff as staff_package
from gateway.api._schema import document as api_document
from gateway.settings import settings
from gateway.work import Work, current


class _Orjson(JSONProvider):
    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj, default=str).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)


class _NoSession(SessionInterface):
    """Flask's own session is not used: no cookie is read, signed or written for it."""

    def open_session(self, app: Flask, request: Request) -> Any:
        return _EMPTY

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        return None


_EMPTY: dict[str, Any] = {}


def create_app() -> Flask:
    """Return the application. Raises when a route has no access rule or a setting is wrong."""
    telemetry.configure("gateway")
    app = Flask(__name__, static_folder=None)
    app.json = _Orjson(app)
    app.session_interface = _NoSession()
    app.response_class = _Answer
    app.config["MAX_CONTENT_LENGTH"] = settings().max_body_kib * 1024
    app.config["MAX_FORM_MEMORY_SIZE"] = settings().max_body_kib * 1024
    app.config["TRUSTED_HOSTS"] = None
    app.url_map.strict_slashes = False
    session.cache = session.SessionCache(session._resolve, settings().session_cache)
    errors.register(app)
    views.register(app)
    for package in (pages_package, staff_package, api_package):
        for module in _modules(package):
            app.register_blueprint(module.bp)
    app.add_url_rule("/static/<name>", endpoint="static", view_func=assets.serve)
    routing.check_routes(app, free=("static",))
    app.before_request(_over_tls)
    app.after_request(_finish)
    # Made once, before the fork; a route that cannot be described, or an icon set that is missing, stops the start.
    assets.assets()
    assets.icon("house")
    api_document()
    return app


def _modules(package: ModuleType) -> list[ModuleType]:
    found = []
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda entry: entry.name):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        if hasattr(module, "bp"):
            found.append(module)
    return found


class _Answer(Response):
    """A response whose last headers are added as they are, without going through the header object."""

    last: tuple[tuple[str, str], ...] = ()

    def get_wsgi_response(self, environ: Any) -> Any:
        body, status, headers = super().get_wsgi_response(environ)
        headers.extend(self.last)
        return body, status, headers


def _over_tls() -> Response | None:
    """What came without TLS is led to where it is, or refused; whatever cookie or secret it brought is not looked at.

    A cookie set or honoured there could be read and planted by anybody on the way.
    """
    if not security.came_plain():
        return None
    if request.method in security.SAFE_METHODS and not errors.wants_data():
        # The path as an address again: decoded, it could hold a line's end or a question mark of its own.
        asked = quote(request.path) + (f"?{request.query_string.decode('latin-1')}" if request.query_string else "")
        return cast(Response, redirect(settings().origin + asked, 308))
    return errors.problem(PortalError("tls_needed"))


def _finish(response: _Answer) -> Response:
    asked = request._get_current_object()  # type: ignore[attr-defined]
    if asked.endpoint == "static":
        response.last = (("X-Content-Type-Options", "nosniff"),)
        return response
    work = current()
    data = asked.path.startswith("/api/") and response.mimetype != "text/html"
    secure = settings().secure
    if not data:
        views.keep_notices(response)
    if work.cookies:
        security.write_cookies(response, work)
    took = time.perf_counter() - work.started
    last = work.headers + (security.data_headers(secure) if data else security.page_headers(secure))
    if "Cache-Control" not in response.headers and not any(name == "Cache-Control" for name, _ in work.headers):
        last += _NO_STORE
    response.last = (
        *last, ("X-Request-ID", work.reference),
        ("Server-Timing", _timing(work, took)),
    )
    endpoint = work.route.endpoint if work.route is not None else "none"
    health.observe(endpoint, asked.method, response.status_code, took)
    if settings().access_log:
        accesslog.write(asked, work, response, endpoint, took)
    return response


def _timing(work: Work, took: float) -> str:
    # `slowest` is the slowest of the calls made side by side: what a page of many parts is measured against.
    slowest = f"slowest;dur={work.slowest * 1000:.1f}, " if work.slowest else ""
    return f"rpc;dur={work.fetched * 1000:.1f}, {slowest}total;dur={took * 1000:.1f}"


_NO_STORE = (("Cache-Control", "no-store"),)

"""The gateway: one Flask application, put together from the modules in pages/, staff/ and api/."""

from __future__ import annotations

import importlib
import pkgutil
import time
from types import ModuleType
from typing import Any

import orjson
from flask import Flask, Request, Response, request
from flask.json.provider import JSONProvider
from flask.sessions import SessionInterface

from chassis import telemetry
from gateway import api as api_package
from gateway import assets, errors, health, routing, security, session, views
from gateway import pages as pages_package
from gateway import staff as staff_package
from gateway.settings import settings
from gateway.work import current

_ACCESS = telemetry.get_logger("gateway.access")


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
    app.after_request(_finish)
    assets.assets()  # hashed once, before the first request and before the fork
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


def _finish(response: Response) -> Response:
    if request.endpoint == "static":
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
    work = current()
    route = work.route
    headers = response.headers
    data = request.path.startswith("/api/") and not (response.mimetype or "").startswith("text/html")
    secure = settings().secure
    for name, value in security.data_headers(secure) if data else security.page_headers(secure):
        headers[name] = value
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    headers["X-Request-ID"] = work.reference
    if not data:
        views.keep_notices(response)
    security.write_cookies(response, work)
    took = time.perf_counter() - work.started
    headers["Server-Timing"] = f"rpc;dur={work.fetched * 1000:.1f}, total;dur={took * 1000:.1f}"
    name = route.endpoint if route is not None else "none"
    health.observe(name, request.method, response.status_code, took)
    if settings().access_log:
        _ACCESS.info(
            "request", method=request.method, path=request.path, endpoint=name, status=response.status_code,
            ms=round(took * 1000, 1), rpc_ms=round(work.fetched * 1000, 1), address=work.address,
            user=str(work.caller.user) if work.caller.user else None, bytes=response.content_length,
        )
    return response

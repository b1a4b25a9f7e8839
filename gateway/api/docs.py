"""/api/v1/openapi.json and the page that shows it to people."""

from __future__ import annotations

import re
from typing import Any

import orjson
from flask import Blueprint, Response, request

from chassis.access import public
from chassis.errors import PortalError
from gateway.api import _schema
from gateway.api._frame import etag_of
from gateway.routing import page
from gateway.views import render

bp = Blueprint("api_docs", __name__)


@page(bp, "/api/v1/openapi.json", allow=public, pending=True)
def openapi() -> Response:
    raw = orjson.dumps(_schema.document())
    tag = etag_of(raw)
    headers = {"ETag": tag, "Cache-Control": "public, max-age=300"}
    if tag in request.headers.get("If-None-Match", ""):
        return Response(status=304, headers=headers)
    return Response(raw, content_type="application/json", headers=headers)


@page(bp, "/api/v1/docs", allow=public, pending=True)
def docs() -> Response:
    return render("pages/help/api.html", document=_schema.document(), groups=_groups(), slug=_slug)


@page(bp, "/api/v1/docs/<group>", allow=public, pending=True)
def group(group: str) -> Response:
    # A page for each group: all of them on one are tens of thousands of elements, which no browser likes.
    groups = _groups()
    name = next((name for name in groups if _slug(name) == group), None)
    if name is None:
        raise PortalError("not_found")
    schemas = _schema.document()["components"]["schemas"]
    shown = [_shown(method, path, operation, schemas) for method, path, operation in groups[name]]
    return render("pages/help/api_group.html", groups=groups, slug=_slug, name=name, operations=shown)


def _groups() -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    """The operations as method, path and description, by the group they belong to."""
    groups: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in _schema.document()["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    return groups


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _shown(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {})
    answers = []
    for status, answer in operation["responses"].items():
        content = answer.get("content", {})
        kind = next(iter(content), "")
        schema = content.get("application/json", {}).get("schema")
        answers.append({
            "status": status, "description": answer["description"], "kind": kind,
            "rows": _schema.rows_of(schema, schemas) if schema else [],
            "codes": re.findall(r"`([a-z_.]+)`:", answer["description"]),
        })
    return {
        "id": operation["operationId"], "method": method, "path": path, "summary": operation["summary"],
        "description": operation.get("description", ""), "access": operation["x-access"],
        "parameters": [
            {**p, "type": _schema.type_of(p["schema"], schemas)} for p in operation["parameters"]
        ],
        "body_kind": next(iter(body), ""),
        "body": _schema.rows_of(body["application/json"]["schema"], schemas) if "application/json" in body else [],
        "answers": sorted(answers, key=lambda a: a["status"]),
    }

"""/api/v1/openapi.json and the page that shows it to people."""

from __future__ import annotations

import re
from typing import Any

import orjson
from flask import Blueprint, Response, request

from chassis.access import public
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
    document = _schema.document()
    schemas = document["components"]["schemas"]
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_shown(method, path, operation, schemas))
    return render("pages/help/api.html", document=document, groups=groups)


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
        "id": operation["operationId"], "method": method.upper(), "path": path, "summary": operation["summary"],
        "description": operation.get("description", ""), "access": operation["x-access"],
        "parameters": [
            {**p, "type": _schema.type_of(p["schema"], schemas)} for p in operation["parameters"]
        ],
        "body_kind": next(iter(body), ""),
        "body": _schema.rows_of(body["application/json"]["schema"], schemas) if "application/json" in body else [],
        "answers": sorted(answers, key=lambda a: a["status"]),
    }

"""The OpenAPI 3.1 document, made from the route table and the models; nothing in it is written twice."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from chassis.errors import PortalError, sentence
from gateway.routing import ROUTES, Route
from gateway.settings import settings
from services.identity.messages import MachineScope

REF = "#/components/schemas/{model}"
_JSON = "application/json"
_PARAMETER = re.compile(r"<(?:(\w+)(?:\(([^)]*)\))?:)?(\w+)>")
_KINDS: dict[str, dict[str, Any]] = {
    "uuid": {"type": "string", "format": "uuid"}, "int": {"type": "integer", "minimum": 0},
    "string": {"type": "string"}, "path": {"type": "string"},
}


class ProblemField(BaseModel):
    """One field at fault."""

    field: str
    code: str
    detail: str


class ProblemDetails(BaseModel):
    """Problem details (RFC 9457). `code` is stable; `title` is a sentence in the language of Accept-Language."""

    type: str = Field(description="Address that explains the code", json_schema_extra={"format": "uri"})
    title: str
    status: int
    code: str
    reference: str = Field(description="Reference number to tell when asking for help; also in X-Request-ID")
    instance: str
    field: str | None = None
    errors: list[ProblemField] | None = None


def api_routes() -> list[Route]:
    """Return the routes of the API in the order of their paths."""
    return sorted((route for route in ROUTES if route.kind == "api"), key=lambda r: (r.tags, r.path, r.methods))


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """Return the whole document."""
    routes = api_routes()
    refs, schemas = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = _PARAMETER.sub(r"{\3}", route.path)
        paths.setdefault(path, {})[route.methods[0].lower()] = _operation(route, refs, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": settings().portal_name_en,
            "version": "1",
            "description": _INTRODUCTION,
            "contact": {"name": settings().operator_name, "email": settings().operator_email},
        },
        "servers": [{"url": settings().public_url}],
        "tags": [{"name": tag} for tag in dict.fromkeys(tag for route in routes for tag in route.tags)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "The secret from POST /api/v1/session"},
                "machine": {
                    "type": "oauth2", "description": "Other systems: client credentials; the secret comes from staff",
                    "flows": {"clientCredentials": {
                        "tokenUrl": f"{settings().public_url}/oauth/token",
                        "scopes": {scope: f"Read {scope[:-5]} of all clients" for scope in get_args(MachineScope)},
                    }},
                },
                "session": {
                    "type": "apiKey", "in": "cookie", "name": "__Host-portal" if settings().secure else "portal",
                    "description": "The portal's cookie; changing calls then need the page's X-CSRF-Token",
                },
            },
        },
    }


_INTRODUCTION = """Everything people do in the portal, for programs.

Sign in with `POST /api/v1/session` and send the secret as `Authorization: Bearer <secret>`. Other systems get a token
from `POST /oauth/token` (OAuth 2.0 client credentials) and send that. Errors are problem details
(RFC 9457) with a stable `code`, in Latvian or, with `Accept-Language: en`, in English. Lists are paged by key: pass
`next` as `after`; a `Link` header with `rel="next"` does it for you. Send `Idempotency-Key` (8 to 64 characters) with
whatever changes something: repeated with the same key it is done once. Answers to GET carry an `ETag`; with
`If-None-Match` an unchanged one is 304. Amounts are texts with two decimals, in EUR; times are UTC; days are days in
Riga. Changing calls are limited per session and minute; beyond it 429 says in `Retry-After` how long to wait.
"""


def _schemas(routes: list[Route]) -> tuple[dict[Any, str], dict[str, Any]]:
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(ProblemDetails, "serialization")]
    for route in routes:
        if route.query is not None:
            wanted.append((route.query, "validation"))
        if route.body is not None:
            wanted.append((route.body, "validation"))
        if isinstance(route.reply, type):
            wanted.append((route.reply, "serialization"))
    wanted = list(dict.fromkeys(wanted))
    found, definitions = models_json_schema(wanted, ref_template=REF)
    made = definitions.get("$defs", {})
    short = {name: _short(name) for name in made}
    refs = {key: short[schema["$ref"].rsplit("/", 1)[1]] for key, schema in found.items()}
    return refs, {short[name]: _renamed(_tidy(schema), short) for name, schema in made.items()}


def _short(name: str) -> str:
    """Models of the same name are told apart by their area, not by the modules they happen to live in."""
    listed = re.fullmatch(r"Page_(\w+?)_", name)
    if listed:
        return f"{_short(listed[1])}Page"
    parts = [part for part in re.split(r"__+", name) if part]
    if len(parts) == 1:
        return name
    area = parts[1] if parts[0] == "services" else parts[-2]
    return f"{area.strip('_').title().replace('_', '')}{parts[-1]}"


def _renamed(schema: Any, short: dict[str, str]) -> Any:
    if isinstance(schema, list):
        return [_renamed(item, short) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: REF.format(model=short[value.rsplit("/", 1)[1]]) if key == "$ref" and isinstance(value, str)
        else _renamed(value, short)
        for key, value in schema.items()
    }


def _tidy(schema: Any) -> Any:
    """Drop the titles pydantic makes from names; they say nothing new. A property called `title` stays."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: ({name: _tidy(value) for name, value in inner.items()} if key == "properties" else _tidy(inner))
        for key, inner in schema.items()
        if not (key == "title" and isinstance(inner, str))
    }


def _operation(route: Route, refs: dict[Any, str], schemas: dict[str, Any]) -> dict[str, Any]:
    area, _, name = route.endpoint.removeprefix("api_").partition(".")
    operation: dict[str, Any] = {
        "operationId": f"{area}_{name.partition('_')[2]}",  # unique, as Flask's endpoints are
        "summary": route.summary,
        "tags": list(route.tags),
        "parameters": _parameters(route, refs, schemas),
        "responses": _responses(route, refs),
        "x-access": str(route.rule),
        "security": _security(route),
    }
    if route.description:
        operation["description"] = route.description
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {
            "application/json": {"schema": {"$ref": REF.format(model=refs[(route.body, "validation")])}},
        }}
    elif route.consumes != "application/json":
        operation["requestBody"] = {"required": True, "content": {
            route.consumes: {},
        }}
    return operation


def _security(route: Route) -> list[dict[str, Any]]:
    if route.rule.open:
        return []
    scopes = sorted({part.scope for part in (route.rule, *route.rule.parts) if part.scope is not None})
    return [{"bearer": []}, {"session": []}, *({"machine": [scope]} for scope in scopes)]


def _parameters(route: Route, refs: dict[Any, str], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": _path_kind(kind, limits)}
        for kind, limits, name in _PARAMETER.findall(route.path)
    ]
    if route.query is not None:
        model = schemas[refs[(route.query, "validation")]]
        for name, schema in model.get("properties", {}).items():
            shown = _without_null(schema)
            parameter = {"name": name, "in": "query", "required": name in model.get("required", ()), "schema": shown}
            if "description" in schema:
                parameter["description"] = schema["description"]
            found.append(parameter)
    if route.idempotent:
        found.append({
            "name": "Idempotency-Key", "in": "header", "required": False,
            "description": "Makes a repetition of this call do nothing new",
            "schema": {"type": "string", "minLength": 8, "maxLength": 64, "pattern": "^[\\x21-\\x7e]+$"},
        })
    if route.if_match:
        found.append({
            "name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"},
            "description": "The ETag of what is to be changed",
        })
    return found


def _path_kind(kind: str, limits: str) -> dict[str, Any]:
    if kind == "any":
        return {"type": "string", "enum": [value.strip() for value in limits.split(",")]}
    return _KINDS[kind or "string"]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in schema.items() if key not in ("default", "description")}
    if "anyOf" in shown:
        kinds = [kind for kind in shown["anyOf"] if kind.get("type") != "null"]
        rest = {key: value for key, value in shown.items() if key != "anyOf"}
        shown = {**rest, **kinds[0]} if len(kinds) == 1 else {**rest, "anyOf": kinds}
    if schema.get("default") is not None:
        shown["default"] = schema["default"]
    return shown


def codes_of(route: Route) -> dict[int, list[str]]:
    """Return the error codes a route may answer, by status."""
    codes = {"invalid", "internal", "unavailable", "deadline", *route.errors}
    if not route.rule.open:
        codes |= {"unauthenticated", "forbidden", "terms_first", "password_first"}
    if "<" in route.path:
        codes.add("not_found")
    if route.methods[0] not in ("GET", "HEAD"):
        codes |= {"too_many", "form_expired"}
    if route.body is not None:
        codes |= {"bad_request", "malformed", "too_large", "unsupported_media_type"}
    if route.max_bytes is not None:
        codes.add("too_large")
    if route.idempotent:
        codes |= {"idempotency_key_reused", "conflict"}
    if route.if_match:
        codes |= {"precondition_required", "stale"}
    found: dict[int, list[str]] = {}
    for code in sorted(codes):
        found.setdefault(PortalError(code).status, []).append(code)
    return dict(sorted(found.items()))


def _responses(route: Route, refs: dict[Any, str]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    problem = {"$ref": REF.format(model=refs[(ProblemDetails, "serialization")])}
    good: dict[str, Any] = {"description": route.summary}
    files: dict[str, Any] = {kind: {} for kind in route.produces if kind != _JSON}  # no schema: the bytes of a file
    if isinstance(route.reply, type):
        ref = {"$ref": REF.format(model=refs[(route.reply, "serialization")])}
        files = {_JSON: {"schema": ref}, **files}
    if files:
        good["content"] = files
    if route.methods == ("GET",) and route.status == 200 and route.produces == (_JSON,):
        good["headers"] = {"ETag": {"schema": {"type": "string"}, "description": "Changes when the answer changes"}}
        responses["304"] = {"description": "Unchanged since the answer whose ETag was sent in If-None-Match"}
    responses[str(route.status)] = good
    if route.query is not None:  # the server's own answer, before the application sees the request
        responses["414"] = {"description": "The address is longer than 8190 bytes", "content": {"text/html": {}}}
    for status, codes in codes_of(route).items():
        responses[str(status)] = {
            "description": "; ".join(f"`{code}`: {sentence(code, {}, 'en')}" for code in codes),
            "content": {"application/problem+json": {"schema": problem}},
        }
    return responses


Kind = Literal["path", "query", "header"]


def rows_of(schema: dict[str, Any], schemas: dict[str, Any], prefix: str = "", depth: int = 0) -> list[dict[str, Any]]:
    """Return a schema's fields as rows for people: name, type, whether required, description."""
    schema = _resolved(schema, schemas)
    rows: list[dict[str, Any]] = []
    for name, inner in schema.get("properties", {}).items():
        target = _resolved(_without_null(inner), schemas)
        rows.append({
            "name": prefix + name, "type": type_of(inner, schemas), "required": name in schema.get("required", ()),
            "description": inner.get("description") or "",
        })
        nested = target.get("items", target) if target.get("type") == "array" else target
        if depth < 3:
            mark = "[]." if target.get("type") == "array" else "."
            rows += rows_of(nested, schemas, f"{prefix}{name}{mark}", depth + 1)
    return rows


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    return schema


def type_of(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """Return a schema's type in a few words."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(type_of(kind, schemas) for kind in schema["anyOf"]))
    schema = _resolved(schema, schemas)
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}), schemas)}"
    kind = str(schema.get("format") or schema.get("type") or "any")
    limits = [f"{word} {schema[key]}" for key, word in _LIMITS if key in schema]
    return f"{kind} ({', '.join(limits)})" if limits else kind


_LIMITS = (
    ("minimum", "from"), ("maximum", "to"), ("minLength", "at least"), ("maxLength", "at most"), ("maxItems", "up to"),
)

"""The frame of /api/v1: `@api` declares a route with its models, rule and errors; OpenAPI is made from that table."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from chassis.access import Rule
from chassis.errors import FieldError, PortalError
from chassis.messages import Limit, Page
from chassis.validation import error_of
from gateway import session
from gateway.forms import CONTROLS, bare
from gateway.ratelimit import limiter
from gateway.routing import ROUTES, Route, admit
from gateway.security import SAFE_METHODS, check_csrf
from gateway.settings import settings
from gateway.work import Work, begin, current

PREFIX = "/api/v1"
MAX_DEPTH = 20
LARGEST = 2**63
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:T.+)?\Z")


class _Asked(BaseModel):
    """What comes from outside: unknown names are refused, so that a typo is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@functools.lru_cache(maxsize=512)
def _days_of(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(n for n, info in model.model_fields.items() if bare(info.annotation) in (date, datetime))


@functools.lru_cache(maxsize=512)
def _numbers_of(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(name for name, info in model.model_fields.items() if bare(info.annotation) is int)


class Query(_Asked):
    """Base of the parameters in an address."""

    @field_validator("*", mode="before")
    @classmethod
    def _of_its_kind(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str) and CONTROLS.search(value):
            raise ValueError("control characters")
        # pydantic would take "0" for the first of January 1970, and numbers of any length.
        if isinstance(value, str) and len(value) > 18 and info.field_name in _numbers_of(cls):
            raise ValueError("beyond 64 bits")
        if value is not None and info.field_name in _days_of(cls) and not _DAY.match(str(value)):
            raise ValueError("not an ISO date")
        return value


class Paged(Query):
    """Parameters of a list paged by key."""

    after: str | None = Field(None, min_length=1, max_length=500, description="Cursor: `next` of the page before")
    limit: Limit = Field(25, description="How many items at most")


class Body(_Asked):
    """Base of the JSON documents clients send; types are strict: `0` is not `false`, `"1"` not a number."""


def api(
    bp: Blueprint,
    method: str,
    path: str,
    *,
    allow: Rule,
    reply: type[BaseModel] | None,
    summary: str,
    tag: str,
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    status: int = 200,
    errors: Sequence[str] = (),
    idempotent: bool = False,
    if_match: bool = False,
    pending: bool = False,
    max_bytes: int | None = None,
    produces: str | Sequence[str] = "application/json",
    consumes: str = "application/json",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare `/api/v1` + `path`.

    The view gets the path's values, `query` and `body` as models when declared, and `idempotency_key` (None when the
    header is absent) when `idempotent`. It returns a model, a dict or a Response. `errors` are the codes the route may
    answer beside the general ones;
    `produces` the media types of the answer when it is not JSON alone. `summary` stands in the documentation (English).
    """

    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        endpoint = f"{method.lower()}_{view.__name__}"
        route = Route(
            "api", f"{bp.name}.{endpoint}", PREFIX + path, (method,), allow, pending=pending, query=query, body=body,
            reply=reply, status=status, summary=summary, description=(view.__doc__ or "").strip(), tags=(tag,),
            errors=tuple(errors), idempotent=idempotent, if_match=if_match, consumes=consumes, max_bytes=max_bytes,
            produces=(produces,) if isinstance(produces, str) else tuple(produces),
        )
        ROUTES.append(route)

        @functools.wraps(view)
        def door(**arguments: Any) -> Response:
            work = begin()
            work.route = route
            _enter(route, work)
            if query is not None:
                arguments["query"] = _read_query(query)
            elif work.request.environ.get("QUERY_STRING"):
                _refuse_parameters()
            if body is not None:
                arguments["body"] = _read_body(body)
            if idempotent:
                arguments["idempotency_key"] = _key()
            return _answer(route, work, view(**arguments))

        bp.add_url_rule(PREFIX + path, endpoint=endpoint, view_func=door, methods=[method])
        return view

    return declare


def _enter(route: Route, work: Work) -> None:
    request = work.request
    if route.max_bytes is not None:
        request.max_content_length = route.max_bytes
    accepted = request.headers.get("Accept-Language", "")
    work.language = "en" if accepted[:2].lower() == "en" else "lv"
    session.attach(work, api=True)
    admit(route, work)
    if request.method not in SAFE_METHODS:
        limiter.check(f"change:{work.caller.session or work.address}", settings().changes_per_minute)
        check_csrf(work, api=True)
    route.rule.check_fresh(work.caller)


def _read_query(model: type[BaseModel]) -> BaseModel:
    arguments = request.args
    lists = _list_fields(model)
    values: dict[str, Any] = {}
    for name in arguments:
        given = arguments.getlist(name)
        if name not in lists and len(given) > 1:
            raise PortalError.many([FieldError(name, "malformed")])
        values[name] = given if name in lists else given[0]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise error_of(error) from error


@functools.lru_cache(maxsize=512)
def _list_fields(model: type[BaseModel]) -> frozenset[str]:
    properties = model.model_json_schema().get("properties", {})
    return frozenset(
        name for name, schema in properties.items()
        if schema.get("type") == "array" or any(s.get("type") == "array" for s in schema.get("anyOf", ()))
    )


def _refuse_parameters() -> None:
    raise PortalError.many([FieldError(name, "malformed") for name in request.args])


def _read_body(model: type[BaseModel]) -> BaseModel:
    if request.mimetype != "application/json":
        raise PortalError("unsupported_media_type")
    raw = request.get_data(cache=False)
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise PortalError("bad_request") from error
    if not isinstance(data, dict) or _beyond(data, MAX_DEPTH):
        raise PortalError("malformed")
    # Not a validator: one that looks at a field first turns its JSON into objects, which strict types then refuse.
    if wrong := [name for name in _days_of(model) if data.get(name) is not None and not _DAY.match(str(data[name]))]:
        raise PortalError.many([FieldError(name, "malformed") for name in wrong])
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise error_of(error) from error


def _beyond(value: Any, left: int) -> bool:
    """Tell whether a document is nested too deeply, or holds control characters or a number beyond 64 bits."""
    if isinstance(value, str):
        return CONTROLS.search(value) is not None
    if isinstance(value, (dict, list)):
        if left == 0:
            return True
        return any(_beyond(v, left - 1) for v in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, (int, float)) and not -LARGEST <= value < LARGEST


def _key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (8 <= len(key) <= 64 and all("!" <= c <= "~" for c in key)):
        raise PortalError.many([FieldError("Idempotency-Key", "malformed")])
    return key


def _answer(route: Route, work: Work, result: Any) -> Response:
    request = work.request
    if isinstance(result, Response):
        return result
    if isinstance(result, BaseModel):
        raw = result.__pydantic_serializer__.to_json(result)
    elif isinstance(result, bytes):
        raw = result  # a service's own JSON, passed on
    elif result is None:
        return Response(status=204)
    else:
        raw = orjson.dumps(result)
    response = Response(raw, route.status, content_type="application/json")
    if route.status == 200 and request.method in ("GET", "HEAD"):
        tag = etag_of(raw)
        work.headers += (("ETag", tag), ("Cache-Control", "private, no-cache"))
        if tag in request.headers.get("If-None-Match", ""):
            response = Response(status=304)
        elif isinstance(result, Page) and result.next is not None:
            response.headers["Link"] = f'<{settings().public_url}{_with_cursor(result.next)}>; rel="next"'
    return response


def _with_cursor(cursor: str) -> str:
    arguments = [(name, value) for name, value in request.args.items(multi=True) if name != "after"]
    return f"{request.path}?{urlencode([*arguments, ('after', cursor)])}"


def etag_of(raw: bytes) -> str:
    """Return the strong entity tag of a representation."""
    return f'"{hashlib.blake2b(raw, digest_size=12).hexdigest()}"'


def check_match(present: BaseModel) -> None:
    """Refuse a change of something that is no longer what the client saw.

    Raises PortalError precondition_required (428) without `If-Match`, stale (412) when it does not fit `present`.
    """
    given = request.headers.get("If-Match")
    if given is None:
        raise PortalError("precondition_required")
    tag = etag_of(present.__pydantic_serializer__.to_json(present))
    if given.strip() != "*" and tag not in [part.strip() for part in given.split(",")]:
        raise PortalError("stale")


def caller_client() -> Any:
    """Return the client the caller acts for, None for staff."""
    return current().caller.client

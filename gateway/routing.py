"""Doors of the gateway: `@page` and `@api` declare a route together with who may come in.

A route without a rule cannot be written (`allow` has no default) and one that gets in another way stops the start
(`check_routes`). `ROUTES` is the table the access matrix test is made from.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote

from flask import Blueprint, Flask, Response, redirect, request
from pydantic import BaseModel

from chassis.access import Rule
from chassis.errors import PortalError
from gateway import bus, portal_state, preferences, session
from gateway.forms import SWITCHES
from gateway.ratelimit import limiter
from gateway.security import SAFE_METHODS, check_client, check_csrf
from gateway.settings import settings
from gateway.work import Work, begin
from services.identity.messages import AskServices


@dataclass(frozen=True)
class Nav:
    """An entry of the navigation: its text (marked with N_), icon name, and place (lower first)."""

    label: str
    icon: str
    order: int


@dataclass(frozen=True)
class Route:
    """One door: where, how, for whom; for the API also what goes in and out."""

    kind: str  # page | api | data (documents for programs outside /api/v1)
    endpoint: str
    path: str
    methods: tuple[str, ...]
    rule: Rule
    pending: bool = False  # open to a session that has yet to accept the terms
    csrf: bool = True
    max_bytes: int | None = None
    nav: Nav | None = None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    reply: Any = None
    status: int = 200
    summary: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    idempotent: bool = False
    if_match: bool = False
    produces: tuple[str, ...] = ("application/json",)
    consumes: str = "application/json"
    stored: bool = False  # may be kept by caches (public, static)
    extra: dict[str, Any] = field(default_factory=dict)


ROUTES: list[Route] = []


def page(
    bp: Blueprint,
    path: str,
    *,
    allow: Rule,
    methods: Sequence[str] = ("GET",),
    nav: Nav | None = None,
    pending: bool = False,
    csrf: bool = True,
    max_bytes: int | None = None,
    endpoint: str | None = None,
    kind: str = "page",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a page of the portal or the staff console.

    `pending` opens it to sessions that have yet to accept the terms; `csrf=False` is for machines (a bank's notice)
    that prove themselves otherwise; `max_bytes` raises the body limit for files; kind `data` is for documents that
    programs read (`/.well-known/…`).
    """

    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        name = endpoint or view.__name__
        route = Route(
            kind, f"{bp.name}.{name}", path, tuple(methods), allow, pending=pending, csrf=csrf, max_bytes=max_bytes,
            nav=nav,
        )
        ROUTES.append(route)

        @functools.wraps(view)
        def door(**arguments: Any) -> Any:
            work = begin()
            work.route = route
            _enter_page(route, work)
            return view(**arguments)

        door.portal_route = route  # type: ignore[attr-defined]
        bp.add_url_rule(path, endpoint=name, view_func=door, methods=list(methods))
        return view

    return declare


def _enter_page(route: Route, work: Work) -> None:
    if route.max_bytes is not None:
        request.max_content_length = route.max_bytes
        request.max_form_memory_size = max(route.max_bytes, 500_000)
    try:
        session.attach(work, api=False)
    finally:
        choose_language(work)
    admit(route, work)
    if request.method not in SAFE_METHODS:
        limiter.check(f"change:{work.caller.session or work.address}", settings().changes_per_minute)
        if route.csrf:
            # One's own profile, and what anybody may do, is the same for every client.
            if not route.rule.open and not route.path.startswith("/profile"):
                check_client(work)
            check_csrf(work, api=False)
            work.vouched = True
            _show_anew(route, work)
    # After the form token: what is kept over the confirmation must have come from a page of ours.
    route.rule.check_fresh(work.caller)


def _show_anew(route: Route, work: Work) -> None:
    """Do what a switch of language or appearance asks that came with everything typed into the page."""
    if "GET" not in route.methods or not any(name in request.form for name in SWITCHES):
        return
    preferences.keep(work, request.form.get("show_language"), request.form.get("show_theme"))
    choose_language(work)


class SignInFirst(PortalError):
    """Nobody is signed in where somebody must be; pages lead to the sign-in form instead of an error."""

    def __init__(self) -> None:
        super().__init__("unauthenticated")


class TermsFirst(PortalError):
    """The session is good, but the terms in force have not been accepted yet."""

    def __init__(self) -> None:
        super().__init__("terms_first", status=403)


class SecondFactorFirst(PortalError):
    """The password was right; the second factor is still to come."""

    def __init__(self) -> None:
        super().__init__("second_factor_needed")


class PasswordFirst(PortalError):
    """The session is good, but the password must be changed before anything else (S1-38, S1-39)."""

    def __init__(self) -> None:
        super().__init__("password_first", status=403)


def admit(route: Route, work: Work) -> None:
    """Raise PortalError unless the route's rule lets the caller in, whenever they last proved who they are.

    And unless the portal, or that part of it, is closed for the moment.
    """
    portal_state.check(route.path, staff=session.audience_of(route.path) == session.STAFF)
    if work.entry is not None and not work.entry.claims.services_known:
        _ask_services(work)
    if route.rule.open:
        return
    if work.caller.kind == "pending" and not route.rule.allows(work.caller):
        raise SecondFactorFirst
    if work.entry is not None and work.entry.claims.terms_to_accept is not None and not route.pending:
        raise TermsFirst
    if work.entry is not None and work.entry.claims.must_change_password and not route.pending:
        raise PasswordFirst
    if route.rule.allows(work.caller):
        return
    refusal = route.rule.refusal(work.caller)
    # What the client is registered for may be younger than what is known of it: asked before anybody is sent away.
    if refusal.code == "not_entitled" and _ask_services(work) and route.rule.allows(work.caller):
        return
    if refusal.code == "not_entitled" and "<" in route.path:
        refusal = PortalError("not_found")  # whoever has nothing of a kind hears of one thing what everybody else hears
    raise SignInFirst() if work.caller.kind == "nobody" else refusal


def _ask_services(work: Work) -> bool:
    """Have identity ask what the client acted for is registered for; tell whether the session says something else now.

    Once for a client nobody was asked about, and where somebody is refused: other requests need no call for it.
    """
    if work.entry is None or work.caller.client is None:
        return False
    try:
        asked = bus.call(AskServices())
    except PortalError as error:
        if error.status < 500:
            raise
        return False  # a service is away: what is known holds
    if asked.changed or not work.entry.claims.services_known:
        session.again(work)
    return asked.changed


def choose_language(work: Work) -> None:
    """Set the language: the cookie of the switch, then the profile's; for the API the Accept-Language header."""
    chosen = preferences.chosen(work, "language")
    if chosen is None and work.entry is not None:
        chosen = work.entry.claims.language
    work.language = chosen if chosen in ("lv", "en") else "lv"


def navigation(work: Work, area: str) -> list[tuple[Route, Nav]]:
    """Return the navigation of an area (`customer` or `staff`) as far as the caller may go."""
    found = [
        (route, route.nav)
        for route in ROUTES
        if route.nav is not None
        and (session.audience_of(route.path) == area)
        and route.rule.allows(work.caller)
        and not portal_state.is_off(route.path)
    ]
    return sorted(found, key=lambda entry: entry[1].order)


def check_routes(app: Flask, free: Iterable[str] = ()) -> None:
    """Raise RuntimeError when the app serves an endpoint that no decorator declared; `free` names static ones."""
    known = {route.endpoint for route in ROUTES} | set(free)
    stray = sorted({rule.endpoint for rule in app.url_map.iter_rules()} - known)
    if stray:
        raise RuntimeError(f"routes without an access rule: {', '.join(stray)}")


def to_second_factor() -> Response:
    """Lead to where a sign-in is completed, and back here afterwards."""
    area = "/staff/sign-in/second" if session.audience_of(request.path) == session.STAFF else "/sign-in/second"
    if request.method != "GET" or request.path in ("/", "/staff"):
        return cast(Response, redirect(area, 303))
    return cast(Response, redirect(f"{area}?next={quote(request.full_path.rstrip('?'))}", 303))


def to_sign_in() -> Response:
    """Lead to the sign-in form of the area, and back here afterwards."""
    area = "/staff/sign-in" if session.audience_of(request.path) == session.STAFF else "/sign-in"
    if request.method != "GET" or request.path == "/":
        return cast(Response, redirect(area, 303))
    target = request.full_path.rstrip("?")
    return cast(Response, redirect(f"{area}?next={quote(target)}", 303))

"""What the gateway knows about the request being answered; one small object, reached as `flask.g.work`."""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING, Any

from flask import Request, g, request

from chassis import context
from chassis.caller import NOBODY, Caller
from gateway.settings import settings

if TYPE_CHECKING:
    from gateway.session import Entry

_REFERENCE = re.compile(r"[0-9A-Za-z-]{8,64}\Z")
_random = random.SystemRandom()


class Work:
    """Who asks, in which language, from where; and what has to go into the answer's head.

    `request` is Flask's request itself: reaching it through the proxy costs a microsecond each time. `reference` is
    the correlation id from browser to database and back, shown to people as the reference number.
    """

    __slots__ = (
        "address", "caller", "cookies", "entry", "fetched", "headers", "language", "notices", "reference", "request",
        "route", "slowest", "started", "token", "visit", "vouched",
    )

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.request: Request = request._get_current_object()  # type: ignore[attr-defined]
        self.reference = _reference(self.request)
        self.address = _address(self.request)
        self.language = "lv"
        self.caller: Caller = NOBODY
        self.token: str | None = None
        self.entry: Entry | None = None
        self.route: Any = None
        self.visit: str | None = None
        # A form of ours sent this: what it holds may be shown again.
        self.vouched = False
        self.fetched = 0.0
        self.slowest = 0.0
        # Written behind the others as they are: building them through Flask's header object is slow.
        self.headers: tuple[tuple[str, str], ...] = ()
        self.notices: list[tuple[str, str]] | None = None
        self.cookies: list[dict[str, Any]] = []


def _reference(request: Request) -> str:
    if settings().trusted_proxies:
        given = request.headers.get("X-Request-ID", "")
        if _REFERENCE.match(given):
            return given
    return f"{_random.getrandbits(64):016x}"


def _address(request: Request) -> str | None:
    trusted = settings().trusted_proxies
    if trusted:
        # The last `trusted` entries were written by our own proxies; whatever stands before them anybody may write.
        listed = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
        if len(listed) >= trusted:
            return listed[-trusted][:64]
    return request.remote_addr


def begin() -> Work:
    """Start the work of this request; called once by the frame."""
    work = g.work = Work()
    context.enter(context.Context(correlation_id=work.reference, address=work.address))
    return work


def current() -> Work:
    """Return the work of this request, begun if the frame has not come so far (an address nobody serves)."""
    work = g.get("work")
    return work if work is not None else begin()

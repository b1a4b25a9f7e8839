"""Calls to the services on behalf of whoever sent the request being answered.

`call` and `gather` bind the chassis's bus client to the request's token, language, address and correlation id. There is
one client per process, opened after the fork, so that every worker has a connection of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import g
from pydantic import BaseModel

from chassis import tokens
from chassis.bus import Bus
from chassis.errors import PortalError
from chassis.key_set import SigningKeys
from chassis.messages import Request
from chassis.trust import trusted
from gateway.work import Work

Reply = TypeVar("Reply", bound=BaseModel)

_lock = threading.Lock()
_client: Any = None
_ready: list[Callable[[Any], None]] = []
_renewals: list[Callable[[Work], bool]] = []


def use(client: Any) -> None:
    """Put another client in the place of the real one (tests), None for the real one again."""
    global _client
    _client = client


def on_open(callback: Callable[[Any], None]) -> None:
    """Call `callback(client)` when the client is made, to listen to broadcasts."""
    _ready.append(callback)


def on_overtaken(renew: Callable[[Work], bool]) -> None:
    """Have `renew(work)` called when a service takes the request's token for an old one.

    It tells whether there is another one now.
    """
    _renewals.append(renew)


def client() -> Any:
    """Return this process's bus client, made at the first use."""
    global _client
    if _client is None:
        with _lock:
            if _client is None:
                made = Bus(name="gateway")
                trusted.use(lambda: made.call(SigningKeys()))
                for callback in _ready:
                    callback(made)
                _client = made
    return _client


def how(work: Work, *, own: bool = False, timeout: float | None = None) -> dict[str, Any]:
    """Return on whose behalf and for how long a call is made, as the client's `start` and `call` take it."""
    return {
        "token": tokens.own_token("gateway") if own else work.token,
        "language": work.language,
        "address": work.address,
        "correlation_id": work.reference,
        "timeout": timeout,
    }


def call(request: Request[Reply], *, timeout: float | None = None, own: bool = False) -> Reply:
    """Ask a service and wait for its answer, at most `timeout` seconds (default: the request's own deadline).

    `own` asks as the gateway itself instead of as the person. Raises PortalError as the service raised it,
    `unavailable` (503) or `deadline` (504).
    """
    work: Work = g.work
    if own:
        return _timed(work, lambda: client().call(request, **how(work, own=True, timeout=timeout)))
    return _timed(work, lambda: _asked(work, lambda: client().call(request, **how(work, timeout=timeout))))


def call_json(request: Request[Any], *, timeout: float | None = None) -> bytes:
    """Ask a service and return the answer's JSON untouched: for API routes whose reply is the service's own."""
    work: Work = g.work
    return _timed(work, lambda: _asked(work, lambda: client().call_json(request, **how(work, timeout=timeout))))


def gather(requests: Sequence[Request[Any]], *, return_errors: bool = False, timeout: float | None = None) -> list[Any]:
    """Ask several services at once; the answers stand in the order of the requests.

    With `return_errors` a part that failed is its PortalError in the list, so that the rest of a page can be shown.
    """
    work: Work = g.work
    seconds: list[float] = []

    def ask() -> list[Any]:
        return client().gather(requests, return_errors=return_errors, seconds=seconds, **how(work, timeout=timeout))

    def told() -> list[Any]:
        found = _asked(work, ask)
        return ask() if any(map(_overtaken, found)) and _renewed(work) else found

    try:
        return _timed(work, told)
    finally:
        work.slowest = max(work.slowest, *seconds, 0.0)


def _timed(work: Work, ask: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    try:
        return ask()
    finally:
        work.fetched += time.perf_counter() - began


def _asked(work: Work, ask: Callable[[], Any]) -> Any:
    """Ask; once more with another token when the one of this request was overtaken on the way.

    A right given or taken elsewhere makes tokens of before worthless in every process that heard of it, and another
    process may hear of it before this one. The door refused before anything was done, and nobody is to be sent to
    the sign-in for it. A session that has ended gets no other token.
    """
    try:
        return ask()
    except PortalError as error:
        if not _overtaken(error) or not _renewed(work):
            raise
    return ask()


def _renewed(work: Work) -> bool:
    return any(renew(work) for renew in _renewals)


def _overtaken(reply: Any) -> bool:
    return isinstance(reply, PortalError) and reply.code == "unauthenticated"

"""The client side of calls: one connection and one thread per process, many calls in flight, a deadline on each.

Works in native threads (gateway) and in green threads (services) alike. It never waits past a deadline: while the
broker is away, silent or short of memory a call fails at once with `unavailable`; a service nobody has started is
`unavailable` at once; a service that does not answer in time is `deadline`. Nothing is ever sent twice.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, overload

import orjson
from pydantic import BaseModel, ValidationError

from chassis import context, telemetry, tokens
from chassis.caller import Caller
from chassis.errors import PortalError
from chassis.link import Link
from chassis.messages import Event, Request
from chassis.wire import ConnectionLost
from chassis.wire.codec import header_number, header_text, rpc_properties, short

log = telemetry.get_logger(__name__)

Reply = TypeVar("Reply", bound=BaseModel)

_RESULT, _NO_ERROR = b'{"result":', b',"error":null}'
_TOKEN, _DEADLINE = short("nameko.token"), short("nameko.deadline")
_CORRELATION, _TRACE = short("nameko.correlation_id"), short("nameko.traceparent")
_LANGUAGE, _ADDRESS = short("nameko.language"), short("nameko.address")


class Pending:
    """A call in flight."""

    __slots__ = ("_answered", "_bus", "_error", "_lock", "_number", "_request", "_started", "body", "span", "until")

    def __init__(self, bus: Bus, request: Request[Any], number: str, until: float) -> None:
        self._bus = bus
        self._request = request
        self._number = number
        self._started = self._answered = time.monotonic()
        self.until = until
        self.body = b""
        self.span: Any = None
        self._error: PortalError | None = None
        self._lock = threading.Lock()
        self._lock.acquire()

    def answer(self, body: bytes) -> None:
        """Take the reply; called by the connection's thread."""
        self.body = body
        self._answered = time.monotonic()
        self._lock.release()

    def fail(self, error: PortalError) -> None:
        """Take a failure; called by the connection's thread."""
        self._error = error
        self._answered = time.monotonic()
        self._lock.release()

    @property
    def seconds(self) -> float:
        """How long the answer took to come, in seconds; 0 while it has not come."""
        return self._answered - self._started

    def json(self) -> bytes:
        """Wait for the reply and return its JSON. Raises PortalError: the service's, `unavailable` or `deadline`."""
        code = "ok"
        try:
            if not self._lock.acquire(timeout=max(0.0, self.until - time.monotonic())):
                self._bus.forget(self._number)
                raise PortalError("deadline")
            self._lock.release()  # asked again, it answers again
            if self._error is not None:
                raise self._error
            body = self.body
            if body.startswith(_RESULT) and body.endswith(_NO_ERROR):
                return body[len(_RESULT) : -len(_NO_ERROR)]
            return _result_of(body)
        except PortalError as error:
            code = error.code
            raise
        finally:
            self._bus.count(self._request, code, time.monotonic() - self._started)
            if self.span is not None:
                telemetry.end_span(self.span, code)

    def result(self) -> Any:
        """Wait for the reply and return it as the request's reply model. Raises as `json` does."""
        raw = self.json()
        try:
            return self._request.reply.model_validate_json(raw)
        except ValidationError as error:
            log.error("reply does not fit its model", method=_name(self._request), exc_info=True)
            raise PortalError("internal", reference=context.current().correlation_id) from error


class Bus:
    """Calls services; `service` is whose token the calls carry when no other is given (None: nobody's)."""

    def __init__(self, url: str | None = None, *, service: str | None = None, name: str = "bus") -> None:
        self._service = service
        self._numbers = itertools.count()
        self._prefix = ""
        self._pending: dict[str, Pending] = {}
        self._counters: dict[tuple[str, str], Any] = {}
        self._link = Link(url, name=name, on_reply=self._take, on_return=self._returned, on_loss=self._lost)
        self._link.on_tick = self._sweep
        self._link.on_fork = self._forked
        self._forked()

    def start(
        self,
        request: Request[Any],
        *,
        as_caller: Caller | None = None,
        token: str | None = None,
        language: str | None = None,
        address: str | None = None,
        correlation_id: str | None = None,
        traceparent: str | None = None,
        timeout: float | None = None,
    ) -> Pending:
        """Send a call and return at once; `.result()` waits for the reply.

        `timeout` (seconds) defaults to the request's own and never reaches past the deadline of the work at hand.
        `as_caller` passes the current caller's own token on; `token` is for the gateway; otherwise the service's own
        identity calls. Raises PortalError `unavailable` or `deadline`.
        """
        now = context.current()
        seconds = type(request).timeout if timeout is None else timeout
        left = now.seconds_left()
        if left is not None and left < seconds:
            if left <= 0:
                raise PortalError("deadline")
            seconds = left
        until = time.monotonic() + seconds
        if token is None:
            token = self._token(as_caller, now)
        span, trace = telemetry.begin_span(_name(request), "client", traceparent or now.traceparent)
        # Without the gateway's word the call belongs to the work at hand.
        who, tongue = address or now.address, language or now.language
        headers = (
            header_number(_DEADLINE, int((time.time() + seconds) * 1000))
            + header_text(_CORRELATION, correlation_id or now.correlation_id or context.new_correlation_id())
            + header_text(_LANGUAGE, tongue)
            + (header_text(_TOKEN, token) if token else b"")
            + (header_text(_TRACE, trace) if trace else b"")
            + (header_text(_ADDRESS, who) if who else b"")
        )
        body = b'{"args":[],"kwargs":' + type(request).__pydantic_serializer__.to_json(request) + b"}"
        number = f"{self._prefix}{next(self._numbers)}"
        pending = Pending(self, request, number, until)
        pending.span = span
        try:
            connection, reply_to = self._link.ready(until)
            self._pending[number] = pending
            connection.publish(
                1, "nameko-rpc", _name(request),
                rpc_properties(headers, number, reply_to, max(1, int(seconds * 1000))), body, mandatory=True,
            )  # fmt: skip
        except ConnectionLost as error:
            self._pending.pop(number, None)
            self.count(request, "unavailable", time.monotonic() - pending.until + seconds)
            telemetry.end_span(span, "unavailable")
            raise PortalError("unavailable") from error
        return pending

    def _token(self, as_caller: Caller | None, now: context.Context) -> str | None:
        if as_caller is None:
            return tokens.own_token(self._service) if self._service else None
        if now.caller is not as_caller or now.token is None:
            raise ValueError("as_caller must be the caller of the call at hand; nobody else's token can be passed on")
        return now.token

    @overload
    def call(self, request: Request[Reply], **how: Any) -> Reply: ...
    @overload
    def call(self, request: Request[Any], **how: Any) -> Any: ...
    def call(self, request: Request[Any], **how: Any) -> Any:
        """Call and wait: the reply model. Arguments and errors as for `start` and `Pending.json`."""
        return self.start(request, **how).result()

    def call_json(self, request: Request[Any], **how: Any) -> bytes:
        """Call and wait: the reply's JSON as it came, for those who only pass it on."""
        return self.start(request, **how).json()

    def gather(
        self,
        requests: Sequence[Request[Any]],
        *,
        return_errors: bool = False,
        seconds: list[float] | None = None,
        **how: Any,
    ) -> list[Any]:
        """Call all at once and wait for all; the replies in the order of the requests.

        With `return_errors` a PortalError stands in the place of a reply that failed; otherwise the first is raised
        (after all calls have been sent). `seconds` is filled with how long each answer took.
        """
        started: list[Pending | PortalError] = []
        for request in requests:
            try:
                started.append(self.start(request, **how))
            except PortalError as error:
                started.append(error)
        replies: list[Any] = []
        first: PortalError | None = None
        for each in started:
            try:
                if isinstance(each, PortalError):
                    raise each
                replies.append(each.result())
            except PortalError as error:
                first = first or error
                replies.append(error)
        if seconds is not None:
            seconds += [each.seconds for each in started if isinstance(each, Pending)]
        if first is not None and not return_errors:
            raise first
        return replies

    # broadcasts, for caches that must hear of a change

    def listen(self, event: type[Event], handler: Callable[[Event], None]) -> None:
        """Call `handler` in every process for each such event from now on; quick work only, it runs in our thread.

        Nothing is kept for a process that is away: use `on_reconnect` to forget what may have changed meanwhile.
        """

        def take(body: bytes) -> None:
            handler(event.model_validate(orjson.loads(body)["data"]))

        self._link.listen(event.exchange, event.routing_key, take)

    def on_reconnect(self, callback: Callable[[], None]) -> None:
        """Call `callback` whenever broadcasts may have been missed: at every (re)connection."""
        self._link.on_connect.append(callback)

    # life

    def connect(self, timeout: float = 5.0) -> bool:
        """Connect now instead of at the first call; tells whether it worked within `timeout` seconds."""
        try:
            self._link.ready(time.monotonic() + timeout, patient=True)
        except ConnectionLost:
            return False
        return True

    @property
    def connected(self) -> bool:
        """Whether a call could be sent right now."""
        return self._link.connection is not None and not self._link.blocked

    def close(self) -> None:
        """Close the connection and end the thread; calls in flight fail."""
        self._link.close()

    def forget(self, number: str) -> None:
        """Drop a call nobody waits for any more; its late reply is ignored."""
        self._pending.pop(number, None)

    def count(self, request: Request[Any], code: str, seconds: float) -> None:
        """Count a finished call."""
        key = (_name(request), code)
        histogram = self._counters.get(key)
        if histogram is None:
            histogram = self._counters[key] = telemetry.CALL_SECONDS.labels(*key)
        histogram.observe(seconds)

    # called by the link's thread

    def _take(self, number: str | None, body: bytes) -> None:
        pending = self._pending.pop(number or "", None)
        if pending is not None:
            pending.answer(body)

    def _returned(self, number: str | None, routing_key: str) -> None:
        pending = self._pending.pop(number or "", None)
        if pending is not None:
            log.warning("no such service or method", method=routing_key)
            pending.fail(PortalError("unavailable"))

    def _lost(self) -> None:
        for number in list(self._pending):
            pending = self._pending.pop(number, None)
            if pending is not None:
                pending.fail(PortalError("unavailable"))

    def _sweep(self) -> None:
        now = time.monotonic()
        for number, pending in list(self._pending.items()):
            if pending.until + 1 < now and self._pending.pop(number, None) is not None:
                pending.fail(PortalError("deadline"))

    def _forked(self) -> None:
        self._prefix = f"{os.getpid()}.{uuid.uuid4().hex[:8]}."
        self._pending = {}


def _name(request: Request[Any]) -> str:
    kind = type(request)
    return f"{kind.service}.{kind.method}"


def _result_of(body: bytes) -> bytes:
    """Return the result part of a reply that is not in our own byte order: an error, or a stock nameko service's."""
    try:
        reply = orjson.loads(body)
        error = reply["error"]
        if error is None:
            return orjson.dumps(reply["result"])
    except (ValueError, KeyError, TypeError) as broken:
        raise PortalError("internal") from broken
    if not isinstance(error, dict) or "code" not in error:
        log.error("a service answered with a foreign error", error=error)
        raise PortalError("internal")
    raise PortalError.from_data(error)

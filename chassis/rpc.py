"""The server side of calls: `@serves(Request, allow=rule)` on a method of a service class.

Speaks nameko's RPC wire (exchange nameko-rpc, queue rpc-<service>), so stock nameko clients can call too. Replies go
out on the consumer's own channel, transient, unconfirmed and serialised once; the call is acknowledged after that.
No message, however malformed, ends the process.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import eventlet
import orjson
from nameko.exceptions import ConfigurationError
from nameko.extensions import Entrypoint, SharedExtension, register_entrypoint
from pydantic import BaseModel, ValidationError
from sqlalchemy import exc as sql_errors

from chassis import context, telemetry, tokens
from chassis.access import Rule
from chassis.consumer import WORK_CHANNEL, BusConsumer
from chassis.context import Context
from chassis.errors import PortalError
from chassis.hearing import Hearing
from chassis.messages import Request
from chassis.process import settings
from chassis.revocations import revocations
from chassis.validation import error_of
from chassis.wire import Connection, ConnectionLost, Delivered
from chassis.wire.codec import reply_properties

log = telemetry.get_logger(__name__)

RPC_EXCHANGE = "nameko-rpc"
PREFIX, SUFFIX = b'{"args":[],"kwargs":', b"}"
RESULT, NO_ERROR = b'{"result":', b',"error":null}'
# A NUL inside a JSON text; an even number of backslashes before it means the letters `\u0000` were meant.
NUL, _NUL = b"\\u0000", re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
SLOW_SECONDS = 1.0
# A use case may finish a moment after its deadline; the work is then cut off, so that a dependency that never answers
# cannot hold all workers.
GRACE_SECONDS = 0.5

# Database trouble that passes by itself: the caller hears `unavailable` and may try again.
_PASSING = (sql_errors.OperationalError, sql_errors.InterfaceError, sql_errors.TimeoutError)


@dataclass(frozen=True)
class Door:
    """One RPC entry point, for the access matrix."""

    request: type[Request[Any]]
    allow: Rule
    handler: str

    @property
    def rpc(self) -> str:
        """The method's full name, `<service>.<method>`."""
        return f"{self.request.service}.{self.request.method}"


# Every RPC entry point that was imported, by its full name.
DOORS: dict[str, Door] = {}


def serves(request: type[Request[Any]], *, allow: Rule) -> Callable[[Any], Any]:
    """Make a method `(self, request, caller) -> reply` answer `request` for callers that `allow` lets in.

    The method returns the reply model, or its JSON as bytes, or None when the reply is `Done`. Raises TypeError at
    import for a request without a method name or a missing rule.
    """
    if not getattr(request, "method", None):
        raise TypeError(f"{request.__name__} names no rpc method")
    if not isinstance(allow, Rule):
        raise TypeError(f"{request.service}.{request.method} needs an access rule, allow=...")

    def register(method: Any) -> Any:
        register_entrypoint(method, Serves(request, allow))
        door = Door(request, allow, f"{method.__module__}.{method.__qualname__}")
        DOORS[door.rpc] = door
        return method

    return register


class RpcQueue(SharedExtension):
    """The service's one RPC queue, shared by all its RPC entry points."""

    consumer = BusConsumer()

    def __init__(self) -> None:
        self.doors: dict[str, Serves] = {}
        self.queue = ""
        self.prefetch = 1
        super().__init__()

    def setup(self) -> None:
        """Register the queue; the entry points add themselves."""
        self.queue = f"rpc-{self.container.service_name}"
        self.prefetch = self.container.max_workers
        self.consumer.register(self)

    def declare(self, connection: Connection) -> None:
        """Declare exchange and queue. Classic and with a time to live: a call is worth nothing after its deadline."""
        arguments = {"x-queue-type": "classic", "x-message-ttl": int(settings().rpc_queue_seconds * 1000)}
        connection.ensure_exchange(RPC_EXCHANGE)
        connection.declare_queue(WORK_CHANNEL, self.queue, arguments, durable=True)
        connection.bind_queue(WORK_CHANNEL, self.queue, RPC_EXCHANGE, f"{self.container.service_name}.*")

    def receive(self, connection: Connection, delivered: Delivered) -> None:
        """Sort out what is not a call or comes too late; hand the rest to a worker."""
        properties = delivered.properties
        headers = properties.headers
        method = delivered.routing_key
        if headers is None or not properties.reply_to:
            telemetry.RPC_DROPPED.labels("", "malformed").inc()
            log.warning("malformed call rejected", method=method)
            connection.reject(delivered, requeue=False)
            return
        deadline = headers.get("nameko.deadline")
        if type(deadline) is not int:
            deadline = None
        if deadline is not None and deadline < time.time() * 1000:
            telemetry.RPC_DROPPED.labels(method if method in self.doors else "", "deadline").inc()
            connection.ack(delivered)
            return
        door = self.doors.get(method)
        if door is None:
            error = PortalError("not_found", field="method")
            self.container.spawn_work(_answer, connection, delivered, _error_body(error, method))
            return
        self.container.spawn_work(door.work, connection, delivered, deadline)


class Serves(Entrypoint):
    """The nameko entry point behind `@serves`."""

    rpc = RpcQueue()
    hearing = Hearing()
    workers = 0  # the container's own max_workers are the RPC workers

    def __init__(self, request: type[Request[Any]], allow: Rule) -> None:
        self.request = request
        self.allow = allow
        self._seconds: dict[str, Any] = {}
        super().__init__()

    def setup(self) -> None:
        """Take the method's name on the wire. Raises ConfigurationError for a request of another service."""
        if self.request.service != self.container.service_name:
            raise ConfigurationError(f"{self.request.__name__} belongs to {self.request.service}")
        self.name = f"{self.request.service}.{self.request.method}"
        self.rpc.doors[self.name] = self

    def stop(self) -> None:
        """Take no more calls."""
        self.rpc.consumer.stop_receiving(self.rpc)

    def work(self, connection: Connection, delivered: Delivered, deadline: int | None) -> None:
        """Answer one call, whatever happens."""
        started = time.perf_counter()
        headers = delivered.properties.headers or {}
        now = Context(
            correlation_id=_text(headers, "nameko.correlation_id") or context.new_correlation_id(),
            traceparent=_text(headers, "nameko.traceparent"),
            language="en" if headers.get("nameko.language") == "en" else "lv",
            address=_text(headers, "nameko.address"),
            deadline=deadline,
            token=_text(headers, "nameko.token"),
        )
        context.enter(now)
        telemetry.RPC_BUSY.inc()
        code = "ok"
        try:
            if telemetry.tracing():
                with telemetry.span(self.name, "server", now.traceparent) as passed_on:
                    now.traceparent = passed_on
                    body = self._bounded(delivered, now)
            else:
                body = self._bounded(delivered, now)
        except PortalError as error:
            code = error.code
            body = _error_body(error)
        except ValidationError as error:
            code = "invalid"
            body = _error_body(error_of(error))
        except eventlet.Timeout:
            code = "deadline"
            log.error("call cut off at its deadline", method=self.name)
            body = _error_body(PortalError("deadline"))
        except sql_errors.DataError as error:
            # A value that fits the message but no column: a number too large, a year beyond the calendar.
            code = "malformed"
            log.warning("call failed: value out of range", method=self.name, reason=str(error).split("\n", 1)[0])
            body = _error_body(PortalError("malformed"))
        except _PASSING as error:
            code = "unavailable"
            log.error("call failed: database unavailable", method=self.name, reason=str(error).split("\n", 1)[0])
            body = _error_body(PortalError("unavailable"))
        except Exception:
            code = "internal"
            log.error("call failed", method=self.name, exc_info=True)
            body = _error_body(PortalError("internal", reference=now.correlation_id))
        finally:
            telemetry.RPC_BUSY.dec()
        _answer(connection, delivered, body)
        self._count(code, time.perf_counter() - started)

    def _bounded(self, delivered: Delivered, now: Context) -> bytes:
        left = now.seconds_left()
        with eventlet.Timeout((self.request.timeout if left is None else max(left, 0)) + GRACE_SECONDS):
            return self._reply(delivered, now)

    def _reply(self, delivered: Delivered, now: Context) -> bytes:
        caller = tokens.verify(now.token)
        if revocations.refuses(caller):
            raise PortalError("unauthenticated")
        if caller.address != now.address or caller.language != now.language:
            caller = replace(caller, address=now.address, language=now.language)
        now.caller = caller
        self.allow.check(caller)
        request = self._request(delivered)
        service = self.container.service_for(self)
        result = getattr(service, self.method_name)(request, caller)
        if isinstance(result, bytes):
            return RESULT + result + NO_ERROR
        if result is None and not self.request.reply.model_fields:
            return RESULT + b"{}" + NO_ERROR
        if not isinstance(result, self.request.reply):
            raise TypeError(f"{self.name} returned {type(result).__name__}, not {self.request.reply.__name__}")
        return RESULT + dump(result) + NO_ERROR

    def _request(self, delivered: Delivered) -> Request[Any]:
        body = delivered.body
        if delivered.properties.content_type != "application/json":
            raise PortalError("invalid", field="content_type")
        if NUL in body and _NUL.search(body):
            raise PortalError("malformed")  # PostgreSQL keeps no NUL in texts, and nobody means one
        if body.startswith(PREFIX) and body.endswith(SUFFIX):
            return self.request.model_validate_json(body[len(PREFIX) : -len(SUFFIX)])
        try:
            parts = orjson.loads(body)
        except ValueError as error:
            raise PortalError("invalid", field="body") from error
        if not isinstance(parts, dict) or parts.get("args") or not isinstance(parts.get("kwargs"), dict):
            raise PortalError("invalid", field="args")  # requests are named fields only
        return self.request.model_validate_json(orjson.dumps(parts["kwargs"]))

    def _count(self, code: str, seconds: float) -> None:
        histogram = self._seconds.get(code)
        if histogram is None:
            histogram = self._seconds[code] = telemetry.RPC_SECONDS.labels(self.name, code)
        histogram.observe(seconds)
        if seconds > SLOW_SECONDS:
            log.warning("slow call", method=self.name, seconds=round(seconds, 3), code=code)


def dump(message: BaseModel) -> bytes:
    """Return a message as JSON bytes; what `model_dump_json` does without the detour over text."""
    return type(message).__pydantic_serializer__.to_json(message)


def _text(headers: dict[str, Any], key: str) -> str | None:
    value = headers.get(key)
    return value if isinstance(value, str) else None


def _error_body(error: PortalError, value: str | None = None) -> bytes:
    """Return an error reply: our data, and the keys a stock nameko client needs to raise its RemoteError."""
    data = error.to_data()
    data |= {"exc_type": "PortalError", "exc_path": "chassis.errors.PortalError", "exc_args": [error.code]}
    data["value"] = value or str(error)
    return orjson.dumps({"result": None, "error": data}, default=str)


def _answer(connection: Connection, delivered: Delivered, body: bytes) -> None:
    properties = delivered.properties
    try:
        reply = reply_properties(properties.correlation_id)
        connection.answer(delivered, RPC_EXCHANGE, properties.reply_to or "", reply, body)
    except (ConnectionLost, ValueError) as error:
        # The broker hands the call out again; past its deadline it is dropped then.
        log.warning("reply not sent", method=delivered.routing_key, reason=str(error))

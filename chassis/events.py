"""The consuming side of events: `@subscribe(Event)` on a method `(self, event, delivery)` of a service class.

A handler that raises sends the event up a ladder of waits (5 s, 30 s, 5 min, 30 min) and then to the dead letters,
with the reason; nothing is lost and nothing is retried for ever. A malformed event is a dead letter at once. Events of
one aggregate are handled in their order by one process at a time; one that failed is overtaken while it waits.
"""

from __future__ import annotations

import contextlib
import time
import traceback
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import eventlet
import orjson
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR, Entrypoint, register_entrypoint
from pydantic import ValidationError

from chassis import context, names, telemetry
from chassis.caller import AlreadyHandled, Delivery, service_caller
from chassis.consumer import BusConsumer
from chassis.context import Context
from chassis.days import now as utc_now
from chassis.messages import Event
from chassis.process import settings
from chassis.topology import Subscription, declare_subscription, declare_ways
from chassis.wire import Connection, ConnectionLost, Delivered, Properties

log = telemetry.get_logger(__name__)

TRACE_BYTES = 6000


class Malformed(Exception):
    """An event that can never be handled: no envelope, unknown type, fields that do not fit."""


def subscribe(*events: type[Event], ordered: bool = True, limit: float = 60) -> Callable[[Any], Any]:
    """Make a method `(self, event, delivery)` handle these events, each at least once.

    Open the unit of work with `delivery`: its inbox row makes "at least once" into "once". `ordered` keeps the events
    of an aggregate in order, with one process active at a time; without it all processes share the work. A handler
    is cut off after `limit` seconds. Raises TypeError without an event or for a method that subscribes twice.
    """
    if not events or not all(getattr(event, "event_type", None) for event in events):
        raise TypeError("subscribe needs Event classes that name their type")

    def register(method: Any) -> Any:
        if any(isinstance(e, Subscribe) for e in getattr(method, ENTRYPOINT_EXTENSIONS_ATTR, ())):
            raise TypeError(f"{method.__qualname__} subscribes twice; name all events in one subscribe(...)")
        register_entrypoint(method, Subscribe(events, ordered, limit))
        return method

    return register


class Subscribe(Entrypoint):
    """The nameko entry point behind `@subscribe`."""

    consumer = BusConsumer()

    def __init__(self, events: tuple[type[Event], ...], ordered: bool, limit: float) -> None:
        self.events = {event.event_type: event for event in events}
        self.ordered = ordered
        self.limit = limit
        self._lines: dict[str, deque[tuple[Connection, Delivered]]] = {}
        super().__init__()

    @property
    def workers(self) -> int:
        """How many events this handler has in hand at once."""
        return settings().event_workers

    def setup(self) -> None:
        """Register the handler's queue."""
        self.subscription = self.subscription_of(self.container.service_name, self.method_name)
        self.queue = self.subscription.queue
        self.prefetch = self.workers
        self.consumer.register(self)

    def stop(self) -> None:
        """Take no more events."""
        self.consumer.stop_receiving(self)

    def subscription_of(self, service: str, method: str) -> Subscription:
        """Return what this entry point needs on the broker."""
        return Subscription(service, f"{service}.{method}", tuple(self.events.values()), self.ordered)

    def declare(self, connection: Connection) -> None:
        """Declare the queue when the topology command has not; a service needs no rights to others' exchanges then."""
        service, ladder = self.subscription.service, settings().ladder
        if connection.queue_depth(self.queue) is None:
            declare_subscription(connection, self.subscription, ladder)
        elif any(connection.queue_depth(names.retry(service, step)) is None for step in ladder):
            declare_ways(connection, service, ladder)  # the ladder has changed since

    def receive(self, connection: Connection, delivered: Delivered) -> None:
        """Put the event into the line of its aggregate; each line is worked off by one green thread."""
        headers = delivered.properties.headers or {}
        key = str(headers.get("aggregate") or delivered.properties.message_id or delivered.tag)
        line = self._lines.get(key)
        if line is not None:
            line.append((connection, delivered))
            return
        self._lines[key] = deque([(connection, delivered)])
        try:
            self.container.spawn_work(self._work, key)
        except ContainerBeingKilled:
            del self._lines[key]
            raise

    def _work(self, key: str) -> None:
        line = self._lines[key]
        while line:
            self._take(*line[0])
            line.popleft()
        del self._lines[key]

    def _take(self, connection: Connection, delivered: Delivered) -> None:
        if self.consumer.connection is not connection:
            return  # the broker has taken it back and hands it out again
        started = time.perf_counter()
        try:
            outcome = self._handle(delivered)
            connection.ack(delivered)
        except ConnectionLost as error:
            outcome = "broker lost"
            log.warning("event not acknowledged, it will come again", handler=self.queue, reason=str(error))
            self._give_back(connection, delivered)
        telemetry.EVENT_SECONDS.labels(self.queue, outcome).observe(time.perf_counter() - started)

    def _give_back(self, connection: Connection, delivered: Delivered) -> None:
        """The connection may live on (the broker short of memory): then the event must not stay in our hands."""
        eventlet.sleep(1)
        if self.consumer.connection is connection:
            with contextlib.suppress(ConnectionLost):  # then the broker takes it back by itself
                connection.reject(delivered, requeue=True)

    def _handle(self, delivered: Delivered) -> str:
        attempt = _attempts(delivered) + 1
        try:
            event, delivery, circumstances = self._read(delivered, attempt)
        except Malformed as error:
            log.error("malformed event", handler=self.queue, reason=str(error))
            self._bury(delivered, attempt, f"malformed: {error}", "")
            return "malformed"
        with context.using(circumstances), telemetry.span(self.queue, "consumer", circumstances.traceparent) as trace:
            circumstances.traceparent = trace
            try:
                with eventlet.Timeout(self.limit):
                    getattr(self.container.service_for(self), self.method_name)(event, delivery)
                return "done"
            except AlreadyHandled:
                return "duplicate"
            except (Exception, eventlet.Timeout) as error:
                reason = f"{type(error).__name__}: {error}"
                trace_text = "".join(traceback.format_exception(error))[-TRACE_BYTES:]
                log.warning(
                    "event not handled", handler=self.queue, event_id=str(delivery.event_id), attempt=attempt,
                    reason=reason, exc_info=True,
                )  # fmt: skip
                return self._fail(delivered, attempt, reason, trace_text)

    def _read(self, delivered: Delivered, attempt: int) -> tuple[Event, Delivery, Context]:
        try:
            envelope = orjson.loads(delivered.body)
            event_class = self.events[envelope["type"]]
            event = event_class.model_validate_json(orjson.dumps(envelope["data"]))
            correlation_id = str(envelope.get("correlationid") or context.new_correlation_id())
            delivery = Delivery(
                event_id=UUID(envelope["id"]),
                handler=self.queue,
                caller=service_caller(str(envelope["source"]).rsplit("/", 1)[-1]),
                time=datetime.fromisoformat(envelope["time"]),
                correlation_id=correlation_id,
                attempt=attempt,
                extensions={k: envelope[k] for k in ("actorkind", "actor", "actorclient") if k in envelope},
            )
        except ValidationError as error:
            raise Malformed(str(error)[:500]) from error
        except (ValueError, KeyError, TypeError) as error:
            raise Malformed(f"{type(error).__name__}: {error}"[:500]) from error
        trace = envelope.get("traceparent")
        circumstances = Context(
            correlation_id=correlation_id,
            traceparent=trace if isinstance(trace, str) else None,
            caller=delivery.caller,
        )
        return event, delivery, circumstances

    def _fail(self, delivered: Delivered, attempt: int, reason: str, trace: str) -> str:
        ladder = settings().ladder
        if attempt > len(ladder):
            self._bury(delivered, attempt, reason, trace)
            return "dead"
        properties = self._properties(delivered, {"x-attempts": attempt, "x-reason": reason[:500]})
        exchange = names.retry(self.subscription.service, ladder[attempt - 1])
        # Confirmed before the original is acknowledged: a crash in between doubles the event, never loses it.
        self.consumer.publish_confirmed(exchange, self.queue, properties, delivered.body)
        return "retry"

    def _bury(self, delivered: Delivered, attempt: int, reason: str, trace: str) -> None:
        headers = {
            "x-attempts": attempt,
            "x-handler": self.queue,
            "x-reason": reason[:2000],
            "x-trace": trace,
            "x-dead-at": utc_now().isoformat(),
        }
        dead = names.dead(self.subscription.service)
        self.consumer.publish_confirmed(dead, self.queue, self._properties(delivered, headers), delivered.body)
        log.error("event is a dead letter", handler=self.queue, reason=reason)

    def _properties(self, delivered: Delivered, headers: dict[str, Any]) -> Properties:
        old = delivered.properties
        kept = {k: v for k, v in (old.headers or {}).items() if not k.startswith("x-")}
        return Properties(
            content_type=old.content_type or "application/octet-stream",
            headers=kept | headers,
            delivery_mode=2,
            message_id=old.message_id or f"{self.queue}.{delivered.tag}",
            type=old.type,
        )


def _attempts(delivered: Delivered) -> int:
    count = (delivered.properties.headers or {}).get("x-attempts")
    return count if type(count) is int and count >= 0 else 0

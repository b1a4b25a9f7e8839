"""Logs, metrics and traces of one process.

Logs are JSON lines on standard output and carry the correlation id of the work at hand. Metrics are Prometheus's.
Traces are sent only when OTEL_EXPORTER_OTLP_ENDPOINT is set; the trace context crosses the bus in any case.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

import orjson
import structlog
from prometheus_client import Counter, Gauge, Histogram

from chassis import context

_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

RPC_SECONDS = Histogram(
    "portal_rpc_seconds", "Calls answered, by method and code", ["method", "code"], buckets=_BUCKETS
)
RPC_DROPPED = Counter("portal_rpc_dropped_total", "Calls not answered, by reason", ["method", "reason"])
RPC_BUSY = Gauge("portal_rpc_busy", "Calls being worked on")
CALL_SECONDS = Histogram("portal_call_seconds", "Calls made, by method and code", ["method", "code"], buckets=_BUCKETS)
EVENT_SECONDS = Histogram(
    "portal_event_seconds", "Events handled, by handler and outcome", ["handler", "outcome"], buckets=_BUCKETS
)
TIMER_SECONDS = Histogram(
    "portal_timer_seconds", "Timers run, by timer and outcome", ["timer", "outcome"], buckets=_BUCKETS
)
BROKER_UP = Gauge("portal_broker_up", "1 while the connection to the broker works", ["connection"])
RECONNECTS = Counter("portal_broker_connects_total", "Connections opened to the broker", ["connection"])
OUTBOX_PENDING = Gauge("portal_outbox_pending", "Events waiting to be published", ["service"])
OUTBOX_AGE = Gauge("portal_outbox_oldest_seconds", "Age of the oldest event waiting to be published", ["service"])
PUBLISHED = Counter("portal_outbox_published_total", "Events published and confirmed", ["service"])
UNROUTABLE = Counter("portal_outbox_unroutable_total", "Events the broker returned or refused", ["service"])

_tracer: Any = None
_provider: Any = None


def get_logger(name: str) -> Any:
    """Return the structured logger of a module: `log.info("invoice issued", invoice=number)`."""
    return structlog.get_logger(name)


def configure(service: str, level: str | None = None) -> None:
    """Set up logs (and traces when an exporter is configured) for this process; `level` defaults to LOG_LEVEL."""
    chosen = (level or os.environ.get("LOG_LEVEL") or "INFO").upper()
    number = logging.getLevelNamesMapping().get(chosen, logging.INFO)
    shared: list[Any] = [
        _add_context(service),
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=lambda *a, **k: _dumps(*a, **k).decode()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(number, logging.INFO))
    for noisy in ("pika", "nameko", "amqp", "kombu", "urllib3", "eventlet.wsgi", "opentelemetry"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        _start_traces(service)


def _dumps(event: Any, **_: Any) -> bytes:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS)


def _add_context(service: str) -> Any:
    def add(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        event["service"] = service
        now = context.current()
        if now.correlation_id:
            event["correlation_id"] = now.correlation_id
        return event

    return add


def _start_traces(service: str) -> None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    global _tracer, _provider
    _provider = provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = provider.get_tracer("portal")


def tracing() -> bool:
    """Return whether spans are exported; hot paths skip `span` otherwise."""
    return _tracer is not None


def begin_span(name: str, kind: str, traceparent: str | None, **attributes: str) -> tuple[Any, str | None]:
    """Begin a span (`kind` server, client, consumer or producer) under `traceparent`.

    Returns it for `end_span` (None when spans are not exported) and the traceparent to pass on.
    """
    if _tracer is None:
        return None, traceparent
    from opentelemetry.trace import SpanKind, format_span_id, format_trace_id
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    parent = TraceContextTextMapPropagator().extract({"traceparent": traceparent} if traceparent else {})
    begun = _tracer.start_span(name, parent, SpanKind[kind.upper()], attributes=attributes)
    at = begun.get_span_context()
    return begun, f"00-{format_trace_id(at.trace_id)}-{format_span_id(at.span_id)}-{at.trace_flags:02x}"


def end_span(begun: Any, code: str = "ok") -> None:
    """End a span; any other code than `ok` marks it as failed."""
    if begun is not None:
        if code != "ok":
            from opentelemetry.trace import StatusCode

            begun.set_status(StatusCode.ERROR, code)
        begun.end()


@contextlib.contextmanager
def span(name: str, kind: str, traceparent: str | None, **attributes: str) -> Iterator[str | None]:
    """Record the block as a span; yields the traceparent to pass on. An exception marks it as failed."""
    begun, passed_on = begin_span(name, kind, traceparent, **attributes)
    try:
        yield passed_on
    except BaseException as error:
        end_span(begun, getattr(error, "code", type(error).__name__))
        raise
    end_span(begun)


def shutdown() -> None:
    """Send the spans that wait; at the end of a process, two seconds at most."""
    if _provider is not None:
        _provider.force_flush(2000)

"""Logs, metrics, traces: one reference from end to end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import echo_messages as m
import pytest
from running import Hall, Outside, Program, envelope, until

from chassis.bus import Bus
from chassis.errors import PortalError

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def collector() -> Iterator[Any]:
    """An OTLP collector that keeps the raw bodies it is sent."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.bodies = bodies  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def lines(program: Program) -> list[dict[str, Any]]:
    """Its log lines; every one must be JSON."""
    return [json.loads(line) for line in program.text().splitlines()]


def test_every_log_line_is_json_and_carries_the_reference(run: Callable[..., Program], bus: Bus) -> None:
    echo = run("echo_service:Service").ready()
    with pytest.raises(PortalError):
        bus.call(m.Fail(how="boom"), correlation_id="ref-9")
    failed = next(line for line in lines(echo) if line["event"] == "call failed")
    assert (failed["correlation_id"], failed["service"], failed["level"]) == ("ref-9", "echo", "error")
    assert "secret detail" in failed["exception"]
    assert echo.stop() == 0
    assert lines(echo)[-1]["event"] == "stopped"


def test_spans_of_caller_and_service_belong_to_one_trace(run: Callable[..., Program], bus: Bus, collector: Any) -> None:
    endpoint = f"http://127.0.0.1:{collector.server_address[1]}"
    echo = run("echo_service:Service", OTEL_EXPORTER_OTLP_ENDPOINT=endpoint).ready()
    bus.call(m.Onward(text="x"), traceparent=f"00-{TRACE}-b7ad6b7169203331-01")
    assert echo.stop() == 0  # sends what waits
    sent = b"".join(collector.bodies)
    assert sent.count(b"echo.onward") >= 1
    assert sent.count(b"echo.say") >= 2  # the call as its caller saw it, and as its service did
    assert sent.count(bytes.fromhex(TRACE)) >= 3
    assert b"amqp://" not in sent


@pytest.mark.usefixtures("topology")
def test_an_event_carries_the_reference_and_the_trace_on(hall: Hall, outside: Outside, collector: Any) -> None:
    endpoint = f"http://127.0.0.1:{collector.server_address[1]}"
    service = hall.service(OTEL_EXPORTER_OTLP_ENDPOINT=endpoint).ready()
    outside.publish(
        "echo.events", "bell.rang",
        envelope("traced", correlationid="ref-5", traceparent=f"00-{TRACE}-b7ad6b7169203331-01"),
    )  # fmt: skip
    until(lambda: hall.numbers("traced"), 10)
    assert hall.rows("SELECT correlation FROM heard")[0].correlation == "ref-5"
    assert service.stop() == 0
    assert bytes.fromhex(TRACE) in b"".join(collector.bodies)


def test_metrics_name_method_and_code(run: Callable[..., Program], bus: Bus) -> None:
    echo = run("echo_service:Service").ready()
    bus.call(m.Say(text="x"))
    with pytest.raises(PortalError):
        bus.call(m.Fail(how="coded"))
    assert echo.metric('portal_rpc_seconds_count{code="ok",method="echo.say"}') == 1
    assert echo.metric('portal_rpc_seconds_count{code="echo.refused",method="echo.fail"}') == 1
    assert echo.metric('portal_broker_up{connection="consumer"}') == 1

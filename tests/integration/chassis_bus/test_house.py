"""The rest of the house: timers, broadcasts, rights on the broker, starting and stopping."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import echo_messages as m
import pytest
import sqlalchemy as sa
from hall_service import Ring
from running import FaultProxy, Hall, Outside, Program, envelope, until

from chassis import redrive
from chassis.bus import Bus
from chassis.errors import PortalError
from chassis.process import ProcessSettings
from chassis.timers import _SPACE
from chassis.topology import permissions_for
from chassis.wire import Connection, ConnectionLost
from deploy.local import stale
from deploy.local.paths import SERVICES, Place
from tests import stack

pytestmark = pytest.mark.usefixtures("topology")


def test_a_timer_runs_in_one_process_at_a_time(hall: Hall) -> None:
    hall.service().ready()
    hall.service().ready()
    until(lambda: hall.rows("SELECT count(*) FROM ticks")[0][0] >= 4, 10, "ticks")
    with hall.engine.connect() as other:
        # somebody else holds the timer's lock, as a process in the middle of its turn does
        until(
            lambda: other.scalar(
                sa.text("SELECT pg_try_advisory_lock(:s, :n)"), {"s": _SPACE, "n": _number("hall.tick")}
            ),
            10,
            "the lock",
        )
        before = hall.rows("SELECT count(*) FROM ticks")[0][0]
        time.sleep(1.2)
        assert hall.rows("SELECT count(*) FROM ticks")[0][0] == before
        other.scalar(sa.text("SELECT pg_advisory_unlock_all()"))
    until(lambda: hall.rows("SELECT count(*) FROM ticks")[0][0] > before, 10, "ticks going on")


def _number(timer: str) -> int:
    import zlib

    return zlib.crc32(timer.encode()) & 0x7FFFFFFF


def test_a_timer_that_fails_comes_again(hall: Hall) -> None:
    service = hall.service().ready()
    with hall.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE ticks RENAME TO gone"))
    failed = 'portal_timer_seconds_count{outcome="failed",timer="hall.tick"'
    until(lambda: service.metric(failed) >= 2, 10, "two failures")
    with hall.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE gone RENAME TO ticks"))
        before = connection.scalar(sa.text("SELECT count(*) FROM ticks"))
    until(lambda: hall.rows("SELECT count(*) FROM ticks")[0][0] > before, 10, "ticks going on")


def test_a_broadcast_reaches_every_listener_and_survives_a_reconnect(outside: Outside, proxy: FaultProxy) -> None:
    heard: dict[str, list[int]] = {"a": [], "b": []}
    clients = []
    connected = {"a": 0, "b": 0}

    def count(name: str) -> None:
        connected[name] += 1

    for name, numbers in heard.items():
        bus = Bus(proxy.url, name=name)  # type: ignore[attr-defined]
        bus.on_reconnect(partial(count, name))
        bus.listen(m.Rang, lambda event, numbers=numbers: numbers.append(event.number))
        assert bus.connect()
        clients.append(bus)
    outside.publish("echo.events", "bell.rang", envelope("x", 1))
    until(lambda: heard == {"a": [1], "b": [1]}, 5, "the broadcast")
    outside.publish("echo.events", "bell.rang", b"not an event at all")
    proxy.cut()
    # Counted, not watched: they are back sooner than a look at `connected` would notice.
    until(lambda: min(connected.values()) >= 2, 10, "the reconnect")
    assert all(bus.connect() for bus in clients)
    outside.publish("echo.events", "bell.rang", envelope("x", 2))
    until(lambda: heard == {"a": [1, 2], "b": [1, 2]}, 5, "the broadcast after the reconnect")
    for bus in clients:
        bus.close()


@pytest.fixture
def as_user(api: Any, vhost: str, amqp_url: str) -> Any:
    """Make a broker user with the rights the topology gives it; returns its URL."""
    made = []

    def make(user: str) -> str:
        name = f"{user}-{vhost}" if user in ("gateway", "relay") else user
        api("PUT", f"users/{name}-{vhost}", {"password": "secret", "tags": ""})
        configure, write, read = permissions_for(user)
        rights = {"configure": configure, "write": write, "read": read}
        api("PUT", f"permissions/{vhost}/{name}-{vhost}", rights)
        made.append(f"{name}-{vhost}")
        parts = urlsplit(amqp_url)
        return parts._replace(netloc=f"{name}-{vhost}:secret@{parts.hostname}:{parts.port}").geturl()

    yield make
    for name in made:
        api("DELETE", f"users/{name}")


def test_everything_works_with_the_least_rights(hall: Hall, as_user: Any, outside: Outside) -> None:
    service = hall.service(AMQP_URL=as_user("svc-hall")).ready()
    hall.relay(AMQP_URL=as_user("relay")).ready()
    bus = Bus(as_user("gateway"), name="gateway")
    bus.call(Ring(bell="dom"))
    until(lambda: hall.numbers("dom") == [0], 10, "an event through relay and handler")
    outside.publish("echo.events", "bell.rang", envelope("fail-99"))
    until(lambda: redrive.look("hall"), 10, "a dead letter by way of the ladder")
    assert service.process.poll() is None
    bus.close()


TOO_MUCH: list[tuple[str, Callable[[Connection], Any]]] = [
    ("svc-hall", lambda c: c.consume(1, "events.history", "x")),
    ("svc-hall", lambda c: c.consume(1, "rpc-echo", "x")),
    ("svc-hall", lambda c: c.declare_queue(1, "echo.on_rang", {})),
    ("svc-hall", lambda c: c.declare_exchange(1, "echo.events")),
    ("svc-hall", lambda c: _publish(c, "echo.events")),
    ("svc-hall", lambda c: _publish(c, "hall.events")),  # only the relay publishes
    ("gateway", lambda c: _publish(c, "echo.events")),
    ("gateway", lambda c: c.consume(1, "rpc-echo", "x")),
    ("relay", lambda c: c.consume(1, "hall.on_rang", "x")),
    ("relay", lambda c: _publish(c, "nameko-rpc")),
]


def test_nobody_may_more_than_its_work_needs(as_user: Any) -> None:
    urls = {user: as_user(user) for user in ("svc-hall", "gateway", "relay")}
    for number, (user, attempt) in enumerate(TOO_MUCH):
        connection = Connection(urls[user], name="nosy")
        connection.connect()
        connection.channel(1, prefetch=1)
        with pytest.raises(ConnectionLost) as refused:
            attempt(connection)
        assert "403" in str(refused.value), number
        connection.close()


def _publish(connection: Connection, exchange: str) -> None:
    connection.channel(2, confirms=True)
    connection.publish(2, exchange, "a.b", b"\x00\x00", b"{}", expect=lambda _: None)
    for _ in range(4):
        connection.poll()


def test_a_wrong_environment_is_said_at_the_start(run: Callable[..., Program]) -> None:
    wrong = run("echo_service:Service", EVENT_LADDER="5,-1")
    assert wrong.process.wait(15) == 1
    assert "event_ladder" in wrong.text()


def test_outside_the_local_profile_there_is_no_default_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILE", "production")
    monkeypatch.delenv("AMQP_URL")
    with pytest.raises(ValueError, match="AMQP_URL must be set"):
        ProcessSettings()


def test_a_service_that_cannot_be_loaded_ends_with_its_reason(run: Callable[..., Program]) -> None:
    lost = run("no_such_module:Service")
    assert lost.process.wait(15) == 1
    assert "No module named 'no_such_module'" in lost.text()


def test_the_database_away_is_not_ready_but_alive(hall: Hall, run: Callable[..., Program], bus: Bus) -> None:
    database = sa.make_url(hall.url)
    way = FaultProxy((database.host or "127.0.0.1", database.port or 5432))
    through = database.set(host="127.0.0.1", port=way.port).render_as_string(hide_password=False)
    service = run("hall_service:Service", service="hall", DATABASE_URL_HALL=through).ready()
    way.down = True
    way.cut()
    until(lambda: service.probe("readyz")[0] == 503, 10, "not ready")
    assert service.probe("readyz")[1]["database"] != "ok"
    assert service.probe("livez")[0] == 200
    with pytest.raises(PortalError, match="unavailable"):
        bus.call(Ring(bell="x"))
    way.down = False
    until(lambda: service.probe("readyz")[0] == 200, 10, "ready again")
    assert bus.call(Ring(bell="x")) is not None
    assert service.stop(signal.SIGTERM) == 0
    way.close()


def test_no_call_outlives_its_callers_in_a_queue_of_the_stack(api: Any, endpoints: dict[str, Any]) -> None:
    # pitfall 7: a policy with a key that classic queues do not know is passed over for them without a word
    vhost = urlsplit(endpoints["amqp"]["admin"]).path[1:]
    queues = api("GET", f"queues/{vhost}?columns=name,effective_policy_definition")
    calls = {one["name"]: one["effective_policy_definition"] for one in queues if re.fullmatch(r"rpc-\w+", one["name"])}
    assert set(calls) >= {f"rpc-{service}" for service in SERVICES}
    assert {name for name, policy in calls.items() if not 0 < policy.get("message-ttl", 0) <= 30_000} == set()


def test_the_broker_of_the_stack_brings_no_port_mapper_of_its_own() -> None:
    # pitfall 18: the system's wrappers, and a node left to itself, start an epmd that outlives the stack
    known = json.loads((stack.run_dir() / "config.json").read_text())
    if known.get("amqp_url"):
        pytest.skip("the broker is not of this stack")
    place = Place(stack.run_dir(), known["port"])
    commands = [Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0") for pid in stale.ours(place)]
    mappers = [command for command in commands if Path(command[0]).name == "epmd"]
    assert [command[1:3] for command in mappers] == [["-port", str(place["epmd"])]]

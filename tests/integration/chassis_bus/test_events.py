"""Events: outbox to inbox, ladder, dead letters, order, duplicates, crashes."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import orjson
import pytest
import sqlalchemy as sa
from hall_service import Ring
from running import FaultProxy, Hall, Outside, Program, envelope, until

from chassis.bus import Bus

pytestmark = pytest.mark.usefixtures("topology")


def test_an_event_goes_from_the_outbox_to_the_inbox_once_and_in_order(hall: Hall, bus: Bus) -> None:
    service, relay = hall.service().ready(), hall.relay().ready()
    bus.call(Ring(bell="dom", count=200), correlation_id="ref-1")
    until(lambda: len(hall.numbers("dom")) == 200, 20, "200 events")
    assert hall.numbers("dom") == list(range(200))
    assert {row.correlation for row in hall.rows("SELECT correlation FROM heard")} == {"ref-1"}
    assert hall.rows("SELECT count(*) FROM outbox WHERE published_at IS NULL")[0][0] == 0
    assert relay.metric('portal_outbox_published_total{service="hall"') == 200
    assert service.stop() == 0
    assert relay.stop() == 0


def test_work_that_fails_tells_nobody(hall: Hall, bus: Bus) -> None:
    hall.service().ready()
    with pytest.raises(Exception, match="internal"):
        bus.call(Ring(bell="dom", fail=True))
    assert hall.rows("SELECT count(*) FROM outbox")[0][0] == 0


def test_the_same_event_twice_is_done_once(hall: Hall, outside: Outside) -> None:
    service = hall.service().ready()
    for _ in range(3):
        outside.publish("echo.events", "bell.rang", envelope("twice"))
    until(lambda: service.metric('portal_event_seconds_count{handler="hall.on_rang",outcome="duplicate"') == 2, 10)
    assert hall.numbers("twice") == [0]


def test_a_failing_handler_climbs_the_ladder_and_succeeds(hall: Hall, outside: Outside) -> None:
    hall.service().ready()
    outside.publish("echo.events", "bell.rang", envelope("fail-2"))
    rows = until(lambda: hall.rows("SELECT attempt FROM heard WHERE bell='fail-2'"), 10, "the third attempt")
    assert rows[0].attempt == 3


def test_an_event_that_always_fails_becomes_a_dead_letter_with_its_reason(hall: Hall, outside: Outside) -> None:
    hall.service().ready()
    outside.publish("echo.events", "bell.rang", envelope("fail-99"))
    dead = outside.take("hall.dead")
    headers = dead.properties.headers
    assert headers["x-handler"] == "hall.on_rang"
    assert headers["x-attempts"] == 3  # the first and one per step of the ladder
    assert headers["x-reason"] == "RuntimeError: not yet: fail-99"
    assert "on_rang" in headers["x-trace"]
    assert orjson.loads(dead.body)["data"]["bell"] == "fail-99"
    assert outside.depth("hall.on_rang") == 0


MALFORMED = [
    b"",
    b"{",
    b"[]",
    b'{"type":"lv.portal.other.v1"}',
    orjson.dumps({**orjson.loads(envelope("x")), "data": {"bell": []}}),
    orjson.dumps({**orjson.loads(envelope("x")), "id": "no uuid"}),
]


def test_a_malformed_event_is_a_dead_letter_at_once(hall: Hall, outside: Outside) -> None:
    service = hall.service(EVENT_LADDER="60").ready()
    for body in MALFORMED:
        outside.publish("echo.events", "bell.rang", body)
        dead = outside.take("hall.dead")
        assert dead.properties.headers["x-reason"].startswith("malformed: ")
        assert dead.body == body
    assert service.probe("readyz")[0] == 200


def test_an_event_waits_for_a_consumer_that_is_not_there_yet(hall: Hall, outside: Outside) -> None:
    # the topology was declared before anybody published (pitfall 14)
    outside.publish("echo.events", "bell.rang", envelope("early"))
    hall.service().ready()
    until(lambda: hall.numbers("early") == [0], 10, "the early event")


def test_kill_9_of_a_handler_loses_nothing(hall: Hall, outside: Outside) -> None:
    service = hall.service().ready()
    for number in range(20):
        event_id = f"0198b000-0000-7000-8000-0000000001{number:02}"
        outside.publish("echo.events", "bell.rang", envelope("slow", number, event_id), aggregate="slow")
    until(lambda: len(hall.numbers("slow")) >= 3, 10)
    service.stop(signal.SIGKILL)
    hall.service().ready()
    until(lambda: len(hall.numbers("slow")) == 20, 20, "all 20")
    assert hall.numbers("slow") == list(range(20))


def test_two_processes_share_a_handler_without_losing_the_order(hall: Hall, outside: Outside) -> None:
    first, second = hall.service().ready(), hall.service().ready()
    for number in range(30):
        event_id = f"0198b000-0000-7000-8000-0000000002{number:02}"
        outside.publish("echo.events", "bell.rang", envelope("pair", number, event_id), aggregate="pair")
    until(lambda: len(hall.numbers("pair")) == 30, 10)
    assert hall.numbers("pair") == list(range(30))
    assert first.stop() == 0
    outside.publish("echo.events", "bell.rang", envelope("after"))
    until(lambda: hall.numbers("after"), 10, "the second process taking over")
    assert second.process.poll() is None


def test_kill_9_of_the_relay_loses_nothing_and_keeps_the_order(hall: Hall, bus: Bus) -> None:
    hall.service().ready()
    for _ in range(4):
        bus.call(Ring(bell="storm", count=200))
    relay = hall.relay()
    for _ in range(3):
        time.sleep(0.7)
        relay.stop(signal.SIGKILL)
        relay = hall.relay()
    until(lambda: len(hall.numbers("storm")) == 800, 60, "800 events")
    assert hall.numbers("storm") == list(range(200)) * 4
    assert hall.rows("SELECT count(*) FROM outbox WHERE published_at IS NULL")[0][0] == 0


def test_a_second_relay_stands_by_and_takes_over(hall: Hall, bus: Bus) -> None:
    hall.service().ready()
    first = hall.relay().ready()
    second = hall.relay().ready()
    assert "relay works" in first.text()
    assert "relay works" not in second.text()
    first.stop(signal.SIGKILL)
    bus.call(Ring(bell="heir"))
    until(lambda: hall.numbers("heir") == [0], 10, "the heir's event")
    assert "relay works" in second.text()


def test_an_unroutable_event_stays_in_the_outbox_until_there_is_a_way(hall: Hall, bus: Bus, outside: Outside) -> None:
    hall.service().ready()
    relay = hall.relay().ready()
    with hall.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO outbox (id, exchange, routing_key, aggregate, event_type, envelope)"
                " VALUES (gen_random_uuid(), 'lost.events', 'a.b', 'x', 't', '{}')"
            )
        )
    outside.connection.declare_exchange(1, "lost.events")
    until(lambda: relay.metric('portal_outbox_unroutable_total{service="hall"') > 0, 10, "the returned event")
    bus.call(Ring(bell="beside"))
    until(lambda: hall.numbers("beside") == [0], 10, "another event passing by the stuck one")
    outside.connection.declare_queue(1, "lost.found", {"x-queue-type": "classic"}, durable=True)
    outside.connection.bind_queue(1, "lost.found", "lost.events", "#")
    until(lambda: outside.depth("lost.found") == 1, 10, "the event finding its way")
    until(lambda: hall.rows("SELECT count(*) FROM outbox WHERE published_at IS NULL")[0][0] == 0, 5)


def test_the_relay_outlives_a_frozen_broker_and_a_database_that_goes_away(
    hall: Hall, bus: Bus, proxy: FaultProxy, run: Callable[..., Program]
) -> None:
    hall.service().ready()
    database = sa.make_url(hall.url)
    way = FaultProxy((database.host or "127.0.0.1", database.port or 5432))
    through = database.set(host="127.0.0.1", port=way.port).render_as_string(hide_password=False)
    relay = run("hall", module="chassis.relay", DATABASE_URL_HALL=through, AMQP_URL=proxy.url).ready()  # type: ignore[attr-defined]
    proxy.stalled = True
    bus.call(Ring(bell="frozen", count=100))
    until(lambda: relay.probe("readyz")[0] == 503, 15, "the relay noticing")
    assert relay.probe("livez")[0] == 200
    proxy.cut()
    proxy.stalled = False
    until(lambda: hall.numbers("frozen") == list(range(100)), 20, "the events after the frost")
    way.down = True
    way.cut()
    bus.call(Ring(bell="parted"))
    until(lambda: relay.probe("readyz")[0] == 503, 15, "the relay noticing")
    way.down = False
    until(lambda: hall.numbers("parted") == [0], 15, "the event after the parting")
    assert relay.process.poll() is None
    way.close()

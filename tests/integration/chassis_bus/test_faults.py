"""The pitfalls of the stack, one test each: every one of these hangs, dies or loses something without its cure."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import echo_messages as m
import pytest
from broker import Broker
from conftest import HEARTBEAT, declare_all
from hall_service import SleepInDatabase
from running import FaultProxy, Hall, Program, until

from chassis.bus import Bus
from chassis.errors import PortalError
from chassis.health import EXIT_STUCK

SILENCE = 2 * HEARTBEAT + 2


def works(bus: Bus) -> bool:
    """Whether a call gets through."""
    try:
        return bus.call(m.Say(text="x"), timeout=1.0).text == "x"
    except PortalError:
        return False


def refusal(bus: Bus, request: Any = None, **how: Any) -> tuple[str, float]:
    """The code with which a call fails, and after how many seconds."""
    started = time.monotonic()
    with pytest.raises(PortalError) as caught:
        bus.call(request or m.Say(text="x"), **how)
    return caught.value.code, time.monotonic() - started


class TestFrozenBroker:
    """Pitfall 12: sockets stay open, bytes stop."""

    def test_a_service_leaves_a_frozen_broker_and_comes_back(
        self, run: Callable[..., Program], proxy: FaultProxy, bus: Bus
    ) -> None:
        echo = run("echo_service:Service", AMQP_URL=proxy.url).ready()  # type: ignore[attr-defined]
        proxy.stalled = True
        until(lambda: echo.probe("readyz")[0] == 503, SILENCE, "not ready")
        assert echo.probe("livez")[0] == 200, "a broker that is away does not make the process stuck"
        proxy.cut()
        proxy.stalled = False
        until(lambda: works(bus), 8, "a call getting through again")
        assert echo.process.poll() is None
        assert "silent" in echo.text()

    def test_a_caller_never_waits_past_its_deadline_then_fails_fast_then_recovers(
        self, run: Callable[..., Program], proxy: FaultProxy
    ) -> None:
        run("echo_service:Service").ready()
        bus = Bus(proxy.url, name="frozen")  # type: ignore[attr-defined]
        assert works(bus)
        proxy.stalled = True
        code, seconds = refusal(bus, timeout=1.0)
        assert (code, seconds < 1.3) == ("deadline", True)
        until(lambda: not bus.connected, SILENCE, "the loss being noticed")
        time.sleep(4)  # the next attempt to connect has failed: nobody waits for the one after
        code, seconds = refusal(bus, timeout=5.0)
        assert (code, seconds < 0.2) == ("unavailable", True)
        proxy.cut()
        proxy.stalled = False
        until(lambda: works(bus), 8, "a call getting through again")
        bus.close()

    def test_a_real_broker_that_is_stopped(self, run: Callable[..., Program], own_broker: Broker) -> None:
        echo = run("echo_service:Service", AMQP_URL=own_broker.url).ready()
        bus = Bus(own_broker.url, name="stopped")
        assert works(bus)
        own_broker.signal(signal.SIGSTOP)
        try:
            until(lambda: not bus.connected, SILENCE, "the caller noticing")
            until(lambda: echo.probe("readyz")[0] == 503, SILENCE, "the service noticing")
        finally:
            own_broker.signal(signal.SIGCONT)
        until(lambda: works(bus) and echo.probe("readyz")[0] == 200, 15, "all being well again")
        assert echo.process.poll() is None
        bus.close()


class TestBrokerAway:
    """Pitfalls 4 and 11: the broker is killed and comes back."""

    def test_kill_9_of_the_broker_under_load(self, run: Callable[..., Program], own_broker: Broker) -> None:
        echo = run("echo_service:Service", AMQP_URL=own_broker.url).ready()
        bus = Bus(own_broker.url, name="load")
        results: list[tuple[str, float]] = []
        stop = threading.Event()

        def load() -> None:
            while not stop.is_set():
                started = time.monotonic()
                try:
                    bus.call(m.Say(text="x"), timeout=2.0)
                    code = "ok"
                except PortalError as error:
                    code = error.code
                results.append((code, time.monotonic() - started))
                time.sleep(0.02)

        threads = [threading.Thread(target=load) for _ in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        own_broker.kill()
        time.sleep(2)
        own_broker.start()
        until(lambda: works(bus), 10, "the first call after the restart")
        time.sleep(0.5)
        stop.set()
        for thread in threads:
            thread.join(10)
        assert {code for code, _ in results} <= {"ok", "unavailable", "deadline"}
        assert max(seconds for _, seconds in results) < 2.3
        assert [code for code, _ in results[-8:]] == ["ok"] * 8
        assert echo.process.poll() is None
        assert threading.active_count() < 20
        bus.close()

    def test_a_reply_that_cannot_be_sent_does_not_end_the_process(
        self, run: Callable[..., Program], proxy: FaultProxy, bus: Bus
    ) -> None:
        echo = run("echo_service:Service", AMQP_URL=proxy.url).ready()  # type: ignore[attr-defined]
        pending = bus.start(m.Nap(seconds=1, note="unsent"), timeout=3.0)
        until(lambda: bus.call(m.Notes()).notes == ["unsent"], 3)
        proxy.down = True
        proxy.cut()
        code, _ = _outcome(pending)
        assert code == "deadline"
        assert echo.process.poll() is None
        assert "reply not sent" in echo.text()
        proxy.down = False
        until(lambda: works(bus), 8, "a call getting through again")
        # its deadline had passed when the broker handed it out again
        assert bus.call(m.Notes()).notes == ["unsent"]

    def test_a_service_starts_without_a_broker_and_waits_for_it(
        self, run: Callable[..., Program], proxy: FaultProxy, bus: Bus
    ) -> None:
        proxy.down = True
        echo = run("echo_service:Service", AMQP_URL=proxy.url)  # type: ignore[attr-defined]
        until(lambda: echo.probe("livez")[0] == 200, 10, "liveness")
        assert echo.probe("readyz")[0] == 503
        proxy.down = False
        until(lambda: works(bus), 15)
        until(lambda: echo.probe("readyz")[0] == 200, 5, "readiness")

    def test_ten_reconnects_leave_one_reply_queue_and_no_thread(
        self, run: Callable[..., Program], proxy: FaultProxy, api: Any, vhost: str
    ) -> None:
        run("echo_service:Service").ready()
        bus = Bus(proxy.url, name="again")  # type: ignore[attr-defined]
        heard: list[int] = []
        bus.on_reconnect(lambda: heard.append(1))
        assert works(bus)
        own = {thread.name for thread in threading.enumerate()} & {"bus"}
        for _ in range(10):
            before, end = len(heard), time.monotonic() + 20
            while len(heard) == before:
                # A cut may meet a connection that is dying already, or not yet passed on: then it is cut again.
                assert time.monotonic() < end, "no reconnect in 20 s"
                proxy.cut()
                time.sleep(1.0)
            until(lambda: works(bus), 8)
        assert {thread.name for thread in threading.enumerate()} & {"bus"} == own
        until(lambda: len(_reply_queues(api, vhost, "again")) == 1, 10, "one queue being left")
        bus.close()
        until(lambda: not _reply_queues(api, vhost, "again"), 10, "no queue being left")


class TestMemoryAlarm:
    """Pitfall 13: the broker takes nothing; nobody may wait for it."""

    @pytest.fixture
    def starved(self, own_broker: Broker) -> Iterator[Broker]:
        yield own_broker
        own_broker.memory("0.4")

    def test_callers_fail_fast_and_everything_resumes(self, run: Callable[..., Program], starved: Broker) -> None:
        echo = run("echo_service:Service", AMQP_URL=starved.url).ready()
        bus = Bus(starved.url, name="alarm")
        assert works(bus)
        starved.memory("0.0000001")
        # the first publish is what makes the broker tell us
        code, seconds = refusal(bus, timeout=1.0)
        assert code in ("deadline", "unavailable")
        assert seconds < 1.3
        until(lambda: not bus.connected, 5, "the alarm being heard")
        for _ in range(5):
            code, seconds = refusal(bus, timeout=5.0)
            assert (code, seconds < 0.2) == ("unavailable", True)
        assert echo.probe("livez")[0] == 200
        starved.memory("0.4")
        until(lambda: works(bus), 10, "a call getting through again")
        assert echo.process.poll() is None
        bus.close()

    def test_the_relay_waits_and_then_publishes_everything_in_order(
        self, run: Callable[..., Program], starved: Broker, hall_database: str
    ) -> None:
        declare_all(starved.url)
        hall = Hall(hall_database, run)
        hall.service(AMQP_URL=starved.url).ready()
        relay = hall.relay(AMQP_URL=starved.url).ready()
        hall.put("before", 20)
        until(lambda: hall.numbers("before") == list(range(20)), 10)
        starved.memory("0.0000001")
        hall.put("during", 200)
        until(lambda: relay.metric('portal_outbox_pending{service="hall"') >= 200, 10, "the backlog being seen")
        time.sleep(3)
        assert relay.probe("livez")[0] == 200
        starved.memory("0.4")
        until(lambda: hall.numbers("during") == list(range(200)), 20, "the backlog being worked off in order")
        assert relay.process.poll() is None
        assert hall.rows("SELECT count(*) FROM outbox WHERE published_at IS NULL")[0][0] == 0


class TestBusyAndStuck:
    """Pitfalls 8, 16 and what nobody thought of: work that holds the process."""

    def test_a_dependency_that_never_answers_does_not_use_up_the_workers(
        self, run: Callable[..., Program], bus: Bus
    ) -> None:
        run("echo_service:Service", RPC_WORKERS="4").ready()
        stuck = [bus.start(m.Nap(seconds=600), timeout=0.5) for _ in range(4)]
        for pending in stuck:
            assert _outcome(pending)[0] == "deadline"
        time.sleep(0.7)
        assert works(bus)

    def test_a_call_to_a_silent_service_ends_with_the_deadline_of_the_work_at_hand(
        self, run: Callable[..., Program], bus: Bus, amqp_url: str
    ) -> None:
        echo = run("echo_service:Service").ready()
        # echo calls itself, and then nobody takes calls any more
        assert bus.call(m.Onward(text="x")).text == "x"
        echo.process.send_signal(signal.SIGSTOP)
        code, seconds = refusal(bus, m.Onward(text="x"), timeout=1.0)
        echo.process.send_signal(signal.SIGCONT)
        assert (code, seconds < 1.3) == ("deadline", True)
        until(lambda: works(bus), 8)

    def test_a_cpu_bound_call_is_not_run_again_for_ever(self, run: Callable[..., Program], bus: Bus) -> None:
        # over two heartbeats of pure computing: the broker drops us and hands the call out again
        echo = run("echo_service:Service").ready()
        started = time.monotonic()
        assert _outcome(bus.start(m.Burn(seconds=2.4 * HEARTBEAT, note="burnt"), timeout=2.0))[0] == "deadline"
        until(lambda: works(bus), 20, "the service answering again")
        assert time.monotonic() - started < 4 * HEARTBEAT + 5
        assert bus.call(m.Notes()).notes == ["burnt"]
        assert echo.process.poll() is None

    def test_a_process_whose_loop_is_stuck_ends_itself_and_the_call_is_not_run_again(
        self, run: Callable[..., Program], bus: Bus
    ) -> None:
        echo = run("echo_service:Service").ready()
        pending = bus.start(m.Burn(seconds=600, note="for ever"), timeout=2.0)
        assert _outcome(pending)[0] == "deadline"
        assert echo.process.wait(2.5 * HEARTBEAT + 6) == EXIT_STUCK
        assert "main loop stuck" in echo.text()
        fresh = run("echo_service:Service").ready()  # what the supervisor does
        assert bus.call(m.Notes()).notes == []
        assert fresh.process.poll() is None

    def test_the_database_yields_under_eventlet(
        self, run: Callable[..., Program], bus: Bus, hall_database: str, topology: None
    ) -> None:
        hall = run("hall_service:Service", service="hall", DATABASE_URL_HALL=hall_database).ready()
        with ThreadPoolExecutor(10) as threads:
            started = time.monotonic()
            list(threads.map(lambda _: bus.call(SleepInDatabase(seconds=0.5)), range(10)))
            together = time.monotonic() - started
        assert together < 2.0, "ten sleeps of half a second in a row would be five"
        assert hall.process.poll() is None


def _outcome(pending: Any) -> tuple[str, Any]:
    try:
        return "ok", pending.result()
    except PortalError as error:
        return error.code, None


def _reply_queues(api: Any, vhost: str, name: str) -> list[str]:
    listed = api("GET", f"queues/{vhost}?columns=name")
    return [queue["name"] for queue in listed if queue["name"].startswith(f"rpc.reply-{name}-")]

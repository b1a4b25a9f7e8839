"""Calls: what crosses, what is refused, and that no message ends the process.

Over 350 lines because all of it shares one running echo service, whose start costs more than any of its tests.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import echo_messages as m
import orjson
import pytest
from conftest import made_vhost, running, url_of
from running import Program, until

from chassis import tokens
from chassis.access import public
from chassis.bus import Bus
from chassis.caller import Caller
from chassis.errors import PortalError
from chassis.messages import Done, Request
from chassis.rpc import DOORS, serves
from chassis.wire import Connection, Properties
from chassis.wire.codec import header_number, rpc_properties, short


# One virtual host and one echo for all tests of this file; those that kill a process start one of their own.
@pytest.fixture(scope="module")
def vhost(api: Any, endpoints: dict[str, Any]) -> Iterator[str]:
    with made_vhost(api, endpoints) as name:
        yield name


@pytest.fixture(scope="module")
def amqp_url(vhost: str, endpoints: dict[str, Any]) -> str:
    return url_of(vhost, endpoints)


@pytest.fixture(scope="module")
def shared(amqp_url: str, keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Program]]:
    with running(amqp_url, keys, tmp_path_factory.mktemp("echo")) as start:
        yield [start("echo_service:Service").ready()]


@pytest.fixture
def echo(shared: list[Program]) -> Program:
    assert shared[0].process.poll() is None
    return shared[0]


@pytest.fixture
def own(vhost_of_its_own: str, keys: Path, tmp_path: Path) -> Iterator[Callable[..., Program]]:
    with running(vhost_of_its_own, keys, tmp_path) as start:
        yield start


@pytest.fixture
def vhost_of_its_own(api: Any, endpoints: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """URL of a virtual host for one test, set as this process's broker."""
    from chassis.process import settings

    with made_vhost(api, endpoints) as name:
        monkeypatch.setenv("AMQP_URL", url_of(name, endpoints))
        settings.cache_clear()
        yield url_of(name, endpoints)


@pytest.fixture
def raw(amqp_url: str) -> Iterator[Any]:
    """Send bare bytes to echo's queue and read answers, as a foreign program would."""

    class Raw:
        def __init__(self) -> None:
            self.connection = Connection(amqp_url, name="raw")
            self.connection.connect()
            self.connection.channel(1)
            self.connection.declare_queue(1, "raw.answers", {"x-queue-type": "classic"}, exclusive=True)
            self.connection.ensure_exchange("nameko-rpc")
            self.connection.bind_queue(1, "raw.answers", "nameko-rpc", "raw.answers")
            self.got: list[Any] = []
            self.connection.on_deliver = self.got.append
            self.connection.consume(1, "raw.answers", "raw", no_ack=True)

        def send(self, body: bytes, key: str = "echo.say", properties: bytes | None = None, **named: Any) -> None:
            if properties is None:
                named = {"content_type": "application/json", "reply_to": "raw.answers", "correlation_id": "1"} | named
                properties = Properties(**named).encode()
            self.connection.publish(1, "nameko-rpc", key, properties, body)

        def answer(self) -> Any:
            until(lambda: self.got or (self.connection.poll() and self.got), 10, "an answer")
            return orjson.loads(self.got.pop(0).body)

    made = Raw()
    yield made
    made.connection.close()


def alive(bus: Bus, program: Program) -> None:
    """The process still serves."""
    assert bus.call(m.Say(text="still here")).text == "still here"
    assert program.process.poll() is None


def test_a_call_carries_values_and_circumstances(echo: Program, bus: Bus) -> None:
    request = m.Say(text="ķēķis", amount=Decimal("12.30"), day=date(2026, 11, 21), ref=UUID(int=7))
    said = bus.call(request, language="en", address="192.0.2.7", correlation_id="ref-42")
    assert (said.text, said.language, said.address, said.correlation_id) == ("ķēķis", "en", "192.0.2.7", "ref-42")
    assert said.caller == "nobody"


def test_a_reply_may_be_ready_made_json(echo: Program, bus: Bus) -> None:
    assert bus.call(m.Raw(text="x")) == m.Said(text="x")
    assert orjson.loads(bus.call_json(m.Raw(text="x")))["text"] == "x"


def test_a_coded_error_crosses_as_data(echo: Program, bus: Bus) -> None:
    with pytest.raises(PortalError) as caught:
        bus.call(m.Fail(how="coded"))
    error = caught.value
    assert (error.code, error.status, error.field, error.params) == ("echo.refused", 409, "how", {"why": "slēgts"})
    assert error.sentence("lv") == "Nē, slēgts."


@pytest.mark.parametrize("how", ["boom", "wrong type"])
def test_an_unexpected_error_crosses_as_a_reference_only(echo: Program, bus: Bus, how: str) -> None:
    with pytest.raises(PortalError) as caught:
        bus.call(m.Fail(how=how), correlation_id="ref-77")
    assert caught.value.to_data() == {
        "code": "internal", "status": 500, "field": None, "params": {"reference": "ref-77"}, "errors": [],
    }  # fmt: skip
    assert "ref-77" in echo.text()
    assert "Traceback" in echo.text()


def test_wrong_fields_are_named(echo: Program, bus: Bus) -> None:
    with pytest.raises(PortalError) as caught:
        bus.call(m.Say.model_construct(text="x", limit="many"))
    assert [(e.field, e.code) for e in caught.value.errors] == [("limit", "not_a_number")]


def test_a_service_nobody_runs_is_unavailable_at_once(bus: Bus) -> None:
    started = time.monotonic()
    with pytest.raises(PortalError, match="unavailable"):
        bus.call(m.Lookup())
    assert time.monotonic() - started < 1


def test_a_method_nobody_serves_is_not_found(echo: Program, raw: Any, bus: Bus) -> None:
    raw.send(b'{"args":[],"kwargs":{}}', key="echo.nothing")
    assert raw.answer()["error"]["code"] == "not_found"
    alive(bus, echo)


def test_no_call_waits_past_its_deadline(echo: Program, bus: Bus) -> None:
    started = time.monotonic()
    with pytest.raises(PortalError, match="deadline"):
        bus.call(m.Nap(seconds=5), timeout=0.4)
    assert time.monotonic() - started < 0.6
    alive(bus, echo)


def test_calls_run_side_by_side(echo: Program, bus: Bus) -> None:
    started = time.monotonic()
    replies = bus.gather([m.Nap(seconds=0.4, note=str(i)) for i in range(10)])
    assert [reply.text for reply in replies] == [str(i) for i in range(10)]
    assert time.monotonic() - started < 1


def test_gather_hands_errors_back_in_their_place(echo: Program, bus: Bus) -> None:
    replies = bus.gather([m.Say(text="a"), m.Fail(how="coded"), m.Say(text="b")], return_errors=True)
    assert (replies[0].text, replies[1].code, replies[2].text) == ("a", "echo.refused", "b")
    with pytest.raises(PortalError, match="refused"):
        bus.gather([m.Say(text="a"), m.Fail(how="coded")])


def test_many_threads_share_one_connection(echo: Program, bus: Bus) -> None:
    with ThreadPoolExecutor(32) as threads:
        texts = list(threads.map(lambda i: bus.call(m.Say(text=str(i))).text, range(2000)))
    assert texts == [str(i) for i in range(2000)]


def test_a_service_calls_as_itself_or_as_its_caller(echo: Program, bus: Bus, keys: Any) -> None:
    assert bus.call(m.Onward(text="x")).caller == "service:echo"
    person = Caller(kind="user", user=UUID(int=1), name="Anna")
    token = tokens.sign(person, tokens.load_key(str(keys / "identity-1.pem")), "identity:1", 60, "identity")
    assert bus.call(m.Onward(text="x", as_caller=True), token=token).caller == str(UUID(int=1))


def test_the_client_works_under_eventlet_with_many_in_flight(echo: Program, bus: Bus) -> None:
    with ThreadPoolExecutor(8) as threads:  # each holds one of the 16 workers while it calls for another
        texts = list(threads.map(lambda i: bus.call(m.Onward(text=str(i))).text, range(300)))
    assert texts == [str(i) for i in range(300)]
    assert echo.metric('portal_broker_connects_total{connection="bus"') == 1  # all on one connection


def test_who_may_come_in_is_checked_at_the_door(echo: Program, bus: Bus, keys: Any) -> None:
    with pytest.raises(PortalError, match="unauthenticated"):
        bus.call(m.Guarded())
    itself = Caller(kind="service", service="echo", name="service:echo")
    key = tokens.load_key(str(keys / "service-echo.pem"))
    assert bus.call(m.Guarded(), token=tokens.sign(itself, key, "service:echo", 60, "service:echo")) == Done()
    person = Caller(kind="user", user=UUID(int=1))
    identity = tokens.load_key(str(keys / "identity-1.pem"))
    with pytest.raises(PortalError, match="forbidden"):
        bus.call(m.Guarded(), token=tokens.sign(person, identity, "identity:1", 60, "identity"))


@pytest.mark.parametrize("trick", ["stranger", "ended", "no token at all"])
def test_a_forged_or_ended_token_is_unauthenticated(echo: Program, bus: Bus, keys: Any, trick: str) -> None:
    itself = Caller(kind="service", service="echo", name="service:echo")
    key = tokens.load_key(str(keys / ("stranger.pem" if trick == "stranger" else "service-echo.pem")))
    token = tokens.sign(itself, key, "service:echo", -60 if trick == "ended" else 60, "service:echo")
    with pytest.raises(PortalError, match="unauthenticated"):
        bus.call(m.Guarded(), token=token if trick != "no token at all" else "abc")


GOOD = b'{"args":[],"kwargs":{"text":"x"}}'


@pytest.mark.parametrize(
    "send",
    [
        lambda raw: raw.send(GOOD, reply_to=None),
        lambda raw: raw.send(b"", reply_to=None, content_type=None),
    ],
)
def test_a_call_that_cannot_be_answered_is_rejected(echo: Program, raw: Any, bus: Bus, send: Any) -> None:
    before = echo.metric("portal_rpc_dropped_total")
    send(raw)
    until(lambda: echo.metric("portal_rpc_dropped_total") == before + 1, 5, "the rejection")
    alive(bus, echo)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (GOOD, {"content_type": None}),
        (pickle.dumps({"args": [], "kwargs": {}}), {"content_type": "application/x-python-serialize"}),
        (b'{"args":[],"kwargs":{"text":', {}),
        (b"", {}),
        (b"null", {}),
        (b"[1,2]", {}),
        (b'{"kwargs":{"text":"x"},"args":["x"]}', {}),
        (b'{"args":[],"kwargs":[]}', {}),
        (b'{"args":[],"kwargs":{}}', {}),
        (b'{"args":[],"kwargs":{"text":{"a":1}}}', {}),
        (b'{"args":[],"kwargs":{"text":"x"},"text":"y"}}', {}),
        (b'{"args":[],"kwargs":{"text":"\xff\xfe"}}', {}),
        (b'{"args":[],"kwargs":{"text":"' + b"x" * 300_000, {}),
    ],
)
def test_a_malformed_call_is_answered_with_a_code(
    echo: Program, raw: Any, bus: Bus, body: bytes, named: dict[str, Any]
) -> None:
    raw.send(body, **named)
    assert raw.answer()["error"]["code"] in ("invalid", "unauthenticated")
    alive(bus, echo)


def test_headers_of_the_wrong_type_do_no_harm(echo: Program, raw: Any, bus: Bus) -> None:
    raw.send(GOOD, headers={"nameko.deadline": "soon", "nameko.token": 5, "nameko.correlation_id": [1], "x": None})
    assert raw.answer()["result"]["text"] == "x"
    alive(bus, echo)


def test_a_stale_call_is_dropped_not_run(echo: Program, raw: Any, bus: Bus) -> None:
    headers = header_number(short("nameko.deadline"), int(time.time() * 1000) - 1)
    body = b'{"args":[],"kwargs":{"seconds":0,"note":"stale"}}'
    raw.send(body, key="echo.nap", properties=rpc_properties(headers, "1", "raw.answers", 60000))
    until(lambda: echo.metric('portal_rpc_dropped_total{method="echo.nap",reason="deadline"') == 1, 5, "the drop")
    assert "stale" not in bus.call(m.Notes()).notes


def test_a_call_that_waited_in_the_queue_too_long_never_runs(own: Callable[..., Program], bus: Bus) -> None:
    first = own("echo_service:Service").ready()
    first.stop()
    with pytest.raises(PortalError, match="deadline"):
        bus.call(m.Nap(seconds=0, note="too late"), timeout=0.5)
    second = own("echo_service:Service").ready()
    time.sleep(0.3)
    assert bus.call(m.Notes()).notes == []
    assert second.process.poll() is None


def test_kill_9_in_the_middle_of_a_call_does_not_run_it_again_after_its_deadline(
    own: Callable[..., Program], bus: Bus
) -> None:
    first = own("echo_service:Service").ready()
    pending = bus.start(m.Nap(seconds=5, note="killed"), timeout=1.0)
    until(lambda: bus.call(m.Notes()).notes == ["killed"], 5)
    first.stop(signal.SIGKILL)
    with pytest.raises(PortalError, match="deadline"):
        pending.result()
    second = own("echo_service:Service").ready()
    assert bus.call(m.Notes()).notes == []
    assert second.process.poll() is None


def test_sigterm_finishes_the_work_in_hand(own: Callable[..., Program], bus: Bus) -> None:
    echo = own("echo_service:Service").ready()
    pending = bus.start(m.Nap(seconds=1.5, note="finishing"))
    until(lambda: bus.call(m.Notes()).notes, 5)
    echo.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    echo.process.send_signal(signal.SIGTERM)  # somebody impatient
    assert pending.result().text == "finishing"
    assert pending.result().text == "finishing", "asked again, it answers again"
    assert echo.process.wait(10) == 0


def test_a_stock_nameko_client_can_call(echo: Program, amqp_url: str) -> None:
    from nameko.exceptions import RemoteError
    from nameko.standalone.rpc import ClusterRpcProxy

    with ClusterRpcProxy({"AMQP_URI": amqp_url}, timeout=5) as cluster:
        assert cluster.echo.say(text="stock")["text"] == "stock"
        with pytest.raises(RemoteError, match="refused"):
            cluster.echo.fail(how="coded")
        with pytest.raises(RemoteError, match="invalid"):
            cluster.echo.say("positional")


def test_a_forked_process_gets_a_connection_of_its_own(echo: Program, bus: Bus) -> None:
    assert bus.call(m.Say(text="parent")).text == "parent"
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if bus.call(m.Say(text="child")).text == "child" else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert bus.call(m.Say(text="parent")).text == "parent"


def test_a_client_leaves_no_queue_and_no_thread(echo: Program, api: Any, vhost: str) -> None:
    before = threading.active_count()
    for _ in range(20):
        client = Bus(name="leak")
        assert client.call(m.Say(text="x")).text == "x"
        client.close()
    assert threading.active_count() == before
    names = [queue["name"] for queue in api("GET", f"queues/{vhost}?columns=name")]
    assert not [name for name in names if name.startswith("rpc.reply-leak")]


def test_every_door_needs_a_rule_and_stands_in_the_register(echo: Program) -> None:
    class Orphan(Request[Done], rpc="echo.orphan"):
        pass

    with pytest.raises(TypeError, match=r"echo\.orphan needs an access rule"):
        serves(Orphan, allow=None)  # type: ignore[arg-type]
    import echo_service

    assert DOORS["echo.say"].allow is public
    assert DOORS["echo.say"].handler == f"{echo_service.__name__}.Service.say"

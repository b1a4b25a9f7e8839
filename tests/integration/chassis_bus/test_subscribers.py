"""Other systems: a stream of their own with the past in it, and rights to nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import echo_messages as m
import pika
import pika.exceptions
import pytest
from running import Outside, envelope, until

from chassis import subscribers
from tests.stack import ROOT

pytestmark = pytest.mark.usefixtures("topology")


@pytest.fixture
def name() -> str:
    return f"t{time.time_ns()}"[:20]


@pytest.fixture
def subscriber(
    name: str,
    amqp_url: str,
    endpoints: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    outside: Outside,
) -> Iterator[dict[str, str]]:
    """A new subscriber, after three events."""
    monkeypatch.setenv("AMQP_MANAGEMENT_URL", endpoints["management"])
    for number in range(3):
        publish(outside, number)
    until(lambda: outside.depth("events.history"), 5)
    count = subscribers.provide_stream(amqp_url, name, [m.Rang])
    management = subscribers.Management(amqp_url)
    password = management.make_user(name)
    yield {"url": subscribers._url_for(amqp_url, name, password), "stream": f"sub.{name}", "past": str(count)}
    management.remove(name)


def publish(outside: Outside, number: int) -> None:
    outside.publish(
        "echo.events", "bell.rang", envelope("sub", number, f"0198b000-0000-7000-8000-00000000b{number:03}")
    )


class Example:
    """examples/subscriber.py as a process."""

    def __init__(self, subscriber: dict[str, str], folder: Path, *arguments: str) -> None:
        env = os.environ | {"SUBSCRIBER_URL": subscriber["url"], "SUBSCRIBER_STREAM": subscriber["stream"]}
        self.out = folder / f"out-{time.monotonic_ns()}"
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "examples/subscriber.py"), "--offset-file", str(folder / "offset"), *arguments],
            env=env, stdout=self.out.open("w"), stderr=subprocess.STDOUT,
        )  # fmt: skip

    def numbers(self) -> list[int]:
        lines = [line for line in self.out.read_text().splitlines() if "echo.bell.rang" in line]
        return [json.loads(line.split(" ", 3)[3])["number"] for line in lines]

    def finish(self) -> list[int]:
        assert self.process.wait(20) == 0, self.out.read_text()
        return self.numbers()


def test_the_past_is_there_then_the_present_each_once_across_a_restart(
    subscriber: dict[str, str],
    outside: Outside,
    tmp_path: Path,
) -> None:
    assert subscriber["past"] == "3"
    first = Example(subscriber, tmp_path)
    until(lambda: len(first.numbers()) == 3, 10, "the past")
    publish(outside, 3)
    until(lambda: len(first.numbers()) == 4, 10, "the present")
    first.process.send_signal(signal.SIGTERM)
    assert first.finish() == [0, 1, 2, 3]
    publish(outside, 4)
    assert Example(subscriber, tmp_path, "--until-idle", "2").finish() == [4]
    assert Example(subscriber, tmp_path, "--from", "first", "--until-idle", "2").finish() == [0, 1, 2, 3, 4]
    assert Example(subscriber, tmp_path, "--from", "1", "--until-idle", "2").finish() == [0, 1, 2, 3, 4]
    assert Example(subscriber, tmp_path, "--from", "next", "--until-idle", "1").finish() == []


def _attempts(stream: str) -> dict[str, Any]:
    """What a subscriber must not be able to do."""

    def consume_another(channel: Any) -> None:
        channel.basic_qos(prefetch_count=1)
        channel.basic_consume("events.history", print)

    def publish(channel: Any) -> None:
        channel.confirm_delivery()
        channel.basic_publish("echo.events", "bell.rang", b"{}")

    return {
        "other queue": consume_another,
        "declare": lambda channel: channel.queue_declare("mine"),
        "publish": publish,
        "bind": lambda channel: channel.queue_bind(stream, "echo.events", "#"),
        "delete": lambda channel: channel.queue_delete(stream),
    }


def test_a_subscriber_may_do_nothing_but_read_its_own(subscriber: dict[str, str]) -> None:
    for name, attempt in _attempts(subscriber["stream"]).items():
        connection = pika.BlockingConnection(pika.URLParameters(subscriber["url"]))
        with pytest.raises(pika.exceptions.ChannelClosedByBroker) as refused:
            attempt(connection.channel())
        assert refused.value.reply_code == 403, name
        connection.close()


def test_providing_twice_changes_nothing(subscriber: dict[str, str], name: str, amqp_url: str, tmp_path: Path) -> None:
    assert subscribers.provide_stream(amqp_url, name, [m.Rang]) == 0
    assert Example(subscriber, tmp_path, "--until-idle", "2").finish() == [0, 1, 2]


def test_unknown_events_are_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no event is called no\.such\.thing; there are: .*requests\.case\.submitted"):
        subscribers.chosen_events("no.such.thing")

"""The relay publishes nothing before the history takes it."""

from __future__ import annotations

from typing import Any

import pytest

from chassis import relay
from chassis.wire import ConnectionLost
from chassis.wire.setup import ChannelClosed

# as RabbitMQ 3.10 says it
DOWN = ChannelClosed(404, "NOT_FOUND - home node 'p@localhost' of durable queue 'events.history' is down")
NEVER = ChannelClosed(404, "NOT_FOUND - no queue 'events.history' in vhost 'portal'")


class Broker:
    """A connection whose history answers as told, the last answer for ever; None: it can be read."""

    def __init__(self, *answers: ChannelClosed | None) -> None:
        self.answers = list(answers)
        self.asked = 0

    def channel(self, *_: Any, **__: Any) -> None: ...

    def ask(self, *_: Any) -> None: ...

    def consume(self, *_: Any, **__: Any) -> None:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if answer is not None:
            raise answer


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> relay.Worker:
    made = relay.Worker("x", "postgresql://nowhere", "amqp://nowhere", 10)
    monkeypatch.setattr(made, "_measure", lambda: None)
    monkeypatch.setattr(made.stopping, "wait", lambda _seconds: False)
    return made


def test_a_history_that_is_not_up_yet_is_waited_for(worker: relay.Worker) -> None:
    broker = Broker(DOWN, DOWN, DOWN, None)
    worker._wait_for_history(broker)  # type: ignore[arg-type]
    assert broker.asked == 4


def test_a_broker_without_a_history_is_not(worker: relay.Worker) -> None:
    broker = Broker(NEVER)
    worker._wait_for_history(broker)  # type: ignore[arg-type]
    assert broker.asked == 1


def test_a_history_that_stays_away_is_trouble(worker: relay.Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "HISTORY_SECONDS", 0.05)
    with pytest.raises(ConnectionLost, match="takes nothing"):
        worker._wait_for_history(Broker(DOWN))  # type: ignore[arg-type]

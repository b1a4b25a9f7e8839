"""What is asked of the broker while a connection is set up: channels, exchanges, queues, consumers."""

from __future__ import annotations

from typing import Any

from pika import spec


class ConnectionLost(Exception):
    """The broker is away, silent or refused us; the connection cannot be used any more."""


class ChannelClosed(ConnectionLost):
    """The broker closed the channel; `code` is AMQP's (403 no permission, 404 not found, 406 other arguments)."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text

    @property
    def never_declared(self) -> bool:
        """Whether what was asked for does not exist at all.

        RabbitMQ says 404 too while a durable queue is known but not up yet ("home node ... is down or inaccessible").
        """
        return self.code == 404 and "home node" not in self.text


SCRATCH = 65  # a channel for questions whose answer may be that it is closed


class Questions:
    """The set-up half of a connection; only for the thread that polls, before others use the connection."""

    _published: dict[int, int]

    def ask(self, channel: int, question: Any, answer: type) -> Any:
        """Send a method and wait for its answer. Raises ChannelClosed, ConnectionLost."""
        raise NotImplementedError

    def _send_method(self, channel: int, method: Any) -> None:
        raise NotImplementedError

    def channel(self, number: int, *, prefetch: int | None = None, confirms: bool = False) -> None:
        """Open channel `number`; `prefetch` applies to each consumer started after it."""
        self.ask(number, spec.Channel.Open(), spec.Channel.OpenOk)
        if prefetch is not None:
            self.prefetch(number, prefetch)
        if confirms:
            self.ask(number, spec.Confirm.Select(), spec.Confirm.SelectOk)
            self._published[number] = 0

    def prefetch(self, channel: int, count: int) -> None:
        """Let each consumer started from now on hold `count` unacknowledged messages."""
        self.ask(channel, spec.Basic.Qos(0, count, False), spec.Basic.QosOk)

    def bind_exchange(self, channel: int, target: str, source: str, key: str) -> None:
        """Let what `source` gets under `key` flow on to exchange `target`."""
        question = spec.Exchange.Bind(destination=target, source=source, routing_key=key)
        self.ask(channel, question, spec.Exchange.BindOk)

    def declare_exchange(self, channel: int, name: str, kind: str = "topic") -> None:
        """Declare a durable exchange."""
        self.ask(channel, spec.Exchange.Declare(exchange=name, type=kind, durable=True), spec.Exchange.DeclareOk)

    def ensure_exchange(self, name: str) -> None:
        """Make sure a topic exchange is there; needs the right to make it only when it is not."""
        self.channel(SCRATCH)
        try:
            question = spec.Exchange.Declare(exchange=name, passive=True)
            self.ask(SCRATCH, question, spec.Exchange.DeclareOk)
        except ChannelClosed as missing:
            if missing.code != 404:
                raise
            self.channel(SCRATCH)
            self.declare_exchange(SCRATCH, name)
        self.ask(SCRATCH, spec.Channel.Close(200, "", 0, 0), spec.Channel.CloseOk)

    def queue_depth(self, name: str) -> int | None:
        """Return how many messages wait in a queue, None when there is no such queue; needs no right to it."""
        self.channel(SCRATCH)
        try:
            question = spec.Queue.Declare(queue=name, passive=True)
            count: int = self.ask(SCRATCH, question, spec.Queue.DeclareOk).message_count
        except ChannelClosed as missing:
            if missing.code != 404:
                raise
            return None
        self.ask(SCRATCH, spec.Channel.Close(200, "", 0, 0), spec.Channel.CloseOk)
        return count

    def declare_queue(self, channel: int, name: str, arguments: dict[str, Any], **options: bool) -> Any:
        """Declare a queue; options are durable, exclusive, auto_delete, passive."""
        question = spec.Queue.Declare(queue=name, arguments=arguments, **options)
        return self.ask(channel, question, spec.Queue.DeclareOk)

    def bind_queue(self, channel: int, queue: str, exchange: str, key: str) -> None:
        """Bind a queue to an exchange."""
        self.ask(channel, spec.Queue.Bind(queue=queue, exchange=exchange, routing_key=key), spec.Queue.BindOk)

    def consume(
        self,
        channel: int,
        queue: str,
        tag: str,
        *,
        no_ack: bool = False,
        exclusive: bool = False,
        arguments: dict[str, Any] | None = None,
    ) -> None:
        """Start a consumer; messages may arrive before this returns."""
        question = spec.Basic.Consume(
            queue=queue, consumer_tag=tag, no_ack=no_ack, exclusive=exclusive, arguments=arguments
        )
        self.ask(channel, question, spec.Basic.ConsumeOk)

    def cancel(self, channel: int, tag: str) -> None:
        """Stop a consumer without waiting for the answer."""
        self._send_method(channel, spec.Basic.Cancel(tag, nowait=True))

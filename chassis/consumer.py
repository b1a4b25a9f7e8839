"""The connection over which a service process receives calls and events; outlives any trouble of the broker.

Compared with nameko's queue consumer: reconnects within 0.2 to 2 s for ever, no wait without a limit (a frozen broker
is left after two heartbeats), and a reply that cannot be sent does not end the process.
"""

from __future__ import annotations

import time
from typing import Any, Protocol

import eventlet
from eventlet.event import Event as Signal
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import SharedExtension

from chassis import telemetry
from chassis.process import settings
from chassis.wire import Connection, ConnectionLost, Delivered, Properties
from chassis.wire.connection import process_name

log = telemetry.get_logger(__name__)

WORK_CHANNEL = 1  # deliveries, acknowledgements, replies
CONFIRM_CHANNEL = 2  # publications that must not get lost

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0


class Receiver(Protocol):
    """What an entry point registers: one queue and what to do with its messages."""

    queue: str
    prefetch: int

    def declare(self, connection: Connection) -> None:
        """Declare queue, exchange and bindings; called at every (re)connection."""

    def receive(self, connection: Connection, delivered: Delivered) -> None:
        """Take one message; must not block, must not raise."""


class BusConsumer(SharedExtension):
    """One per service process. `connected` and `last_turn` feed the health checks and the watchdog."""

    def __init__(self) -> None:
        self.receivers: dict[str, Receiver] = {}
        self.connection: Connection | None = None
        self.connected = False
        self.last_turn = time.monotonic()
        self._stopping = False
        self._first = Signal()
        self._confirms: dict[int, Signal] = {}
        self._returned: set[str] = set()
        self._thread: Any = None
        super().__init__()

    def register(self, receiver: Receiver) -> None:
        """Add a queue; only before `start`."""
        self.receivers[receiver.queue] = receiver

    def start(self) -> None:
        """Start receiving; returns once connected, or after five seconds without a broker (then not ready)."""
        if self._thread is None and self.receivers:
            self._thread = self.container.spawn_managed_thread(self._run, identifier="bus consumer")
            with eventlet.Timeout(5, False):
                self._first.wait()

    def stop_receiving(self, receiver: Receiver) -> None:
        """Take no more messages from one queue; work in hand goes on."""
        if self.receivers.pop(receiver.queue, None) and self.connection is not None and self.connected:
            try:
                self.connection.cancel(WORK_CHANNEL, receiver.queue)
            except ConnectionLost:
                log.info("the broker was away at the stop", queue=receiver.queue)

    def stop(self) -> None:
        """Close the connection; nameko calls this after all work has ended."""
        self._stopping = True
        if self._thread is not None:
            if self.connection is not None:
                self.connection.leave() if self.connected else self.connection.abort()
            self._thread.wait()

    def kill(self) -> None:
        """Drop everything at once; the broker gives our messages to somebody else."""
        self._stopping = True
        if self.connection is not None:
            self.connection.abort()

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping:
            self.last_turn = time.monotonic()
            try:
                self._session()
                pause = FIRST_PAUSE
            except ConnectionLost as error:
                pause = FIRST_PAUSE if self.connected else min(pause * 2, LONGEST_PAUSE)
                if not self._stopping:
                    log.warning("broker connection lost", reason=str(error), next_try_seconds=pause)
            finally:
                self._lose()
            if not self._stopping:
                eventlet.sleep(pause)

    def _session(self) -> None:
        config = settings()
        name = process_name(self.container.service_name)
        connection = Connection(config.amqp_url, name=name, heartbeat=config.amqp_heartbeat)
        self.connection = connection
        connection.on_deliver = self._deliver
        connection.on_confirm = self._confirm
        connection.on_return = self._was_returned
        connection.connect()
        try:
            connection.channel(WORK_CHANNEL)
            connection.channel(CONFIRM_CHANNEL, confirms=True)
            for receiver in list(self.receivers.values()):
                receiver.declare(connection)
                connection.prefetch(WORK_CHANNEL, receiver.prefetch)
                connection.consume(WORK_CHANNEL, receiver.queue, receiver.queue)
            self.connected = True
            telemetry.BROKER_UP.labels("consumer").set(1)
            telemetry.RECONNECTS.labels("consumer").inc()
            log.info("connected to the broker", queues=len(self.receivers))
            if not self._first.ready():
                self._first.send()
            while not self._stopping:
                connection.poll()
                self.last_turn = time.monotonic()
        finally:
            connection.close() if self._stopping else connection.dispose()

    def _lose(self) -> None:
        self.connected = False
        telemetry.BROKER_UP.labels("consumer").set(0)
        waiting, self._confirms = self._confirms, {}
        for signal in waiting.values():
            signal.send(False)

    def _deliver(self, delivered: Delivered) -> None:
        connection = self.connection
        assert connection is not None
        receiver = self.receivers.get(delivered.consumer)
        try:
            if receiver is None:  # arrived while stopping: somebody else shall have it
                connection.reject(delivered, requeue=True)
            else:
                receiver.receive(connection, delivered)
        except ContainerBeingKilled:
            connection.reject(delivered, requeue=True)

    def publish_confirmed(self, exchange: str, routing_key: str, properties: Properties, body: bytes) -> None:
        """Publish and wait until the broker has it in a queue. Raises ConnectionLost, after three seconds at most."""
        connection = self.connection
        if connection is None or not self.connected or connection.blocked:
            raise ConnectionLost("the broker is away or takes nothing")
        signal: Signal = Signal()

        def expect(number: int) -> None:
            self._confirms[number] = signal

        message = properties.message_id or ""
        connection.publish(
            CONFIRM_CHANNEL, exchange, routing_key, properties.encode(), body, mandatory=True, expect=expect
        )
        taken = False
        with eventlet.Timeout(connection.patience, False):
            taken = signal.wait()
        if message in self._returned:  # told before the confirm
            self._returned.discard(message)
            raise ConnectionLost(f"no queue behind {exchange}; is the topology declared?")
        if not taken:
            raise ConnectionLost("the broker did not confirm")

    def _was_returned(self, returned: Delivered) -> None:
        self._returned.add(returned.properties.message_id or "")

    def _confirm(self, _channel: int, tag: int, multiple: bool, taken: bool) -> None:
        numbers = [n for n in self._confirms if n <= tag] if multiple else [tag]
        for number in numbers:
            signal = self._confirms.pop(number, None)
            if signal is not None:
                signal.send(taken)

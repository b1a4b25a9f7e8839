"""The bus client's connection: its thread, its reply queue, its coming back after every kind of trouble."""

from __future__ import annotations

import os
import threading
import time
import uuid
import weakref
from collections.abc import Callable

from chassis import telemetry
from chassis.process import settings
from chassis.wire import Connection, ConnectionLost, Delivered
from chassis.wire.connection import process_name

log = telemetry.get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0


class Link:
    """One connection kept alive by one thread; started by the first use, again after a fork."""

    def __init__(
        self,
        url: str | None,
        *,
        name: str,
        on_reply: Callable[[str | None, bytes], None],
        on_return: Callable[[str | None, str], None],
        on_loss: Callable[[], None],
    ) -> None:
        self._url = url
        self._name = name
        self._on_reply = on_reply
        self._on_return = on_return
        self._on_loss = on_loss
        self.on_tick: Callable[[], None] = _nothing
        self.on_fork: Callable[[], None] = _nothing
        self.on_connect: list[Callable[[], None]] = []
        self._listeners: dict[tuple[str, str], Callable[[bytes], None]] = {}
        self._reset()
        _links.add(self)

    def _reset(self) -> None:
        self.connection: Connection | None = None
        self.blocked = False
        self.reply_to = ""
        self._closing = False
        self._thread: threading.Thread | None = None
        self._opening: Connection | None = None
        self._start = threading.Lock()
        self._turn = threading.Condition()
        self._failed = False  # the last attempt to connect failed: fail fast instead of waiting for the next
        self.on_fork()

    def after_fork(self) -> None:
        """Forget the parent's connection without closing it: the socket is still the parent's."""
        self._reset()

    def listen(self, exchange: str, routing_key: str, handler: Callable[[bytes], None]) -> None:
        """Also take what is published to `exchange` under `routing_key`; reconnects when already connected."""
        self._listeners[(exchange, routing_key)] = handler
        if self.connection is not None:
            self.connection.abort()

    def ready(self, until: float, *, patient: bool = False) -> tuple[Connection, str]:
        """Return the connection and the reply address; waits only for an attempt under way, at most `until`.

        With `patient` it waits for later attempts too. Raises ConnectionLost.
        """
        connection = self.connection
        if connection is not None:
            if self.blocked:
                raise ConnectionLost("the broker is short of memory or disk")
            return connection, self.reply_to
        if self._closing:
            raise ConnectionLost("closed")
        if self._thread is None:
            self._begin()
        with self._turn:
            while self.connection is None:
                left = until - time.monotonic()
                if left <= 0 or self._closing or (self._failed and not patient):
                    raise ConnectionLost("the broker is away")
                self._turn.wait(min(left, 1.0))
            return self.connection, self.reply_to

    def _begin(self) -> None:
        with self._start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="bus", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the thread and the connection."""
        self._closing = True
        thread, opening = self._thread, self._opening
        if thread is not None:
            if self.connection is not None:
                self.connection.leave()
            elif opening is not None:
                opening.abort()
            with self._turn:
                self._turn.notify_all()
            thread.join(5)

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._closing:
            try:
                self._session()
            except ConnectionLost as error:
                lived = self.connection is not None
                if not self._closing:
                    log.warning("bus connection lost", reason=str(error))
                pause = FIRST_PAUSE if lived else min(pause * 2, LONGEST_PAUSE)
                self._down(failed=not lived)
                if not lived:
                    self._rest(pause)
            except Exception:
                # Whatever it was, this thread must live on: without it no call of this process ever works again.
                log.error("bus thread stumbled", exc_info=True)
                self._down(failed=True)
                self._rest(LONGEST_PAUSE)
        self._down(failed=True)

    def _rest(self, seconds: float) -> None:
        with self._turn:
            self._turn.wait_for(lambda: self._closing, seconds)

    def _session(self) -> None:
        config = settings()
        connection = Connection(
            self._url or config.amqp_url, name=process_name(self._name), heartbeat=config.amqp_heartbeat
        )
        self._opening = connection
        connection.on_deliver = self._deliver
        connection.on_return = self._return
        connection.on_blocked = self._set_blocked
        connection.connect()
        try:
            queue = f"rpc.reply-{self._name}-{uuid.uuid4().hex}"
            connection.channel(1)
            connection.declare_queue(1, queue, {"x-queue-type": "classic"}, exclusive=True, auto_delete=True)
            connection.ensure_exchange("nameko-rpc")
            connection.bind_queue(1, queue, "nameko-rpc", queue)
            for exchange, key in self._listeners:
                connection.bind_queue(1, queue, exchange, key)
            connection.consume(1, queue, "replies", no_ack=True, exclusive=True)
            self.reply_to = queue
            for callback in self.on_connect:
                callback()
            with self._turn:
                self.blocked = connection.blocked
                self.connection = connection
                self._failed = False
                self._turn.notify_all()
            telemetry.BROKER_UP.labels("bus").set(1)
            telemetry.RECONNECTS.labels("bus").inc()
            next_tick = 0.0
            while not self._closing:
                connection.poll()
                if time.monotonic() > next_tick:
                    self.on_tick()
                    next_tick = time.monotonic() + 1
        finally:
            connection.close() if self._closing else connection.dispose()

    def _down(self, *, failed: bool) -> None:
        with self._turn:
            self.connection = None
            self.blocked = False
            self._failed = failed
            self._turn.notify_all()
        telemetry.BROKER_UP.labels("bus").set(0)
        self._on_loss()

    def _set_blocked(self, blocked: bool) -> None:
        self.blocked = blocked
        log.warning("the broker blocks publishers" if blocked else "the broker takes messages again")

    def _deliver(self, delivered: Delivered) -> None:
        if delivered.exchange == "nameko-rpc":
            self._on_reply(delivered.properties.correlation_id, delivered.body)
            return
        handler = self._listeners.get((delivered.exchange, delivered.routing_key))
        if handler is not None:
            try:
                handler(delivered.body)
            except Exception:
                log.error("broadcast not handled", key=delivered.routing_key, exc_info=True)

    def _return(self, returned: Delivered) -> None:
        self._on_return(returned.properties.correlation_id, returned.routing_key)


def _nothing() -> None:
    """Nobody wants to know."""


_links: weakref.WeakSet[Link] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for link in list(_links):
        link.after_fork()


os.register_at_fork(after_in_child=_after_fork_in_child)

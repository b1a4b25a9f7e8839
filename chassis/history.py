"""Copies the past, `events.history`, into the stream of a new subscriber."""

from __future__ import annotations

import time
from collections.abc import Callable

from pika import spec

from chassis import names
from chassis.wire import Connection, ConnectionLost, Delivered

QUIET_SECONDS = 1.5
CONFIRM_SECONDS = 30.0


class HistoryCopy:
    """Copies the events of the history whose (exchange, routing key) is in `keys` to `queue`, in their order.

    The connection needs channel 1 with a prefetch and channel 2 with confirms.
    """

    def __init__(self, connection: Connection, queue: str, keys: set[tuple[str, str]]) -> None:
        self.count = 0
        self._connection = connection
        self._queue = queue
        self._keys = keys
        self._next = 0
        self._sent = self._confirmed = 0
        self._refused = False
        connection.on_confirm = self._confirm

    def end(self) -> int:
        """Return the offset of the last event in the history, -1 when it is empty."""
        offsets = [-1]
        if not self._connection.queue_depth(names.HISTORY):
            return -1

        def note(offset: int, _message: Delivered) -> bool:
            offsets.append(offset)
            return False

        self._read("last", note)
        return max(offsets)

    def up_to(self, last: int) -> None:
        """Copy everything from where we are to offset `last`. Raises ConnectionLost."""

        def take(offset: int, message: Delivered) -> bool:
            if offset >= self._next:  # a stream is delivered from the start of a chunk
                self._next = offset + 1
                self._take(message)
            return offset >= last

        if last >= self._next:
            self._read(self._next, take)
        limit = time.monotonic() + CONFIRM_SECONDS
        while self._confirmed < self._sent:
            if self._refused or time.monotonic() > limit:
                raise ConnectionLost("the broker did not take all copies")
            self._connection.poll()

    def _take(self, message: Delivered) -> None:
        if (message.exchange, message.routing_key) not in self._keys:
            return
        message.properties.headers = None
        message.properties.delivery_mode = 2
        properties = message.properties.encode()
        self._connection.publish(2, "", self._queue, properties, message.body, expect=self._expect)
        self.count += 1

    def _expect(self, number: int) -> None:
        self._sent = number

    def _confirm(self, _channel: int, tag: int, _multiple: bool, taken: bool) -> None:
        # A stream confirms in order, so the highest number speaks for all below it.
        self._confirmed = max(self._confirmed, tag)
        self._refused = self._refused or not taken

    def _read(self, offset: int | str, take: Callable[[int, Delivered], bool]) -> None:
        """Read the history from `offset` until `take` says enough, or nothing more comes for a moment."""
        state = {"ended": False, "quiet": time.monotonic() + QUIET_SECONDS}

        def deliver(message: Delivered) -> None:
            self._connection.ack(message)
            state["quiet"] = time.monotonic() + QUIET_SECONDS
            if not state["ended"]:
                state["ended"] = take((message.properties.headers or {}).get("x-stream-offset", -1), message)

        self._connection.on_deliver = deliver
        self._connection.consume(1, names.HISTORY, "history", arguments={"x-stream-offset": offset})
        while not state["ended"] and time.monotonic() < state["quiet"]:
            self._connection.poll()
        self._connection.ask(1, spec.Basic.Cancel("history"), spec.Basic.CancelOk)

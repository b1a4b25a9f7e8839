"""One AMQP connection: bounded waits, heartbeats, confirms; writes from any thread, reads by one."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from pika import frame as pika_frame
from pika import spec

from chassis.wire import codec
from chassis.wire.codec import FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_METHOD, FRAME_START, Properties
from chassis.wire.setup import ChannelClosed, ConnectionLost, Questions

_CAPABILITIES = {
    "consumer_cancel_notify": True,
    "connection.blocked": True,
    "publisher_confirms": True,
    "basic.nack": True,
    "authentication_failure_close": True,
}


class Delivered:
    """One message from the broker; `exchange` and `routing_key` as it was published."""

    __slots__ = ("body", "channel", "consumer", "exchange", "properties", "redelivered", "routing_key", "tag")

    def __init__(
        self, channel: int, consumer: str, tag: int, redelivered: bool, exchange: str, routing_key: str
    ) -> None:
        self.channel = channel
        self.consumer = consumer
        self.tag = tag
        self.redelivered = redelivered
        self.exchange = exchange
        self.routing_key = routing_key
        self.properties = Properties()
        self.body = b""


class Connection(Questions):
    """A connection to `url` (amqp:// or amqps://), shown in the management page as `name`.

    `heartbeat` (seconds, 1..60) bounds how long a silent broker goes unnoticed: twice that. `patience` (seconds) bounds
    connecting, every question of the set-up and every write. The handlers are called by the thread inside `poll`.
    """

    def __init__(self, url: str, *, name: str, heartbeat: float = 10, patience: float = 3.0) -> None:
        self.url = urlsplit(url)
        self.name = name
        self.heartbeat = heartbeat
        self.patience = patience
        self.frame_max = 131072
        self.blocked = False
        self.open = False
        self._leaving = False
        self.on_deliver: Callable[[Delivered], None] = _nobody
        self.on_return: Callable[[Delivered], None] = _nobody
        self.on_confirm: Callable[[int, int, bool, bool], None] = _nobody
        self.on_blocked: Callable[[bool], None] = _nobody
        self._tick = min(1.0, heartbeat / 4)
        self._write_lock = threading.Lock()
        self._published: dict[int, int] = {}
        self._rest = b""
        self._partial: dict[int, tuple[Delivered, bool, int, list[bytes]]] = {}
        self._answers: list[Any] = []
        self._trouble: ConnectionLost | None = None
        self.server_version = ""
        self._socket: Any = None
        self._last_sent = self.last_received = time.monotonic()

    # life

    def connect(self) -> None:
        """Open the connection. Raises ConnectionLost within `patience` seconds per step."""
        try:
            self._socket = self._open_socket()
            self._handshake()
        except OSError as error:
            self.dispose()
            raise ConnectionLost(f"cannot connect to the broker: {error}") from error
        except BaseException:
            self.dispose()
            raise

    def _open_socket(self) -> Any:
        secure = self.url.scheme == "amqps"
        address = (self.url.hostname or "127.0.0.1", self.url.port or (5671 if secure else 5672))
        plain = socket.create_connection(address, timeout=self.patience)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        opened = ssl.create_default_context().wrap_socket(plain, server_hostname=address[0]) if secure else plain
        opened.settimeout(self._tick)
        return opened

    def _handshake(self) -> None:
        self._last_sent = self.last_received = time.monotonic()
        self.send(b"AMQP\x00\x00\x09\x01")
        start = self._await(spec.Connection.Start)
        self.server_version = str((start.server_properties or {}).get("version", ""))
        user, password = unquote(self.url.username or "guest"), unquote(self.url.password or "guest")
        properties = {"product": "portal", "connection_name": self.name, "capabilities": _CAPABILITIES}
        self._send_method(0, spec.Connection.StartOk(properties, "PLAIN", f"\0{user}\0{password}", "en_US"))
        tune = self._await(spec.Connection.Tune)
        self.frame_max = min(tune.frame_max or self.frame_max, self.frame_max)
        # The protocol's heartbeat is whole seconds; ours may be a fraction in tests.
        self._send_method(0, spec.Connection.TuneOk(tune.channel_max, self.frame_max, max(1, round(self.heartbeat))))
        vhost = unquote(self.url.path[1:]) or "/"
        self.ask(0, spec.Connection.Open(vhost), spec.Connection.OpenOk)
        self.open = True

    def leave(self) -> None:
        """Say goodbye without waiting, from any thread: the answer wakes the thread inside `poll`, which closes."""
        if self.open and not self._leaving:
            self._leaving = True
            with contextlib.suppress(ConnectionLost):  # gone already
                self._send_method(0, spec.Connection.Close(200, "bye", 0, 0))

    def close(self) -> None:
        """Say goodbye, waiting one second at most; the broker requeues what was not acknowledged."""
        if self.open:
            self.patience = min(self.patience, 1.0)
            self.leave()
            with contextlib.suppress(ConnectionLost, OSError):  # gone already, which is what was wanted
                self._await(spec.Connection.CloseOk)
        self.dispose()

    def abort(self) -> None:
        """Drop the connection without a word; safe from any thread, never waits, wakes the thread inside `poll`."""
        self.open = False
        if self._socket is not None:
            with contextlib.suppress(OSError):  # not connected any more: nothing to shut
                self._socket.shutdown(socket.SHUT_RDWR)

    def dispose(self) -> None:
        """Abort and free the socket; only for the thread that polls."""
        self.abort()
        if self._socket is not None:
            with self._write_lock:  # nobody may write to a number that the system has given to another file
                self._socket.close()

    def ask(self, channel: int, question: Any, answer: type) -> Any:
        """Send a method and wait for its answer. Raises ChannelClosed, ConnectionLost after `patience`."""
        self._answers.clear()
        self._send_method(channel, question)
        return self._await(answer)

    def _await(self, answer: type) -> Any:
        limit = time.monotonic() + self.patience
        while True:
            for index, method in enumerate(self._answers):
                if isinstance(method, answer):
                    del self._answers[index]
                    return method
            if time.monotonic() > limit:
                raise ConnectionLost(f"the broker did not answer with {answer.__name__} in {self.patience:g} s")
            self.poll()

    # writing, from any thread

    def send(self, data: bytes) -> None:
        """Write whole frames. Raises ConnectionLost when the broker takes nothing for `patience` seconds."""
        with self._write_lock:
            self._write(data)

    def _write(self, data: bytes) -> None:
        view: Any = data
        limit = 0.0
        while True:
            try:
                sent = self._socket.send(view)
            except TimeoutError as error:
                now = time.monotonic()
                limit = limit or now + self.patience
                if now < limit and self._socket.fileno() >= 0:
                    continue
                self.abort()
                raise ConnectionLost("the broker does not read") from error
            except (OSError, AttributeError) as error:
                self.abort()
                raise ConnectionLost(f"cannot write to the broker: {error}") from error
            except BaseException:
                # A green thread that is cut off in the middle of a frame would leave the stream unreadable.
                if view is not data:
                    self.abort()
                raise
            if sent == len(view):
                break
            view = memoryview(view)[sent:]
        self._last_sent = time.monotonic()

    def _send_method(self, channel: int, method: Any) -> None:
        self.send(pika_frame.Method(channel, method).marshal())

    def publish(
        self,
        channel: int,
        exchange: str,
        routing_key: str,
        properties: bytes,
        body: bytes,
        *,
        mandatory: bool = False,
        expect: Callable[[int], None] | None = None,
    ) -> None:
        """Publish one message; `expect` is told its confirm number before anything is written."""
        data = codec.publish_method(channel, exchange, routing_key, mandatory) + codec.content_frames(
            channel, properties, body, self.frame_max
        )
        with self._write_lock:
            if expect is not None:
                self._published[channel] += 1
                expect(self._published[channel])
            self._write(data)

    def answer(self, delivered: Delivered, exchange: str, routing_key: str, properties: bytes, body: bytes) -> None:
        """Publish a reply and acknowledge the call it answers, in one write."""
        channel = delivered.channel
        self.send(
            codec.publish_method(channel, exchange, routing_key, False)
            + codec.content_frames(channel, properties, body, self.frame_max)
            + codec.ack_frame(channel, delivered.tag)
        )

    def ack(self, delivered: Delivered) -> None:
        """Acknowledge one message."""
        self.send(codec.ack_frame(delivered.channel, delivered.tag))

    def reject(self, delivered: Delivered, *, requeue: bool) -> None:
        """Give one message back (`requeue`) or let the queue's dead-letter rule have it."""
        self.send(codec.reject_frame(delivered.channel, delivered.tag, requeue))

    # reading, by one thread

    def poll(self) -> bool:
        """Read once (waiting at most a second or a quarter heartbeat) and call the handlers; True when data came.

        Raises ConnectionLost when the broker closed the connection or was silent for two heartbeats.
        """
        try:
            data = self._socket.recv(262144)
        except TimeoutError:
            self.beat()
            return False
        except (OSError, AttributeError, ValueError) as error:
            self.abort()
            raise ConnectionLost(f"cannot read from the broker: {error}") from error
        if not data:
            self.abort()
            raise ConnectionLost("the broker closed the connection")
        self.last_received = time.monotonic()
        if self.last_received - self._last_sent > self.heartbeat / 2:
            self.beat()
        self._feed(self._rest + data if self._rest else data)
        return True

    def fileno(self) -> int:
        """Return the socket's number, for those who wait on several things at once."""
        number: int = self._socket.fileno()
        return number

    def beat(self) -> None:
        """Keep the connection alive; `poll` does this by itself. Raises ConnectionLost after two silent heartbeats."""
        now = time.monotonic()
        if now - self.last_received > 2 * self.heartbeat:
            self.abort()
            raise ConnectionLost(f"the broker was silent for {now - self.last_received:.1f} s")
        if self.open and now - self._last_sent > self.heartbeat / 2:
            self.send(codec.HEARTBEAT_FRAME)

    def _feed(self, data: bytes) -> None:
        at, end = 0, len(data)
        while end - at >= 8:
            kind, channel, size = FRAME_START.unpack_from(data, at)
            stop = at + 7 + size
            if stop >= end:
                break
            if data[stop : stop + 1] != FRAME_END:
                self.abort()
                raise ConnectionLost("the broker sent a broken frame")
            start, at = at, stop + 1
            if kind == FRAME_METHOD:
                payload = data[start + 7 : stop]
                if payload[:4] == codec.DELIVER:
                    self._partial[channel] = (Delivered(channel, *codec.read_deliver(payload)), False, -1, [])
                elif payload[:4] == codec.ACK:
                    self.on_confirm(channel, *codec.read_confirm(payload), True)
                elif payload[:4] == codec.NACK:
                    self.on_confirm(channel, *codec.read_confirm(payload), False)
                else:
                    self._slow(channel, pika_frame.decode_frame(data[start:at])[1].method)
            elif kind == FRAME_HEADER:
                delivered, returned, _, parts = self._partial[channel]
                left, delivered.properties = codec.read_content_header(data[start + 7 : stop])
                self._partial[channel] = (delivered, returned, left, parts)
                if left == 0:
                    self._whole(channel)
            elif kind == FRAME_BODY:
                delivered, returned, left, parts = self._partial[channel]
                parts.append(data[start + 7 : stop])
                self._partial[channel] = (delivered, returned, left - size, parts)
                if left == size:
                    self._whole(channel)
        self._rest = data[at:] if at < end else b""
        if self._trouble is not None:  # raised only now, so that no frame behind it is lost
            trouble, self._trouble = self._trouble, None
            raise trouble

    def _whole(self, channel: int) -> None:
        delivered, returned, _, parts = self._partial.pop(channel)
        delivered.body = parts[0] if len(parts) == 1 else b"".join(parts)
        (self.on_return if returned else self.on_deliver)(delivered)

    def _slow(self, channel: int, method: Any) -> None:
        if isinstance(method, spec.Basic.Return):
            returned = Delivered(channel, "", 0, False, method.exchange, method.routing_key)
            self._partial[channel] = (returned, True, -1, [])
        elif isinstance(method, spec.Connection.Blocked | spec.Connection.Unblocked):
            self.blocked = isinstance(method, spec.Connection.Blocked)
            self.on_blocked(self.blocked)
        elif isinstance(method, spec.Channel.Close):
            self._send_method(channel, spec.Channel.CloseOk())
            self._trouble = ChannelClosed(method.reply_code, method.reply_text)
        elif isinstance(method, spec.Connection.Close):
            self._send_method(0, spec.Connection.CloseOk())
            self.abort()
            self._trouble = ConnectionLost(f"the broker closed the connection: {method.reply_code} {method.reply_text}")
        elif isinstance(method, spec.Basic.Cancel):
            self.abort()
            self._trouble = ConnectionLost(f"the broker cancelled consumer {method.consumer_tag}: its queue is gone")
        else:
            self._answers.append(method)


def _nobody(*_: Any) -> None:
    """A message nobody asked for is ignored."""


def process_name(what: str) -> str:
    """Return how this process calls itself towards the broker: `<what>@<host>:<pid>`."""
    return f"{what}@{socket.gethostname()}:{os.getpid()}"

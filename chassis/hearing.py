"""The ear of a service process for ended and changed sessions; what it hears, `chassis.revocations` remembers."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
from nameko.extensions import SharedExtension

from chassis import names, telemetry
from chassis.consumer import WORK_CHANNEL, BusConsumer
from chassis.revocations import REMEMBERED_SECONDS, revocations
from chassis.wire import Connection, Delivered

log = telemetry.get_logger(__name__)

MOST_WAITING = 100_000


class Hearing(SharedExtension):
    """One queue of this process's own, which outlives a lost connection: nothing said meanwhile is missed."""

    consumer = BusConsumer()
    prefetch = 100

    def __init__(self) -> None:
        self.queue = ""
        super().__init__()

    def setup(self) -> None:
        """Register the queue."""
        self.queue = f"{self.container.service_name}.hearing.{uuid.uuid4().hex}"
        self.consumer.register(self)

    def stop(self) -> None:
        """Hear no more."""
        self.consumer.stop_receiving(self)

    def declare(self, connection: Connection) -> None:
        """Declare the queue; it goes by itself when the process has been away for longer than a token lives."""
        arguments: dict[str, Any] = {
            "x-queue-type": "classic",
            "x-expires": int(REMEMBERED_SECONDS * 1000),
            "x-max-length": MOST_WAITING,
        }
        connection.declare_queue(WORK_CHANNEL, self.queue, arguments, durable=True)
        connection.ensure_exchange(names.SESSIONS)
        for key in (names.SESSION_REVOKED, names.SESSION_CHANGED):
            connection.bind_queue(WORK_CHANNEL, self.queue, names.SESSIONS, key)

    def receive(self, connection: Connection, delivered: Delivered) -> None:
        """Remember what was said of a session."""
        try:
            data = orjson.loads(delivered.body)["data"]
            session = uuid.UUID(data["session_id"])
            if delivered.routing_key == names.SESSION_REVOKED:
                revocations.ended(session)
            else:
                revocations.changed(session, int(data.get("generation") or 0))
        except (ValueError, KeyError, TypeError) as error:
            log.error("malformed word of a session", key=delivered.routing_key, reason=str(error))
        connection.ack(delivered)

"""Dead letters: look at them, send them back to their handlers, throw them away.

`python -m chassis.redrive [service...]` sends all of them back; services offer the same to the staff console.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from chassis import names
from chassis.process import settings
from chassis.topology import services
from chassis.wire import Connection, ConnectionLost, Delivered, Properties

MOST = 1000  # looked at in one go
QUIET_SECONDS = 1.5


@dataclass(frozen=True)
class DeadLetter:
    """One event that a handler could not digest, and why."""

    id: str
    handler: str
    type: str
    subject: str
    reason: str
    trace: str
    attempts: int
    dead_at: str
    event: str


def look(service: str, *, limit: int = 100, url: str | None = None) -> list[DeadLetter]:
    """Return the oldest dead letters of a service, `limit` (1..1000) at most. Raises ConnectionLost."""
    with _taken(service, limit, url) as (_, letters):
        return [_read(letter) for letter in letters]


def redrive(service: str, ids: Collection[str] | None = None, *, url: str | None = None) -> int:
    """Send dead letters (all, or those with these event ids) back to their handlers; returns how many.

    Each starts the ladder anew. It leaves the dead letters only after the broker has confirmed the copy.
    """

    def send(connection: Connection, letter: Delivered) -> None:
        old = letter.properties
        headers = old.headers or {}
        kept = {k: v for k, v in headers.items() if not k.startswith("x-")}
        properties = Properties(
            content_type=old.content_type, headers=kept, delivery_mode=2, message_id=old.message_id, type=old.type
        )
        _publish(connection, names.again(service), _handler(letter), properties, letter.body)

    return _each(service, ids, url, send)


def discard(service: str, ids: Collection[str], *, url: str | None = None) -> int:
    """Throw away the dead letters with these event ids; returns how many."""
    return _each(service, ids, url, lambda connection, letter: None)


def _each(
    service: str, ids: Collection[str] | None, url: str | None, work: Callable[[Connection, Delivered], None]
) -> int:
    done = 0
    with _taken(service, MOST, url) as (connection, letters):
        for letter in letters:
            if ids is None or _id(letter) in ids:
                work(connection, letter)
                connection.ack(letter)
                letter.tag = 0
                done += 1
    return done


@contextmanager
def _taken(service: str, limit: int, url: str | None) -> Iterator[tuple[Connection, list[Delivered]]]:
    """Hold dead letters for a moment; those that were not acknowledged (and given tag 0) are put back."""
    connection = Connection(url or settings().amqp_url, name=f"redrive-{service}")
    connection.connect()
    try:
        queue = names.dead(service)
        count = min(limit, connection.queue_depth(queue) or 0)
        letters: list[Delivered] = []
        connection.on_deliver = letters.append
        connection.channel(1, prefetch=max(1, count))
        connection.channel(2, confirms=True)
        if count:
            connection.consume(1, queue, "redrive")
            quiet = time.monotonic() + QUIET_SECONDS
            while len(letters) < count and time.monotonic() < quiet:
                if connection.poll():
                    quiet = time.monotonic() + QUIET_SECONDS
            connection.cancel(1, "redrive")
        yield connection, letters
        _put_back(connection, queue, [letter for letter in letters if letter.tag])
    finally:
        connection.close()


def _put_back(connection: Connection, queue: str, letters: list[Delivered]) -> None:
    for letter in letters:
        connection.reject(letter, requeue=True)
    # The next look must not come before the broker has them back in their place.
    limit = time.monotonic() + QUIET_SECONDS
    while (connection.queue_depth(queue) or 0) < len(letters) and time.monotonic() < limit:
        time.sleep(0.02)


def _publish(connection: Connection, exchange: str, key: str, properties: Properties, body: bytes) -> None:
    answers: list[bool] = []
    connection.on_confirm = lambda _channel, _tag, _multiple, taken: answers.append(taken)
    connection.on_return = lambda _message: answers.append(False)
    connection.publish(2, exchange, key, properties.encode(), body, mandatory=True, expect=lambda _number: None)
    limit = time.monotonic() + connection.patience
    while not answers:
        if time.monotonic() > limit:
            raise ConnectionLost("the broker did not confirm")
        connection.poll()
    if not answers[0]:
        raise ConnectionLost(f"handler {key} has no queue any more")


def _id(letter: Delivered) -> str:
    """Return the event's id, or the message's when the event is unreadable."""
    return _envelope(letter).get("id") or letter.properties.message_id or ""


def _handler(letter: Delivered) -> str:
    """Return the handler's queue: as we noted it, or as the broker did when it buried the message itself."""
    headers = letter.properties.headers or {}
    deaths = headers.get("x-death")
    by_broker = deaths[0].get("queue") if isinstance(deaths, list) and deaths else None
    return str(headers.get("x-handler") or by_broker or letter.routing_key)


def _envelope(letter: Delivered) -> dict[str, Any]:
    try:
        read = orjson.loads(letter.body)
    except ValueError:
        return {}
    return {k: v for k, v in read.items() if isinstance(v, str)} if isinstance(read, dict) else {}


def _read(letter: Delivered) -> DeadLetter:
    headers = letter.properties.headers or {}
    envelope = _envelope(letter)
    attempts = headers.get("x-attempts")
    return DeadLetter(
        id=_id(letter),
        handler=_handler(letter),
        type=envelope.get("type", ""),
        subject=envelope.get("subject", ""),
        # The broker itself buries a message that ended the process at every delivery.
        reason=str(headers.get("x-reason") or "the process ended at every delivery"),
        trace=str(headers.get("x-trace") or ""),
        attempts=attempts if isinstance(attempts, int) else 0,
        dead_at=str(headers.get("x-dead-at") or ""),
        event=letter.body.decode("utf-8", "replace")[:20_000],
    )


def main(chosen: list[str]) -> int:
    """Send back the dead letters of the chosen services, or of all."""
    total = 0
    for service in chosen or services():
        try:
            count = redrive(service)
        except ConnectionLost as error:
            sys.stderr.write(f"{service}: {error}\n")
            return 1
        total += count
        if count:
            sys.stdout.write(f"{service}: {count} sent back\n")
    sys.stdout.write(f"{total} dead letters sent back\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

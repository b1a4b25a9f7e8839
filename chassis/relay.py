"""The relay: publishes the outboxes of services, `python -m chassis.relay identity permits ...`.

One native thread per service: it holds the outbox's advisory lock (two relays never publish side by side), listens
for the database's bell, publishes what is new in the order it was written, and marks a row only after the broker has
confirmed it and routed it somewhere. It may be killed at any moment: then events come twice, never not at all.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from functools import partial
from typing import Any

import psycopg2
import psycopg2.extensions
from pika import spec

from chassis import names, telemetry
from chassis.health import Health, watch
from chassis.outbox import Outbox, OutboxBusy
from chassis.process import settings
from chassis.settings import database_url
from chassis.wire import Connection, ConnectionLost, Delivered, Properties
from chassis.wire.connection import process_name
from chassis.wire.setup import ChannelClosed

log = telemetry.get_logger(__name__)

BATCH = 500
POLL_SECONDS = 1.0
CONFIRM_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0
HOUSEKEEPING_SECONDS = 60.0
HISTORY_SECONDS, SETTLE_SECONDS = 30.0, 1.0


class Worker:
    """Publishes one service's outbox for ever; `run` is the thread's body."""

    def __init__(self, service: str, dsn: str, amqp_url: str, heartbeat: float) -> None:
        self.service = service
        self.last_turn = time.monotonic()
        self.state = "starting"
        self._outbox = Outbox(service, dsn)
        self._amqp_url = amqp_url
        self._heartbeat = heartbeat
        self._connection: Connection | None = None
        self._waiting: dict[int, dict[str, Any]] = {}
        self._returned: set[str] = set()
        self._refused: list[dict[str, Any]] = []
        self._measured = 0.0
        self.stopping = threading.Event()

    def run(self) -> None:
        """Work until told to stop, through every kind of trouble."""
        pause = FIRST_PAUSE
        while not self.stopping.is_set():
            self.last_turn = time.monotonic()
            try:
                self._session()
                pause = FIRST_PAUSE
            except (ConnectionLost, psycopg2.Error, OSError) as error:
                worked = self.state == "working"
                self.state = str(error).strip().split("\n", 1)[0][:150] or type(error).__name__
                log.warning("relay interrupted", outbox=self.service, reason=self.state)
                pause = FIRST_PAUSE if worked else min(pause * 2, LONGEST_PAUSE)
            except OutboxBusy:
                self.state = "standby"  # another relay is at work; this one takes over when it goes
                pause = 1.0
            except Exception:
                self.state = "stumbled"
                log.error("relay stumbled", outbox=self.service, exc_info=True)
                pause = LONGEST_PAUSE
            finally:
                self._outbox.close()
                if self._connection is not None:
                    self._connection.close() if self.stopping.is_set() else self._connection.dispose()
            self.stopping.wait(pause)

    def _session(self) -> None:
        self._outbox.open()
        self._measure()
        connection = Connection(self._amqp_url, name=process_name(f"relay-{self.service}"), heartbeat=self._heartbeat)
        self._connection = connection
        connection.on_confirm = self._confirmed
        connection.on_return = self._was_returned
        connection.connect()
        connection.channel(1, confirms=True)
        self._wait_for_history(connection)
        if self.state != "working":
            log.info("relay works", outbox=self.service)
        self.state = "working"
        housekeeping = time.monotonic() + HOUSEKEEPING_SECONDS
        while not self.stopping.is_set():
            self.last_turn = time.monotonic()
            self._measure()
            if connection.blocked:
                self._idle(connection)
                continue
            rows = self._outbox.unpublished(BATCH)
            if rows:
                self._publish(connection, rows)
            if time.monotonic() > housekeeping:
                self._outbox.tidy()
                housekeeping = time.monotonic() + HOUSEKEEPING_SECONDS
            if len(rows) < BATCH:
                self._idle(connection)

    def _wait_for_history(self, connection: Connection) -> None:
        """Publish nothing before the streams take it.

        For a moment after its boot RabbitMQ counts streams as down: an event published then is routed to the ordinary
        queues only, and confirmed. Reading one is refused as long, with the code of a queue that does not exist.
        """
        limit = time.monotonic() + HISTORY_SECONDS
        while not self.stopping.is_set():
            self.last_turn = time.monotonic()
            self._measure()
            connection.channel(2, prefetch=1)
            try:
                connection.consume(2, names.HISTORY, "probe", arguments={"x-stream-offset": "next"})
            except ChannelClosed as closed:
                if closed.never_declared:
                    return  # a broker without a history
                if time.monotonic() > limit:
                    raise ConnectionLost(f"the history takes nothing: {closed}") from closed
                self.stopping.wait(0.25)
                continue
            connection.ask(2, spec.Basic.Cancel("probe"), spec.Basic.CancelOk)
            connection.ask(2, spec.Channel.Close(200, "", 0, 0), spec.Channel.CloseOk)
            self.stopping.wait(SETTLE_SECONDS)
            return

    def _measure(self) -> None:
        """Keep the gauges fresh, in trouble most of all: once a second, wherever we wait."""
        if time.monotonic() > self._measured + 1:
            self._outbox.measure()
            self._measured = time.monotonic()

    def _idle(self, connection: Connection) -> None:
        """Wait for the bell, for the broker, or for a second."""
        ready, _, _ = select.select([self._outbox.fileno(), connection.fileno()], [], [], POLL_SECONDS)
        if connection.fileno() in ready:
            connection.poll()
        else:
            connection.beat()
        self._outbox.hear()

    def _publish(self, connection: Connection, rows: list[dict[str, Any]]) -> None:
        self._waiting, self._returned, self._refused = {}, set(), []
        for row in rows:
            properties = Properties(
                content_type="application/cloudevents+json",
                headers={"aggregate": row["aggregate"]},
                delivery_mode=2,
                message_id=str(row["id"]),
                type=row["event_type"],
            )
            connection.publish(
                1, row["exchange"], row["routing_key"], properties.encode(), bytes(row["envelope"]),
                mandatory=True, expect=partial(self._expect, row),
            )  # fmt: skip
        limit = time.monotonic() + CONFIRM_SECONDS
        while self._waiting:
            if time.monotonic() > limit:
                raise ConnectionLost(f"the broker did not confirm {len(self._waiting)} events in {CONFIRM_SECONDS:g} s")
            self.last_turn = time.monotonic()
            self._measure()
            connection.poll()
        self._mark(rows)

    def _mark(self, rows: list[dict[str, Any]]) -> None:
        # An event that could not be routed, or that the broker refused, stays; so do later ones of its aggregate,
        # which are published again behind it.
        stuck = {str(row["id"]) for row in self._refused} | self._returned
        held = {(row["exchange"], row["aggregate"]) for row in rows if str(row["id"]) in stuck}
        done: list[int] = []
        seen: set[tuple[str, str]] = set()
        for row in rows:
            place = (row["exchange"], row["aggregate"])
            if str(row["id"]) in stuck:
                seen.add(place)
            if place not in held or place not in seen:
                done.append(row["position"])
        self._outbox.mark(done)
        telemetry.PUBLISHED.labels(self.service).inc(len(done))
        if stuck:
            telemetry.UNROUTABLE.labels(self.service).inc(len(stuck))
            log.error("events went nowhere; is the topology declared?", outbox=self.service, events=len(stuck))
            self.stopping.wait(1.0)

    def _expect(self, row: dict[str, Any], number: int) -> None:
        self._waiting[number] = row

    def _confirmed(self, _channel: int, tag: int, multiple: bool, taken: bool) -> None:
        numbers = [n for n in self._waiting if n <= tag] if multiple else [tag]
        for number in numbers:
            row = self._waiting.pop(number, None)
            if row is not None and not taken:
                self._refused.append(row)

    def _was_returned(self, returned: Delivered) -> None:
        self._returned.add(returned.properties.message_id or "")


def main(services: list[str]) -> int:
    """Run until SIGTERM."""
    if not services:
        sys.stderr.write("usage: python -m chassis.relay <service>...\n")
        return 2
    os.environ.setdefault("SERVICE_NAME", "relay")
    telemetry.configure("relay")
    config = settings()
    workers = [Worker(s, database_url(s), config.amqp_url, config.amqp_heartbeat) for s in services]
    health = Health()
    limit = 2.5 * config.amqp_heartbeat + CONFIRM_SECONDS
    for worker in workers:
        health.live[worker.service] = _turning(worker, limit)
        health.ready[worker.service] = _working(worker)
    health.serve(config.health_host, config.health_port)

    def stop(*_: Any) -> None:
        for worker in workers:
            worker.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threads = [threading.Thread(target=w.run, name=f"relay {w.service}", daemon=True) for w in workers]
    for thread in threads:
        thread.start()
    watch(lambda: min(w.last_turn for w in workers), limit, thread=threading.Thread)
    log.info("started", services=services, health_port=health.port)
    while not all(worker.stopping.wait(1.0) for worker in workers):
        if not all(thread.is_alive() for thread in threads):
            log.critical("a thread of the relay died")
            return 1
    until = time.monotonic() + CONFIRM_SECONDS
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    log.info("stopped")
    return 0


def _turning(worker: Worker, limit: float) -> Any:
    def check() -> None:
        if time.monotonic() - worker.last_turn > limit:
            raise RuntimeError("does not turn")

    return check


def _working(worker: Worker) -> Any:
    def check() -> None:
        if worker.state not in ("working", "standby"):
            raise RuntimeError(worker.state)

    return check


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""(c) Events from the outbox through relay and broker into a consumer's inbox, against raw confirmed publishes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pika
import sqlalchemy as sa

from bench.permit_read import free_port
from bench.report import Bar, Finding
from tests import stack

ROOT = Path(__file__).resolve().parent.parent
EVENTS = 3000
RAW = 2000
ROUNDS = 3
BAR = 0.4


@contextmanager
def _vhost(e: dict[str, Any]) -> Iterator[str]:
    """An empty virtual host on the stack's broker; yields its URL."""
    from chassis.subscribers import Management

    admin = urlsplit(e["amqp"]["admin"])
    os.environ["AMQP_MANAGEMENT_URL"] = e["management"]
    management = Management(e["amqp"]["admin"])
    name = f"bench-{uuid.uuid4().hex[:8]}"
    management.call("PUT", "vhosts", name, body={"default_queue_type": "quorum"})
    rights = {"configure": ".*", "write": ".*", "read": ".*"}
    management.call("PUT", "permissions", name, admin.username or "", body=rights)
    try:
        yield admin._replace(path=f"/{name}").geturl()
    finally:
        management.call("DELETE", "vhosts", name)


@contextmanager
def _database(e: dict[str, Any]) -> Iterator[str]:
    """An empty database with the chassis's tables; yields its URL."""
    from chassis.tables import create_chassis_tables

    url = sa.make_url(e["database_admin"]).set(drivername="postgresql+psycopg2")
    name = f"bench_{uuid.uuid4().hex[:8]}"
    with sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool).connect() as admin:
        admin.execute(sa.text(f"CREATE DATABASE {name}"))
        own = url.set(database=name)
        with sa.create_engine(own, poolclass=sa.NullPool).begin() as connection:
            create_chassis_tables(connection)
        try:
            yield own.render_as_string(hide_password=False)
        finally:
            admin.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


@contextmanager
def _process(env: dict[str, str], *command: str) -> Iterator[None]:
    running = subprocess.Popen(
        [sys.executable, "-m", *command],
        env=os.environ | env | {"HEALTH_PORT": str(free_port())},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        running.terminate()
        running.wait(20)


def raw(url: str, count: int) -> float:
    """Publishes a second of plain pika: persistent, to a quorum queue, each waiting for its confirm."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.confirm_delivery()
    channel.queue_declare("raw", durable=True, arguments={"x-queue-type": "quorum"})
    body, properties = b"x" * 400, pika.BasicProperties(delivery_mode=2)
    started = time.perf_counter()
    for _ in range(count):
        channel.basic_publish("", "raw", body, properties, mandatory=True)
    seconds = time.perf_counter() - started
    channel.queue_purge("raw")
    connection.close()
    return count / seconds


def pipelined(url: str, count: int) -> float:
    """Publishes a second when all confirms are awaited together, for comparison."""
    from chassis.wire import Connection, Properties

    connection = Connection(url, name="bench")
    connection.connect()
    connection.channel(1, confirms=True)
    state = {"sent": 0, "taken": 0}

    def confirm(_channel: int, tag: int, _multiple: bool, _taken: bool) -> None:
        state["taken"] = max(state["taken"], tag)

    connection.on_confirm = confirm
    properties = Properties(delivery_mode=2).encode()
    started = time.perf_counter()
    for _ in range(count):
        connection.publish(
            1, "", "raw", properties, b"x" * 400, mandatory=True, expect=lambda n: state.__setitem__("sent", n)
        )
    while state["taken"] < state["sent"]:
        connection.poll()
    seconds = time.perf_counter() - started
    connection.close()
    return count / seconds


def through(engine: sa.Engine, count: int) -> float:
    """Events a second from rows in the outbox to rows in the consumer's inbox."""
    from bench.stacks.listener import Counted
    from chassis import envelope
    from chassis.caller import service_caller

    rows = []
    for number in range(count):
        event = Counted(counter=f"c{number % 50}", number=number)
        event_id, body = envelope.wrap(
            event, service="bench", caller=service_caller("bench"), correlation_id="bench", traceparent=None
        )
        rows.append((event_id, event.exchange, event.routing_key, event.subject, event.event_type, body))
    keys = ("id", "exchange", "routing_key", "aggregate", "event_type", "envelope")
    insert = sa.text(f"INSERT INTO outbox ({', '.join(keys)}) VALUES ({', '.join(':' + key for key in keys)})")
    with engine.begin() as connection:
        before = connection.scalar(sa.text("SELECT count(*) FROM inbox"))
        connection.execute(insert, [dict(zip(keys, row, strict=True)) for row in rows])
    started = time.perf_counter()
    while True:
        with engine.connect() as connection:
            done = connection.scalar(sa.text("SELECT count(*) FROM inbox")) - before
        if done >= count:
            return count / (time.perf_counter() - started)
        if time.perf_counter() - started > 120:
            raise SystemExit(f"only {done} of {count} events arrived")
        time.sleep(0.02)


def run() -> Finding:
    """Measure and return the finding."""
    from bench.stacks.listener import Service
    from chassis.topology import declare, subscriptions_of
    from chassis.wire import Connection

    e = stack.endpoints()
    with _vhost(e) as url, _database(e) as database:
        os.environ["PROFILE"] = "local"
        connection = Connection(url, name="bench")
        connection.connect()
        connection.channel(1)
        declare(connection, ["bench"], subscriptions_of(Service))
        connection.close()
        env = {"AMQP_URL": url, "DATABASE_URL_BENCH": database, "PROFILE": "local", "SERVICE_NAME": "bench"}
        engine = sa.create_engine(database)
        ratios, rates, raws, pipes = [], [], [], []
        with _process(env, "chassis.run", "bench.stacks.listener:Service"), _process(env, "chassis.relay", "bench"):
            through(engine, 200)
            raw(url, 200)
            for _ in range(ROUNDS):
                raws.append(raw(url, RAW))
                rates.append(through(engine, EVENTS))
                pipes.append(pipelined(url, RAW))
                ratios.append(rates[-1] / raws[-1])
        engine.dispose()
    finding = Finding(
        "c-events",
        "(c) Events from outbox to inbox",
        ("what", "events/s", "× raw"),
        notes=f"Median of {ROUNDS} interleaved rounds. From {EVENTS} rows in the outbox through the relay (confirmed, "
        "mandatory, quorum queue and history stream) to the same number of handled events, each with its inbox row "
        "committed. Raw: plain pika, persistent, quorum queue, one confirmed publish after the other; below it, for "
        "comparison, the same with all confirms awaited together.",
    )
    middle = sorted(range(ROUNDS), key=lambda i: ratios[i])[ROUNDS // 2]
    base = raws[middle]
    for what, rate in (("outbox → inbox", rates[middle]), ("raw", base), ("raw, pipelined", pipes[middle])):
        finding.rows.append((what, f"{rate:.0f}", f"{rate / base:.2f}"))
    finding.bars.append(Bar("outbox → inbox ÷ raw confirmed publishes", ratios[middle], BAR))
    return finding

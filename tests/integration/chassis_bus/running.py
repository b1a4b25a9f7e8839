"""Programs these tests run: services as real processes, a proxy that breaks connections, a broker of their own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import echo_messages as m
import orjson
import sqlalchemy as sa

from chassis.wire import Connection, Properties
from tests.stack import ROOT

HERE = Path(__file__).resolve().parent


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], Any], seconds: float = 10, what: str = "condition") -> Any:
    """Wait until `condition` says something true, and return it."""
    limit = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < limit, f"{what} did not come within {seconds} s"
        time.sleep(0.05)


class Program:
    """A process of the chassis (`chassis.run` or `chassis.relay`) with its health port and its log."""

    def __init__(self, module: str, *arguments: str, env: dict[str, str], log: Path) -> None:
        self.port = free_port()
        self.log = log
        full = os.environ | env
        full |= {"HEALTH_PORT": str(self.port), "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}", "PROFILE": "local"}
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], cwd=ROOT, env=full, stdout=out, stderr=out
            )

    def probe(self, path: str) -> tuple[int, dict[str, str]]:
        """Status and body of a health page; status 0 when nobody answers within two seconds."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=2) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read())
        except OSError:
            return 0, {}

    def metric(self, name: str) -> float:
        """The sum of a metric over the label values given in `name`, as in `x_total{code="ok"`."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))

    def ready(self, seconds: float = 20) -> Program:
        """Wait until it is ready."""
        until(lambda: self.process.poll() is not None or self.probe("readyz")[0] == 200, seconds, "readiness")
        assert self.process.poll() is None, self.text()
        return self

    def text(self) -> str:
        """Everything it has logged."""
        return self.log.read_text(errors="replace")

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


class FaultProxy:
    """A TCP proxy that can stall (bytes stop, sockets stay, as with a frozen peer) or cut everything."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.stalled = False
        self.down = False
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Reset all connections."""
        # One by one: a connection taken up meanwhile must stay known, or no later cut would ever reach it.
        while self._sockets:
            with contextlib.suppress(KeyError):  # another thread took the last one
                each = self._sockets.pop()
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.down:
                near.close()
                continue
            try:
                far = socket.create_connection(self.target)
            except OSError:
                near.close()
                continue
            self._sockets |= {near, far}
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(a, b), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                while self.stalled:
                    time.sleep(0.02)
                target.sendall(data)
        except OSError:
            self._sockets.discard(source)  # cut while waiting
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class Hall:
    """hall and its relay, running, and a look into its database."""

    def __init__(self, url: str, run: Callable[..., Program]) -> None:
        self.url = url
        self._run = run
        self.engine = sa.create_engine(url, poolclass=sa.NullPool)

    def service(self, **env: str) -> Program:
        return self._run("hall_service:Service", service="hall", DATABASE_URL_HALL=self.url, **env)

    def relay(self, **env: str) -> Program:
        return self._run("hall", module="chassis.relay", DATABASE_URL_HALL=self.url, **env)

    def rows(self, statement: str, **values: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text(statement), values))

    def put(self, bell: str, count: int) -> None:
        """Write events straight into the outbox, as a unit of work does."""
        from chassis import envelope as cloud
        from chassis.caller import service_caller

        statement = sa.text(
            "INSERT INTO outbox (id, exchange, routing_key, aggregate, event_type, envelope)"
            " VALUES (:id, :exchange, :key, :aggregate, :type, :envelope)"
        )
        with self.engine.begin() as connection:
            for number in range(count):
                event = m.Rang(bell=bell, number=number)
                event_id, body = cloud.wrap(
                    event, service="echo", caller=service_caller("echo"), correlation_id="put", traceparent=None
                )
                values = {"id": event_id, "exchange": event.exchange, "key": event.routing_key, "aggregate": bell}
                connection.execute(statement, values | {"type": event.event_type, "envelope": body})

    def numbers(self, bell: str) -> list[int]:
        return [row.number for row in self.rows("SELECT number FROM heard WHERE bell=:b ORDER BY position", b=bell)]


class Outside:
    """A bare connection that publishes and fetches whatever it likes."""

    def __init__(self, url: str) -> None:
        self.connection = Connection(url, name="outside")
        self.connection.connect()
        self.connection.channel(1)

    def publish(self, exchange: str, key: str, body: bytes, **headers: Any) -> None:
        properties = Properties(content_type="application/json", headers=headers, delivery_mode=2, message_id="out")
        self.connection.publish(1, exchange, key, properties.encode(), body)

    def depth(self, queue: str) -> int | None:
        return self.connection.queue_depth(queue)

    def take(self, queue: str) -> Any:
        """The next message of a queue, acknowledged."""
        got: list[Any] = []
        self.connection.on_deliver = got.append
        self.connection.consume(1, queue, "take")
        until(lambda: got or (self.connection.poll() and got), 10, f"a message in {queue}")
        self.connection.ack(got[0])
        self.connection.cancel(1, "take")
        return got[0]


def envelope(bell: str, number: int = 0, event_id: str = "0198b000-0000-7000-8000-000000000001", **more: Any) -> bytes:
    return orjson.dumps(
        {
            "specversion": "1.0", "id": event_id, "source": "/portal/echo", "type": m.Rang.event_type,
            "time": "2026-11-21T10:00:00+00:00", "datacontenttype": "application/json", "subject": bell,
            "data": {"bell": bell, "number": number, "unknown": "ignored"}, **more,
        }
    )  # fmt: skip

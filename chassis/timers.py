"""Work by the clock: `@every(seconds=30)` on a method `(self, caller)`; one process of the service at a time."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import eventlet
import sqlalchemy as sa
from eventlet.event import Event as Signal
from nameko.extensions import Entrypoint, register_entrypoint

from chassis import context, telemetry
from chassis.caller import timer_caller
from chassis.context import Context
from chassis.database import Database

log = telemetry.get_logger(__name__)

_TRY_LOCK = sa.text("SELECT pg_try_advisory_lock(:space, :name)")
_UNLOCK = sa.text("SELECT pg_advisory_unlock(:space, :name)")
_SPACE = 7_261_001  # our own corner of the advisory lock numbers


def every(*, seconds: float, limit: float = 300) -> Callable[[Any], Any]:
    """Run a method every `seconds` (0.1 or more), the first time after one interval.

    A turn is cut off after `limit` seconds. While another process of the service is at it, the turn is skipped. An
    error is logged and counted, and the next turn comes. Raises TypeError for a shorter interval.
    """
    if seconds < 0.1:
        raise TypeError("a timer's interval is at least 0.1 s")

    def register(method: Any) -> Any:
        register_entrypoint(method, Every(seconds, limit))
        return method

    return register


class Every(Entrypoint):
    """The nameko entry point behind `@every`."""

    workers = 1

    def __init__(self, seconds: float, limit: float) -> None:
        self.seconds = seconds
        self.limit = limit
        self._stop = Signal()
        self._thread: Any = None
        super().__init__()

    def start(self) -> None:
        """Start the clock."""
        self._thread = self.container.spawn_managed_thread(self._run, identifier=f"timer {self.method_name}")

    def stop(self) -> None:
        """Stop the clock and wait for the turn in hand."""
        self._stop.send()
        self._thread.wait()

    def kill(self) -> None:
        """Stop at once."""
        if self._thread is not None:
            self._thread.kill()

    def _run(self) -> None:
        due = time.monotonic() + self.seconds
        while True:
            with eventlet.Timeout(max(0.0, due - time.monotonic()), False):
                self._stop.wait()
                return
            self._turn()
            # Turns that were missed while one took long are not made up for.
            due = max(due + self.seconds, time.monotonic() + self.seconds / 10)

    def _turn(self) -> None:
        name = f"{self.container.service_name}.{self.method_name}"
        caller = timer_caller(self.container.service_name, self.method_name)
        started = time.perf_counter()
        outcome = "done"
        mark = context.enter(
            Context(correlation_id=context.new_correlation_id(), traceparent=context.new_traceparent(), caller=caller)
        )
        try:
            service = self.container.service_for(self)
            with eventlet.Timeout(self.limit), _alone(getattr(service, "db", None), name) as alone:
                if alone:
                    getattr(service, self.method_name)(caller)
                else:
                    outcome = "elsewhere"
        except (Exception, eventlet.Timeout):
            outcome = "failed"
            log.error("timer failed", timer=name, exc_info=True)
        finally:
            context.leave(mark)
        telemetry.TIMER_SECONDS.labels(name, outcome).observe(time.perf_counter() - started)


@contextmanager
def _alone(database: Database | None, name: str) -> Iterator[bool]:
    """Hold the timer's advisory lock; yields False when another process holds it. Without a database: no lock."""
    if database is None:
        yield True
        return
    number = {"space": _SPACE, "name": zlib.crc32(name.encode()) & 0x7FFFFFFF}
    with database.reading() as connection:
        if not connection.execute(_TRY_LOCK, number).scalar():
            yield False
            return
        try:
            yield True
        except BaseException:
            # The connection may be in the middle of something; closing it frees the lock in any case.
            connection.invalidate()
            raise
        connection.execute(_UNLOCK, number)

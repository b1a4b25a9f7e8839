"""Run one service: `python -m chassis.run <service>` or, for tests and examples, `python -m chassis.run module:Class`.

Everything that blocks is made to yield first, before anything else is imported.
"""

# ruff: noqa: E402
from __future__ import annotations

import eventlet

eventlet.monkey_patch()

import importlib
import logging
import os
import signal
import sys
import time
from typing import Any

from chassis import telemetry
from chassis.consumer import BusConsumer
from chassis.container import Container
from chassis.health import Health, watch
from chassis.process import settings
from chassis.service import BusDependency, DatabaseDependency

STOP_SECONDS = 25.0

log = telemetry.get_logger(__name__)


def load(name: str) -> type:
    """Return the service class: of `services.<name>.service`, or of `module:Class`."""
    module, _, attribute = name.partition(":")
    if not attribute:
        module, attribute = f"services.{name}.service", "Service"
    found: type = getattr(importlib.import_module(module), attribute)
    return found


def add_checks(health: Health, container: Container) -> None:
    """Let the health checks ask the container's consumer, bus and database."""
    consumers = [e for e in container.shared_extensions.values() if isinstance(e, BusConsumer)]
    limit = 2.5 * settings().amqp_heartbeat

    def turning() -> None:
        for consumer in consumers:
            if time.monotonic() - consumer.last_turn > limit:
                raise RuntimeError("the consumer does not turn")

    def receiving() -> None:
        for consumer in consumers:
            if not consumer.connected:
                raise RuntimeError("not connected to the broker")

    health.live["loop"] = turning
    health.ready["broker"] = receiving
    for provider in container.dependencies:
        if isinstance(provider, BusDependency):
            health.ready["bus"] = _bus_check(provider)
        elif isinstance(provider, DatabaseDependency):
            health.ready["database"] = _database_check(provider)
    if consumers:
        native = eventlet.patcher.original("threading").Thread
        watch(
            lambda: min(c.last_turn for c in consumers),
            limit,
            thread=native,
            sleep=eventlet.patcher.original("time").sleep,
        )


def _bus_check(provider: BusDependency) -> Any:
    def check() -> None:
        if provider.bus is None or not provider.bus.connect(0.5):
            raise RuntimeError("cannot call other services: the broker is away")

    return check


def _database_check(provider: DatabaseDependency) -> Any:
    def check() -> None:
        with eventlet.Timeout(2, RuntimeError("no answer in 2 s")):
            if provider.database is None:
                raise RuntimeError("not set up")
            provider.database.ping()

    return check


def main(argv: list[str]) -> int:
    """Run until SIGTERM (exit 0) or until something breaks (exit 1)."""
    if len(argv) != 1:
        sys.stderr.write("usage: python -m chassis.run <service>\n")
        return 2
    service_class: type = load(argv[0])
    name: str = service_class.name  # type: ignore[attr-defined]
    os.environ.setdefault("SERVICE_NAME", name)
    telemetry.configure(name)
    config = settings()
    # `waiting_calls` of a service: further calls at a time that mostly wait and need no connection of the database.
    room = config.rpc_workers + int(getattr(service_class, "waiting_calls", 0))
    container = Container(service_class, {"max_workers": room})
    health = Health()
    health.ready["started"] = _not_yet
    health.serve(config.health_host, config.health_port)

    stopping: list[int] = []

    def stop(number: int, _frame: Any) -> None:
        if not stopping:  # an impatient second signal changes nothing: work in hand is finished or cut off
            stopping.append(number)
            eventlet.spawn_n(_stop, container)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        container.start()
        add_checks(health, container)
        del health.ready["started"]
        log.info("started", health_port=health.port)
        container.wait()
    except Exception:
        log.critical("the service died", exc_info=True)
        return 1
    log.info("stopped")
    return 0


def _not_yet() -> None:
    raise RuntimeError("starting")


def _stop(container: Container) -> None:
    log.info("stopping")
    with eventlet.Timeout(STOP_SECONDS, False):
        container.stop()
        return
    log.critical("work did not end in time; what was not acknowledged will be done again", seconds=STOP_SECONDS)
    _leave(1)


def _leave(code: int) -> None:
    """End now: neither a thread that hangs nor an exit handler may keep a process that has said goodbye."""
    telemetry.shutdown()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    try:
        _code = main(sys.argv[1:])
    except BaseException:
        sys.excepthook(*sys.exc_info())
        _code = 1
    _leave(_code)

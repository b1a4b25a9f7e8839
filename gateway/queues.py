"""How full the queues of the services are, asked of the broker itself."""

from __future__ import annotations

from dataclasses import dataclass

from chassis import names
from chassis.process import settings
from chassis.wire import Connection, ConnectionLost

SERVICES = ("identity", "permits", "metering", "billing", "requests", "notifications")
STEPS = (5, 30, 300, 1800)


@dataclass(frozen=True)
class Depths:
    """Messages waiting at one service: calls, events waiting to be tried again, dead letters; None: no such queue."""

    calls: int | None
    retrying: int | None
    dead: int | None


def depths() -> dict[str, Depths] | None:
    """Return the depths by service, None when the broker cannot be asked."""
    try:
        connection = Connection(settings().amqp_url, name="gateway-system")
        connection.connect()
    except ConnectionLost:
        return None
    try:
        return {service: _of(connection, service) for service in SERVICES}
    except ConnectionLost:
        return None
    finally:
        connection.close()


def _of(connection: Connection, service: str) -> Depths:
    steps = [connection.queue_depth(names.retry(service, step)) for step in STEPS]
    known = [step for step in steps if step is not None]
    return Depths(
        calls=connection.queue_depth(f"rpc-{service}"),
        retrying=sum(known) if known else None,
        dead=connection.queue_depth(names.dead(service)),
    )

"""Everything that must stand on the broker before the first event: `python -m chassis.topology`.

Derived from the `@subscribe` handlers of all services, idempotent, run at every deployment before the services start
(an event published before its queue exists would miss that handler). Runs as an administrator of the virtual host.
The names stand in `chassis.names`; `permissions_for` says what each kind of broker user needs.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis import names
from chassis.messages import Event
from chassis.process import settings
from chassis.wire import Connection, ConnectionLost

HISTORY_AGE = "30D"
# A message that ends the process each time (memory, a crash in C) becomes a dead letter after so many deliveries.
DELIVERY_LIMIT = 20
_CHANNEL = 1


@dataclass(frozen=True)
class Subscription:
    """What one event handler needs: a queue of its own, bound to each of its events."""

    service: str
    queue: str
    events: tuple[type[Event], ...]
    ordered: bool


def services() -> list[str]:
    """Return the names of all services that have a door, `services/<name>/service.py`."""
    package = importlib.import_module("services")
    found = []
    for module in pkgutil.iter_modules(package.__path__):
        if importlib.util.find_spec(f"services.{module.name}.service") is not None:
            found.append(module.name)
    return sorted(found)


def service_class(service: str) -> Any:
    """Return the nameko class of a service."""
    return importlib.import_module(f"services.{service}.service").Service


def subscriptions_of(service_class: Any) -> list[Subscription]:
    """Return what the event handlers of a service class need."""
    from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

    from chassis.events import Subscribe

    found = []
    for name in dir(service_class):
        for entrypoint in getattr(getattr(service_class, name), ENTRYPOINT_EXTENSIONS_ATTR, ()):
            if isinstance(entrypoint, Subscribe):
                found.append(entrypoint.subscription_of(service_class.name, name))
    return found


def declare(connection: Connection, service_names: Sequence[str], subscriptions: Sequence[Subscription]) -> None:
    """Declare all of it on an open connection; channel 1 must be open. Raises ConnectionLost."""
    connection.declare_exchange(_CHANNEL, names.RPC_EXCHANGE)
    connection.declare_exchange(_CHANNEL, names.AUDIT_EXCHANGE)
    connection.declare_queue(
        _CHANNEL,
        names.HISTORY,
        {
            "x-queue-type": "stream",
            "x-max-age": HISTORY_AGE,
            # Age is cut off by whole segments, so they must not be large.
            "x-stream-max-segment-size-bytes": 50_000_000,
        },
        durable=True,
    )
    sources = {event.exchange for each in subscriptions for event in each.events}
    for exchange in sorted({names.events_exchange(service) for service in service_names} | sources):
        connection.declare_exchange(_CHANNEL, exchange)
        if exchange != names.AUDIT_EXCHANGE:
            connection.bind_queue(_CHANNEL, names.HISTORY, exchange, "#")
    connection.declare_exchange(_CHANNEL, names.SESSIONS)
    if "identity" in service_names:
        for key in (names.SESSION_REVOKED, names.SESSION_CHANGED):
            connection.bind_exchange(_CHANNEL, names.SESSIONS, names.events_exchange("identity"), key)
    for each in subscriptions:
        declare_subscription(connection, each, settings().ladder)


def declare_subscription(connection: Connection, subscription: Subscription, ladder: Sequence[float]) -> None:
    """Declare one handler's queue with its way to retry and to the dead letters, and bind it to its events."""
    service = subscription.service
    declare_ways(connection, service, ladder)
    arguments: dict[str, Any] = {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": names.dead(service),
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    if subscription.ordered:
        arguments["x-single-active-consumer"] = True
    connection.declare_queue(_CHANNEL, subscription.queue, arguments, durable=True)
    connection.bind_queue(_CHANNEL, subscription.queue, names.again(service), subscription.queue)
    for event in subscription.events:
        connection.bind_queue(_CHANNEL, subscription.queue, event.exchange, event.routing_key)


def declare_ways(connection: Connection, service: str, ladder: Sequence[float]) -> None:
    """Declare a service's way to retry and to the dead letters; all of it is the service's own."""
    dead = names.dead(service)
    connection.declare_exchange(_CHANNEL, dead, "fanout")
    arguments: dict[str, Any] = {"x-queue-type": "quorum"}
    if int(connection.server_version.split(".")[0] or 0) >= 4:
        arguments["x-delivery-limit"] = -1  # looking at a dead letter counts as a delivery there
    connection.declare_queue(_CHANNEL, dead, arguments, durable=True)
    connection.bind_queue(_CHANNEL, dead, dead, "")
    connection.declare_exchange(_CHANNEL, names.again(service), "direct")
    for seconds in ladder:
        waiting = names.retry(service, seconds)
        connection.declare_exchange(_CHANNEL, waiting, "fanout")
        connection.declare_queue(
            _CHANNEL,
            waiting,
            {
                "x-queue-type": "quorum",
                "x-message-ttl": round(seconds * 1000),
                "x-dead-letter-exchange": names.again(service),  # keeps the routing key: the handler's queue
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
            durable=True,
        )
        connection.bind_queue(_CHANNEL, waiting, waiting, "")


def permissions_for(user: str) -> tuple[str, str, str]:
    """Return the patterns (configure, write, read) of a broker user.

    Users are `svc-<service>`, `gateway`, `relay` and `sub-<name>`. Services need no right to each other's exchanges:
    the topology command, run as an administrator, binds for them.
    """
    if user == "relay":
        # It reads nothing of the history; it only looks whether the stream is ready to be written.
        return "^$", r"^(.*\.events|portal\.audit)$", r"^events\.history$"
    if user == "gateway":
        own = r"rpc\.reply-gateway-.*"
        return f"^{own}$", f"^(nameko-rpc|{own})$", rf"^(nameko-rpc|identity\.events|{own})$"
    if user.startswith("sub-"):
        name = user.removeprefix("sub-").replace(".", r"\.")
        return "^$", "^$", rf"^sub\.{name}$"
    name = user.removeprefix("svc-")
    own = rf"rpc-{name}|rpc\.reply-{name}-.*|{name}\.(?!events$).*"
    return f"^({own})$", f"^({own}|nameko-rpc)$", rf"^({own}|nameko-rpc|portal\.sessions)$"


def main() -> int:
    """Declare for all services; prints what was declared."""
    service_names = services()
    subscriptions = [each for name in service_names for each in subscriptions_of(service_class(name))]
    connection = Connection(settings().amqp_url, name="topology")
    try:
        connection.connect()
        connection.channel(_CHANNEL)
        declare(connection, service_names, subscriptions)
        connection.close()
    except ConnectionLost as error:
        sys.stderr.write(f"cannot declare the topology: {error}\n")
        return 1
    sys.stdout.write(f"declared: {len(service_names)} services, {len(subscriptions)} event handlers\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

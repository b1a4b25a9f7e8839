"""Other systems that listen: each gets a stream of its own, `sub.<name>`, and a broker user that reads only that.

    python -m chassis.subscribers add NAME --events 'requests.case.submitted,billing.*'
    python -m chassis.subscribers remove NAME
    python -m chassis.subscribers list
    python -m chassis.subscribers ensure-demo        (what ./portal up does)

The stream keeps 30 days and is filled from `events.history` first, so a new system starts with the past. Runs as an
administrator: AMQP_URL, and AMQP_MANAGEMENT_URL (in the local profile the management port is the broker's next one).
"""

from __future__ import annotations

import argparse
import base64
import importlib
import json
import os
import re
import secrets
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from pika import spec

from chassis import names
from chassis.history import HistoryCopy
from chassis.messages import EVENTS, Event
from chassis.process import settings
from chassis.settings import profile
from chassis.topology import HISTORY_AGE, permissions_for, services
from chassis.wire import Connection, ConnectionLost

NAME = re.compile(r"[a-z][a-z0-9-]{1,40}")
DEMO, DEMO_EVENTS = "example", "requests.*,permits.*,billing.*"


def chosen_events(patterns: str) -> list[type[Event]]:
    """Return the event classes that `patterns` names: `service.thing.done`, `service.*` or `*`, by commas.

    Raises ValueError for a pattern that names none. The audit trail is not for others.
    """
    for service in services():
        importlib.import_module(f"services.{service}.messages")
    offered = [event for event in EVENTS.values() if event.exchange == names.events_exchange(event.source)]
    chosen: list[type[Event]] = []
    for pattern in patterns.split(","):
        shape = re.compile(re.escape(pattern.strip()).replace(r"\*", ".*"))
        found = [event for event in offered if shape.fullmatch(f"{event.source}.{event.routing_key}")]
        if not found:
            known = ", ".join(sorted(f"{e.source}.{e.routing_key}" for e in offered))
            raise ValueError(f"no event is called {pattern.strip()}; there are: {known}")
        chosen += [event for event in found if event not in chosen]
    return chosen


def provide_stream(url: str, name: str, events: list[type[Event]]) -> int:
    """Make the stream of a subscriber, filled with the past, bound to `events`; returns how many past events it got.

    An existing stream only gets new bindings. Raises ConnectionLost; a stream half filled is taken away again.
    """
    queue = names.subscriber(name)
    connection = Connection(url, name=f"subscribers-{name}")
    connection.connect()
    try:
        connection.channel(1, prefetch=200)
        connection.channel(2, confirms=True)
        fresh = connection.queue_depth(queue) is None
        if not fresh:
            _bind(connection, queue, events)
            return 0
        arguments = {"x-queue-type": "stream", "x-max-age": HISTORY_AGE, "x-stream-max-segment-size-bytes": 50_000_000}
        connection.declare_queue(1, queue, arguments, durable=True)
        try:
            copy = HistoryCopy(connection, queue, {(event.exchange, event.routing_key) for event in events})
            copy.up_to(copy.end())
            _bind(connection, queue, events)
            # What came while the past was copied; an event may be there twice now, which subscribers must bear anyway.
            copy.up_to(copy.end())
            return copy.count
        except BaseException:
            connection.ask(1, spec.Queue.Delete(queue=queue), spec.Queue.DeleteOk)
            raise
    finally:
        connection.close()


def _bind(connection: Connection, queue: str, events: list[type[Event]]) -> None:
    for event in events:
        connection.bind_queue(1, queue, event.exchange, event.routing_key)


class Management:
    """The broker's management API, as administrator."""

    def __init__(self, amqp_url: str) -> None:
        broker = urlsplit(amqp_url)
        given = os.environ.get("AMQP_MANAGEMENT_URL")
        if not given and profile() != "local":
            raise ValueError("AMQP_MANAGEMENT_URL must be set")
        place = urlsplit(given or f"http://127.0.0.1:{(broker.port or 5672) + 1}")
        user, password = place.username or broker.username or "", place.password or broker.password or ""
        self.vhost = unquote(broker.path[1:]) or "/"
        self._base = f"{place.scheme}://{place.hostname}:{place.port}/api/"
        self._token = base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()

    def call(self, method: str, *path: str, body: Any = None) -> Any:
        """Call the API. Raises OSError."""
        request = urllib.request.Request(  # noqa: S310 - the administrator's own address
            self._base + "/".join(quote(part, safe="") for part in path),
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Basic {self._token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            text = answer.read()
        return json.loads(text) if text else None

    def make_user(self, name: str, password: str | None = None) -> str:
        """Make (or renew) the subscriber's user with least rights; returns its password, a new one unless given."""
        password = password or secrets.token_urlsafe(24)
        self.call("PUT", "users", f"sub-{name}", body={"password": password, "tags": ""})
        configure, write, read = permissions_for(f"sub-{name}")
        rights = {"configure": configure, "write": write, "read": read}
        self.call("PUT", "permissions", self.vhost, f"sub-{name}", body=rights)
        return password

    def remove(self, name: str) -> None:
        """Take the user and the stream away."""
        self.call("DELETE", "users", f"sub-{name}")
        self.call("DELETE", "queues", self.vhost, names.subscriber(name))


def _url_for(amqp_url: str, name: str, password: str) -> str:
    broker = urlsplit(amqp_url)
    place = f"{broker.hostname}:{broker.port}" if broker.port else str(broker.hostname)
    return broker._replace(netloc=f"sub-{name}:{quote(password, safe='')}@{place}").geturl()


def add(name: str, patterns: str) -> int:
    """Provide for a new subscriber and print how it connects."""
    if not NAME.fullmatch(name):
        raise ValueError("a subscriber's name has 2 to 41 small letters, digits and hyphens")
    events = chosen_events(patterns)
    url = settings().amqp_url
    count = provide_stream(url, name, events)
    password = Management(url).make_user(name)
    out = {"url": _url_for(url, name, password), "stream": names.subscriber(name), "past_events": count}
    sys.stdout.write(json.dumps(out, indent=1) + "\n")
    return 0


def ensure_demo() -> int:
    """Provide for the example subscriber of the local profile; how it connects is kept in the run folder."""
    run = Path(os.environ.get("PORTAL_RUN") or ".run").resolve()
    url = settings().amqp_url
    count = provide_stream(url, DEMO, chosen_events(DEMO_EVENTS))
    target = run / "subscriber.json"
    # Whoever listens already must be able to come back after another `up`.
    known = urlsplit(json.loads(target.read_text())["url"]).password if target.exists() else None
    password = Management(url).make_user(DEMO, unquote(known) if known else None)
    fresh = target.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps({"url": _url_for(url, DEMO, password), "stream": names.subscriber(DEMO)}, indent=1))
    fresh.replace(target)
    sys.stdout.write(f"example subscriber: {target} ({count} past events)\n")
    return 0


def show() -> int:
    """Print the subscribers and what they listen to."""
    management = Management(settings().amqp_url)
    for queue in management.call("GET", "queues", management.vhost):
        if queue["name"].startswith("sub."):
            bindings = management.call("GET", "queues", management.vhost, queue["name"], "bindings")
            keys = sorted(f"{b['source'].removesuffix('.events')}.{b['routing_key']}" for b in bindings if b["source"])
            sys.stdout.write(f"{queue['name'].removeprefix('sub.')}: {', '.join(keys)}\n")
    return 0


def main(argv: list[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m chassis.subscribers")
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("add", help="provide for a new subscriber")
    new.add_argument("name")
    new.add_argument("--events", required=True, help="service.thing.done, service.* or *, by commas")
    commands.add_parser("remove", help="take a subscriber away").add_argument("name")
    commands.add_parser("list", help="show the subscribers")
    commands.add_parser("ensure-demo", help="provide for the example of the local profile")
    given = parser.parse_args(argv)
    try:
        if given.command == "add":
            return add(given.name, given.events)
        if given.command == "remove":
            Management(settings().amqp_url).remove(given.name)
            return 0
        return show() if given.command == "list" else ensure_demo()
    except (ValueError, ConnectionLost, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

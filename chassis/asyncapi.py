"""The AsyncAPI 3 document of all events, made from the Event classes: `python -m chassis.asyncapi > FILE`.

For other systems: what is published, where, in which envelope. The audit trail is internal and not in it.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from typing import Any

import orjson
from pydantic.json_schema import models_json_schema

from chassis import names
from chassis.messages import EVENTS, Event
from chassis.topology import services

VERSION = "1.0.0"

_ENVELOPE: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0 in structured mode, with the extensions correlationid, traceparent, actorkind, "
    "actor and actorclient. Ignore attributes you do not know.",
    "required": ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid", "description": "An event may come more than once; this id tells."},
        "source": {"type": "string", "format": "uri-reference", "examples": ["/portal/billing"]},
        "type": {"type": "string"},
        "subject": {"type": "string", "description": "Events of one subject keep their order."},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "correlationid": {"type": "string", "description": "The reference a person sees in the portal."},
        "traceparent": {"type": "string", "description": "W3C trace context."},
        "actorkind": {"enum": ["nobody", "user", "staff", "service", "timer", "machine"]},
        "actor": {"type": "string", "description": "Id of the person, or name of the service."},
        "actorclient": {"type": "string", "format": "uuid", "description": "The client acted for."},
    },
}

_DESCRIPTION = """\
Facts the portal publishes. Each is a CloudEvents 1.0 envelope on a topic exchange per service, persistent and \
published with confirms, at least once, in order per subject.

A system outside gets a stream of its own with the past 30 days in it (`x-stream-offset`: first, next, a timestamp or \
an offset) and a RabbitMQ user that can read that stream and nothing else. `examples/subscriber.py` shows how.

Within `v1` only fields are added; ignore what you do not know.\
"""


def load_events() -> list[type[Event]]:
    """Import all services' messages and return the public event classes, by type."""
    for service in services():
        importlib.import_module(f"services.{service}.messages")
    public = [event for event in EVENTS.values() if event.exchange == names.events_exchange(event.source)]
    return sorted((e for e in public if e.__module__.startswith("services.")), key=lambda e: e.event_type)


def document(events: list[type[Event]]) -> dict[str, Any]:
    """Return the AsyncAPI document of these events."""
    mapping, shared = models_json_schema(
        [(event, "serialization") for event in events], ref_template="#/components/schemas/{model}"
    )
    schemas = {"CloudEvent": _ENVELOPE, **shared.get("$defs", {})}
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for event in events:
        name = _name(event)
        messages[name] = {
            "name": event.event_type,
            "title": f"{event.source}.{event.routing_key}",
            "summary": _summary(event),
            "contentType": "application/cloudevents+json",
            "payload": {
                "allOf": [
                    {"$ref": "#/components/schemas/CloudEvent"},
                    {
                        "type": "object",
                        "properties": {"type": {"const": event.event_type}, "data": mapping[(event, "serialization")]},
                    },
                ]
            },
        }
        channels[name] = {
            "address": event.routing_key,
            "title": f"{event.source}.{event.routing_key}",
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            "bindings": {
                "amqp": {
                    "is": "routingKey",
                    "exchange": {"name": event.exchange, "type": "topic", "durable": True, "autoDelete": False},
                    "bindingVersion": "0.3.0",
                }
            },
        }
        operations[f"publish_{name}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{name}"},
            "summary": _summary(event),
            "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
            "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": "0.3.0"}},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Portal events", "version": VERSION, "description": _DESCRIPTION},
        "defaultContentType": "application/cloudevents+json",
        "servers": {
            "broker": {
                "host": "{host}",
                "protocol": "amqp",
                "description": "RabbitMQ, virtual host portal",
                "variables": {"host": {"default": "localhost:5672", "description": "As the operator told you."}},
            }
        },
        "channels": channels,
        "operations": operations,
        "components": {"schemas": schemas, "messages": messages},
    }


def _name(event: type[Event]) -> str:
    return f"{event.source}_{event.routing_key.replace('.', '_')}"


def _summary(event: type[Event]) -> str:
    text = inspect.getdoc(event) or ""
    return text.split("\n", 1)[0] if event.__doc__ else f"{event.source}.{event.routing_key}"


def render() -> bytes:
    """Return the whole document as readable JSON."""
    return orjson.dumps(document(load_events()), option=orjson.OPT_INDENT_2) + b"\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(render())

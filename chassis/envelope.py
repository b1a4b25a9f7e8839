"""The CloudEvents 1.0 envelope every event travels in (JSON format)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from chassis.caller import Caller
from chassis.days import now
from chassis.ids import new_id
from chassis.messages import Event


def wrap(
    event: Event,
    *,
    service: str,
    caller: Caller,
    correlation_id: str,
    traceparent: str | None,
    at: datetime | None = None,
) -> tuple[UUID, bytes]:
    """Return a new event id and the envelope as JSON bytes.

    The actor stands in it by id, never by token: messages rest in queues and dead letters in clear.
    """
    event_id = new_id()
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": f"/portal/{service}",
        "type": event.event_type,
        "subject": event.subject,
        "time": (at or now()).isoformat(),
        "datacontenttype": "application/json",
        "correlationid": correlation_id,
        "actorkind": caller.kind,
        "actor": caller.actor,
        "data": orjson.Fragment(event.model_dump_json()),
    }
    if traceparent:
        envelope["traceparent"] = traceparent
    if caller.client:
        envelope["actorclient"] = str(caller.client)
    return event_id, orjson.dumps(envelope)

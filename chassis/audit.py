"""The audit trail's message: who did what, for whom, on what, by which right, from where, with which outcome.

Records leave a service through its outbox, in the transaction of the deed, to the exchange `portal.audit`;
identity appends them to the hash chain (S1-50, S1-63, S1-65, B-21).
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from chassis.caller import Caller
from chassis.days import now
from chassis.ids import new_id
from chassis.messages import Event, Message, Moment

AUDIT_EXCHANGE = "portal.audit"
Outcome = Literal["done", "refused", "failed"]


class AuditRecord(Message):
    """One deed. `action` is `<service>.<thing>.<verb>`; `disclosure` marks reads of somebody's data."""

    id: UUID
    at: Moment
    service: str
    action: str
    outcome: Outcome = "done"
    disclosure: bool = False
    actor_kind: str
    actor: str
    actor_name: str = ""
    session: UUID | None = None
    client: UUID | None = None
    right: str | None = None
    address: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
    correlation_id: str = ""
    detail: dict[str, Any] = {}


class AuditRecorded(Event, type="audit.recorded", aggregate="service", exchange=AUDIT_EXCHANGE):
    """A batch of audit records of one service (1..1000), in the order in which the deeds were done."""

    service: str
    records: list[AuditRecord]


def record(
    service: str,
    caller: Caller,
    action: str,
    *,
    on: tuple[str, object] | None = None,
    client: UUID | None = None,
    right: str | None = None,
    outcome: Outcome = "done",
    disclosure: bool = False,
    correlation_id: str = "",
    address: str | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditRecord:
    """Return an audit record of `caller` doing `action` on `on` (kind, id) for `client` by `right`."""
    return AuditRecord(
        id=new_id(),
        at=now(),
        service=service,
        action=action,
        outcome=outcome,
        disclosure=disclosure,
        actor_kind=caller.kind,
        actor=caller.actor,
        actor_name=caller.name,
        session=caller.session,
        client=client or caller.client,
        right=right,
        address=caller.address or address,
        object_kind=on[0] if on else None,
        object_id=str(on[1]) if on else None,
        correlation_id=correlation_id,
        detail=detail or {},
    )

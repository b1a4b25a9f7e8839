"""What a use case holds while its transaction is open."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar
from uuid import UUID

import orjson
import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import audit, context, envelope
from chassis.caller import AlreadyHandled, Caller, Delivery
from chassis.errors import PortalError
from chassis.messages import Event, Request
from chassis.tables import ChassisTables

Reply = TypeVar("Reply", bound=BaseModel)


class UnitOfWork:
    """The open transaction: session, events to come, audit records to come. Made by Database.unit_of_work."""

    def __init__(self, service: str, tables: ChassisTables, session: Session, who: Caller | Delivery) -> None:
        self.service = service
        self.session = session
        self.delivery = who if isinstance(who, Delivery) else None
        self.caller = who.caller if isinstance(who, Delivery) else who
        self.records: list[audit.AuditRecord] = []
        self._tables = tables
        self._events: list[Event] = []
        circumstances = context.current()
        self._address = circumstances.address
        self._traceparent = circumstances.traceparent
        self.correlation_id = (
            self.delivery.correlation_id if self.delivery else circumstances.correlation_id
        ) or context.new_correlation_id()

    def enter_inbox(self) -> None:
        """Write the inbox row of the delivery. Raises AlreadyHandled when it is there already."""
        if self.delivery is None:
            return
        inbox = self._tables.inbox
        done = self.session.execute(
            insert(inbox)
            .values(event_id=self.delivery.event_id, handler=self.delivery.handler)
            .on_conflict_do_nothing()
            .returning(inbox.c.event_id)
        ).first()
        if done is None:
            raise AlreadyHandled(str(self.delivery.event_id))

    def emit(self, event: Event) -> None:
        """Tell the world of a fact, once this transaction is committed."""
        self._events.append(event)

    def audit(
        self,
        action: str,
        *,
        on: tuple[str, object] | None = None,
        client: UUID | None = None,
        right: str | None = None,
        outcome: audit.Outcome = "done",
        disclosure: bool = False,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Put the deed in the audit trail, in this transaction; `action` is `<service>.<thing>.<verb>`."""
        self.records.append(
            audit.record(
                self.service,
                self.caller,
                action,
                on=on,
                client=client,
                right=right,
                outcome=outcome,
                disclosure=disclosure,
                detail=detail,
                correlation_id=self.correlation_id,
                address=self._address,
            )
        )

    def replayed(self, request: Request[Any], reply: type[Reply]) -> Reply | None:
        """Return the reply this caller got for the same idempotency key, or None when the work is still to do.

        A second call that runs at the same time waits here for the first one's commit. Raises PortalError
        idempotency_key_reused (409) when the key came with other data before.
        """
        key = getattr(request, "idempotency_key", None)
        if key is None:
            return None
        table = self._tables.idempotency
        fingerprint = _fingerprint(request)
        place = {"key": key, "actor": self.caller.actor, "method": f"{request.service}.{request.method}"}
        fresh = self.session.execute(
            insert(table).values(**place, request_hash=fingerprint).on_conflict_do_nothing().returning(table.c.key)
        ).first()
        if fresh is not None:
            return None
        row = self.session.execute(sa.select(table.c.request_hash, table.c.reply).filter_by(**place)).one()
        if row.request_hash != fingerprint or row.reply is None:
            raise PortalError("idempotency_key_reused", field="idempotency_key")
        return reply.model_validate(row.reply)

    def remember(self, request: Request[Any], reply: Reply) -> Reply:
        """Keep the reply for `replayed` (24 hours at least), and return it."""
        key = getattr(request, "idempotency_key", None)
        if key is not None:
            table = self._tables.idempotency
            self.session.execute(
                sa.update(table)
                .filter_by(key=key, actor=self.caller.actor, method=f"{request.service}.{request.method}")
                .values(reply=reply.model_dump(mode="json"))
            )
        return reply

    def write_messages(self) -> None:
        """Write events and audit records to the outbox; Database.unit_of_work calls it before the commit."""
        self.session.flush()
        events: list[Event] = list(self._events)
        for start in range(0, len(self.records), 1000):
            events.append(audit.AuditRecorded(service=self.service, records=self.records[start : start + 1000]))
        if not events:
            return
        rows = []
        for event in events:
            event_id, body = envelope.wrap(
                event,
                service=self.service,
                caller=self.caller,
                correlation_id=self.correlation_id,
                traceparent=self._traceparent,
            )
            rows.append(
                {
                    "id": event_id,
                    "exchange": event.exchange,
                    "routing_key": event.routing_key,
                    "aggregate": event.subject,
                    "event_type": event.event_type,
                    "envelope": body,
                }
            )
        self.session.execute(sa.insert(self._tables.outbox), rows)


def _fingerprint(request: Request[Any]) -> str:
    data = request.model_dump(mode="json", exclude={"idempotency_key"})
    return hashlib.sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest()

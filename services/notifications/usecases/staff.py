"""Deliveries as staff see them, and sending again what failed."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_midnight, riga_today
from chassis.errors import PortalError
from chassis.text import fold
from services.notifications import messages as m
from services.notifications.domain.delivery import FAILED, QUEUED, RESENDABLE
from services.notifications.store import deliveries
from services.notifications.store.deliveries import D
from services.notifications.store.tables import DeliveryRow, MessageRow
from services.notifications.usecases.notify import PHONE, new_delivery

EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{3,190}")


def _fields(row: Any) -> dict[str, Any]:
    return {
        "delivery_id": row.id, "message_id": row.message_id, "client_id": row.client_id, "kind": row.kind,
        "channel": row.channel, "language": row.language, "address": row.address, "subject": row.subject,
        "status": row.status, "attempts": row.attempts, "created_at": row.created_at,
        "next_try_at": row.next_try_at if row.status == QUEUED else None, "sent_at": row.sent_at,
        "failure": row.failure, "provider_ref": row.provider_ref,
    }  # fmt: skip


def listed(db: Database, request: m.ListDeliveries, caller: Caller) -> m.DeliveryPage:
    """Return a page of deliveries, newest first."""
    where: list[Any] = deliveries.containing(request.q)
    if request.status is not None:
        where.append(D.status == request.status)
    if request.channel is not None:
        where.append(D.channel == request.channel)
    if request.stuck:
        where.append(sa.and_(D.status.in_(("queued", "sending")), D.attempts > 0))
    if request.client_id is not None:
        where.append(D.client_id == request.client_id)
    with db.reading() as connection:
        rows, following = deliveries.page(connection, where, request.after, request.limit)
    if rows:
        db.disclosed(
            "notifications.deliveries.list", caller=caller, on=("deliveries", request.q or "all"), right="staff"
        )
    return m.DeliveryPage(items=[m.DeliveryRow(**_fields(row)) for row in rows], next=following)


def _view(connection: sa.Connection, delivery: Any) -> m.DeliveryView:
    row = connection.execute(deliveries.ONE, {"delivery": delivery}).first()
    if row is None:
        raise PortalError("not_found")
    tries = connection.execute(deliveries.TRIES, {"delivery": delivery}).all()
    log = [m.DeliveryAttempt(at=t.at, outcome=t.outcome, detail=t.detail) for t in tries]
    return m.DeliveryView(**_fields(row), body=row.body, attempts_log=log)


def one(db: Database, request: m.GetDelivery, caller: Caller) -> m.DeliveryView:
    """Return a delivery with its message and every try. Raises not_found."""
    with db.reading() as connection:
        view = _view(connection, request.delivery_id)
    db.disclosed(
        "notifications.delivery.view", caller=caller, on=("delivery", view.delivery_id), client=view.client_id,
        right="staff",
    )  # fmt: skip
    return view


def counts(db: Database) -> m.DeliveryCounts:
    """Return how the mail at work is doing."""
    moment = now()
    with db.reading() as connection:
        row = deliveries.counts(connection, riga_midnight(riga_today()))
    oldest = (moment - row.oldest).total_seconds() if row.oldest else 0.0
    return m.DeliveryCounts(
        queued=row.queued, failed=row.failed, sent_today=row.sent_today, oldest_queued_seconds=max(0.0, oldest)
    )


def resend(db: Database, request: m.Resend, caller: Caller) -> m.DeliveryView:
    """Queue a failed delivery again, or one more copy of a sent one. Raises not_found, not_resendable, malformed."""
    with db.unit_of_work(caller) as uow:
        done = uow.replayed(request, m.DeliveryView)
        if done is not None:
            return done
        row = uow.session.get(DeliveryRow, request.delivery_id, with_for_update=True)
        if row is None:
            raise PortalError("not_found")
        if row.status not in RESENDABLE:
            raise PortalError("notifications.not_resendable")
        message = uow.session.get_one(MessageRow, row.message_id)
        address = (request.address or row.address).strip()
        if not (EMAIL if row.channel == "email" else PHONE).fullmatch(address):
            raise PortalError("malformed", field="address")
        moment, before = now(), row.address
        if row.status == FAILED:
            row.status, row.address, row.next_try_at, row.since, row.attempts = QUEUED, address, moment, moment, 0
            row.search = fold(f"{address} {message.subject}")[:500]
        else:
            row = new_delivery(message, row.channel, address, moment)
            uow.session.add(row)
        uow.audit(
            "notifications.delivery.resend", on=("delivery", row.id), client=row.client_id, right="staff",
            detail={"kind": message.kind, "channel": row.channel, "address_changed": address != before},
        )  # fmt: skip
        uow.session.flush()
        return uow.remember(request, _view(uow.session.connection(), row.id))

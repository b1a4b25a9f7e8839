"""Sending what is due: taken under a lease, sent, the result written at once.

A process that dies between the server's yes and our commit leaves a lease that runs out; the message then goes out
again under the same Message-ID (or provider reference), by which the other side knows it as the same one.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from prometheus_client import Counter, Gauge

from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.telemetry import get_logger
from services.identity import messages as identity
from services.notifications.channels.base import Outcome, Outgoing, Session
from services.notifications.channels.registry import CHANNELS
from services.notifications.domain import one_time
from services.notifications.domain.delivery import FAILED, QUEUED, SENDING, SENT, next_try
from services.notifications.messages import DeliveryFailed
from services.notifications.settings import settings
from services.notifications.store import deliveries
from services.notifications.store.deliveries import D, M
from services.notifications.store.tables import AttemptRow, DeliveryRow, MessageRow
from services.notifications.usecases.compose import mail_text, template

log = get_logger(__name__)

# One message at a time under a lease that outlives its time limits; more at once would let the last lease run out.
BATCH = 5
TURN_SECONDS = 20.0

TRIED = Counter("notifications_tries_total", "Tries to deliver a message", ["channel", "outcome"])
WAITING = Gauge("notifications_deliveries_waiting", "Deliveries queued or being sent")
GIVEN_UP = Gauge("notifications_deliveries_failed", "Deliveries that were given up")
OLDEST = Gauge("notifications_oldest_waiting_seconds", "Age of the oldest delivery that waits")

WANTED = (
    sa.select(
        D.id, D.address, D.attempts, D.since, D.client_id, D.message_id, M.kind, M.language, M.subject, M.body, M.html,
        M.sms, M.link, M.link_id, M.created_at,
    )
    .join(MessageRow.__table__, M.id == D.message_id)
    .where(D.id.in_(sa.bindparam("ids", expanding=True)))
)  # fmt: skip


def run(db: Database, bus: Bus, caller: Caller) -> int:
    """Send everything that is due, for at most twenty seconds; returns how many were tried."""
    until, tried = time.monotonic() + TURN_SECONDS, 0
    for name, channel in CHANNELS.items():
        # Looking costs one small query; the channel is opened only for work.
        batch = _take(db, caller, name)
        if not batch:
            continue
        with channel.open() as session:
            while batch:
                for row in _load(db, batch):
                    ready = _ready(bus, row)
                    outcome = ready if isinstance(ready, Outcome) else _try(session, ready, name)
                    finish(db, caller, row.id, name, outcome)
                    tried += 1
                batch = _take(db, caller, name) if time.monotonic() < until else []
    return tried


def _take(db: Database, caller: Caller, channel: str) -> list[UUID]:
    lease = timedelta(seconds=settings().lease_seconds)
    with db.unit_of_work(caller) as uow:
        return deliveries.take(uow.session, channel, now(), lease, BATCH)


def _load(db: Database, ids: list[UUID]) -> list[Any]:
    with db.reading() as connection:
        rows = {row.id: row for row in connection.execute(WANTED, {"ids": ids}).all()}
    return [rows[delivery] for delivery in ids]


def _ready(bus: Bus, row: Any) -> Outgoing | Outcome:
    """Return the message to send; for one with a one-time link, complete it now, or say why that cannot be."""
    portal = settings().public_url.rstrip("/")
    button = template(row.kind, row.language).button
    text = mail_text(row.body, button, f"{portal}{row.link or '/'}", row.language)
    kept = Outgoing(
        str(row.id), row.address, row.language, row.subject, text, row.html, row.sms, row.kind, row.created_at
    )
    if row.link_id is None:
        return kept
    try:
        link = bus.call(identity.GetLink(link_id=row.link_id), timeout=3.0)
    except PortalError as error:
        return Outcome.later(f"identity: {error.code}") if error.status >= 500 else Outcome.refused(error.code)
    if link.state != "open":
        return Outcome.refused(f"the link is {link.state}")
    body = one_time.completed(row.body, portal, link.token, link.code)
    return replace(
        kept,
        text=mail_text(body, button, portal + one_time.path_of(link.token), row.language),
        html=one_time.completed(row.html, portal, link.token, link.code),
    )


def _try(session: Session, outgoing: Outgoing, channel: str) -> Outcome:
    outcome = session.send(outgoing)
    TRIED.labels(channel, outcome.state).inc()
    log.info("message tried", delivery=outgoing.reference, channel=channel, kind=outgoing.kind, outcome=outcome.state)
    return outcome


def finish(db: Database, caller: Caller, delivery_id: UUID, channel: str, outcome: Outcome) -> None:
    """Write how a try went: sent with its moment, to be tried again, or given up (and told)."""
    moment = now()
    with db.unit_of_work(caller) as uow:
        row = uow.session.get(DeliveryRow, delivery_id, with_for_update=True)
        if row is None or row.status != SENDING:
            log.warning("a delivery was finished by somebody else", delivery=str(delivery_id))
            return
        uow.session.add(
            AttemptRow(id=new_id(), delivery_id=row.id, at=moment, outcome=outcome.state, detail=outcome.detail)
        )
        row.lease_until, row.provider_ref = None, outcome.provider_ref or row.provider_ref
        if outcome.state == "sent":
            row.status, row.sent_at, row.next_try_at, row.failure = SENT, moment, None, None
        else:
            again = None
            if outcome.state == "later":
                again = next_try(row.attempts, row.since, moment, settings().give_up_hours)
            row.failure, row.next_try_at = outcome.detail, again
            row.status = QUEUED if again else FAILED
        if row.status in (SENT, FAILED):
            message = uow.session.get_one(MessageRow, row.message_id)
            uow.audit(
                f"notifications.delivery.{'send' if row.status == SENT else 'give_up'}", on=("delivery", row.id),
                client=row.client_id, right="timer", outcome="done" if row.status == SENT else "failed",
                detail={"kind": message.kind, "channel": channel, "attempts": row.attempts},
            )  # fmt: skip
            if row.status == FAILED:
                uow.emit(
                    DeliveryFailed(delivery_id=row.id, message_id=row.message_id, client_id=row.client_id,
                                   kind=message.kind, channel=channel, reason=outcome.detail)  # type: ignore[arg-type]
                )  # fmt: skip


def measure(db: Database) -> None:
    """Set the gauges of what waits and what was given up."""
    moment = now()
    with db.reading() as connection:
        row = deliveries.counts(connection, moment)
    WAITING.set(row.queued)
    GIVEN_UP.set(row.failed)
    OLDEST.set((moment - row.oldest).total_seconds() if row.oldest else 0)

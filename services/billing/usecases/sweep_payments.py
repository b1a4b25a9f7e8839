"""No payment waits for a notice that never comes: the bank is asked, seconds apart at first, then less often."""

from __future__ import annotations

import contextvars
from uuid import UUID

import eventlet
from prometheus_client import Gauge

from chassis import telemetry
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from services.billing.store import payments
from services.billing.usecases import talk_to_bank

log = telemetry.get_logger(__name__)
WAITING = Gauge("billing_payments_to_check", "Payments whose bank was due to be asked at the last sweep")
AT_ONCE = 8
BATCH = 50


def run(db: Database, caller: Caller) -> int:
    """Ask about every payment that is due, a few at a time; returns how many."""
    with db.reading() as connection:
        due = payments.due(connection, now(), BATCH)
    WAITING.set(len(due))
    pool = eventlet.GreenPool(AT_ONCE)
    for payment_id in due:
        pool.spawn_n(contextvars.copy_context().run, _check, db, payment_id, caller)
    pool.waitall()
    return len(due)


def _check(db: Database, payment_id: UUID, caller: Caller) -> None:
    try:
        talk_to_bank.check(db, payment_id, caller)
    except PortalError as error:
        # One payment's trouble (a lock, the database) must not keep the others waiting; it stays due.
        log.warning("payment not checked", payment=str(payment_id), code=error.code)

"""People look at payments, ask the bank once more, or give a payment up."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.access import only, scoped_client
from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from chassis.ids import encode_cursor
from chassis.messages import Page
from services.billing import messages as m
from services.billing.domain.payments import OPEN
from services.billing.store import payments
from services.billing.store.cursors import read_cursor
from services.billing.usecases import talk_to_bank
from services.billing.usecases.common import by_right


def page(db: Database, request: m.ListPayments, caller: Caller) -> Page[m.Payment]:
    """Return payments, newest first."""
    client_id = scoped_client(caller, request.client_id)
    after = read_cursor(request.after, datetime.fromisoformat, UUID)
    with db.reading() as connection:
        rows = payments.page(connection, request, client_id, only(caller, "finance.see"), after)
        more = len(rows) > request.limit
        rows = rows[: request.limit]
        items = payments.shown(connection, rows)
    db.disclosed(
        "billing.payment.list",
        caller=caller,
        on=("client", client_id or "all"),
        client=client_id,
        right=by_right(caller, "finance.see"),
    )
    cursor = encode_cursor([rows[-1].started_at.isoformat(), rows[-1].id]) if more else None
    return Page[m.Payment](items=items, next=cursor)


def one(db: Database, request: m.GetPayment, caller: Caller) -> m.Payment:
    """Return a payment with its history."""
    found = _own(db, request.payment_id, caller)
    db.disclosed(
        "billing.payment.view",
        caller=caller,
        on=("payment", found.payment_id),
        client=found.client_id,
        right=by_right(caller, "finance.see"),
    )
    return found


def check(db: Database, request: m.CheckPayment, caller: Caller) -> m.Payment:
    """Ask the bank now, unless it was asked a moment ago, and return what is true after that."""
    found = _own(db, request.payment_id, caller)
    if found.state in OPEN:
        talk_to_bank.check(db, found.payment_id, caller)
        found = _own(db, request.payment_id, caller)
    return found


def cancel(db: Database, request: m.CancelPayment, caller: Caller) -> m.Payment:
    """Give a payment up. What the bank already executes goes on: then the answer still says pending, or paid."""
    found = _own(db, request.payment_id, caller, "finance.pay")
    if found.state not in OPEN:
        raise PortalError("billing.payment_finished")
    if not talk_to_bank.cancel(db, found.payment_id, caller):
        raise PortalError("billing.bank_unavailable")
    return _own(db, request.payment_id, caller, "finance.pay")


def _own(db: Database, payment_id: UUID, caller: Caller, right: str = "finance.see") -> m.Payment:
    with db.reading() as connection:
        row: Any = payments.row(connection, payment_id, only(caller, right))
        if row is None:
            raise PortalError("not_found")
        scoped_client(caller, row.client_id)
        return payments.shown(connection, [row], history=True)[0]

"""Once per invoice: the world hears that it was not paid in time."""

from __future__ import annotations

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.ids import new_id
from services.billing import messages as m
from services.billing.store import reach
from services.billing.store.tables import Invoice, InvoiceHistory
from services.billing.usecases.common import by_right

BATCH = 200


def run(db: Database, caller: Caller) -> int:
    """Tell of every invoice whose due day has passed; returns how many."""
    told = 0
    while True:
        count = _batch(db, caller)
        told += count
        if count < BATCH:
            return told


def _batch(db: Database, caller: Caller) -> int:
    with db.unit_of_work(caller) as uow:
        rows = uow.session.execute(
            sa.select(Invoice.id, Invoice.number, Invoice.client_id, Invoice.open, Invoice.due_on)
            .where(Invoice.paid < Invoice.total, Invoice.overdue_told_at.is_(None), Invoice.due_on < riga_today())
            .order_by(Invoice.due_on)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        if not rows:
            return 0
        uow.session.execute(
            sa.update(Invoice).where(Invoice.id.in_([row.id for row in rows])).values(overdue_told_at=now()),
            execution_options={"synchronize_session": False},
        )
        uow.session.execute(
            sa.insert(InvoiceHistory),
            [{"id": new_id(), "invoice_id": row.id, "what": "overdue", "by": "portal"} for row in rows],
        )
        behind = reach.permits_behind(uow.session, [row.id for row in rows])
        for row in rows:
            uow.emit(
                m.InvoiceOverdue(
                    invoice_id=row.id,
                    number=row.number,
                    client_id=row.client_id,
                    open=row.open,
                    due_date=row.due_on,
                    of_permits=behind.get(row.id, []),
                )
            )
            uow.audit(
                "billing.invoice.tell_overdue",
                on=("invoice", row.id),
                client=row.client_id,
                right=by_right(caller, ""),
                detail={"number": row.number},
            )
        return len(rows)

"""Payments, their parts and history, notices and suspense."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.caller import Objects
from chassis.days import now
from chassis.ids import new_id
from chassis.text import like
from services.billing import messages as m
from services.billing.domain import allocation
from services.billing.domain.payments import OPEN
from services.billing.store import reach
from services.billing.store.tables import (
    Invoice,
    InvoiceHistory,
    Payment,
    PaymentHistory,
    PaymentPart,
    Suspense,
)

_SUSPENSE_OF = (
    sa.select(sa.func.coalesce(sa.func.sum(Suspense.amount), 0))
    .where(Suspense.payment_id == Payment.id)
    .correlate(Payment)
    .scalar_subquery()
)
_ROW = sa.select(Payment.__table__, _SUSPENSE_OF.label("suspense"))


def lock_invoices(
    session: Session, invoice_ids: Sequence[UUID], client_id: UUID, named: Objects | None
) -> dict[UUID, allocation.OpenInvoice]:
    """Lock a client's invoices, in one order for everybody, and return them as the payer meets them."""
    rows = session.execute(
        sa.select(Invoice.id, Invoice.number, Invoice.open)
        .where(Invoice.id.in_(invoice_ids), Invoice.client_id == client_id, *reach.invoices_of(named))
        .order_by(Invoice.id)
        .with_for_update()
    ).all()
    held = {
        part.invoice_id: part.payment_id
        for part in session.execute(
            sa.select(PaymentPart.invoice_id, PaymentPart.payment_id).where(
                PaymentPart.invoice_id.in_(invoice_ids), PaymentPart.active
            )
        )
    }
    return {row.id: allocation.OpenInvoice(row.id, row.number, row.open, held.get(row.id)) for row in rows}


def lock(session: Session, payment_id: UUID) -> Payment | None:
    """Lock a payment."""
    return session.get(Payment, payment_id, with_for_update=True, populate_existing=True)


def id_of(session: Session, provider: str, provider_ref: str, reference: str) -> UUID | None:
    """Return the payment a provider speaks of: by its own reference, else by ours."""
    by_ref = session.execute(
        sa.select(Payment.id).where(Payment.provider == provider, Payment.provider_ref == provider_ref)
    ).scalar()
    return by_ref or session.execute(sa.select(Payment.id).where(Payment.reference == reference)).scalar()


def parts(session: Session, payment_id: UUID) -> list[allocation.Part]:
    """Return what a payment is meant for, in the payer's order."""
    rows = session.execute(
        sa.select(PaymentPart.invoice_id, PaymentPart.number, PaymentPart.amount)
        .where(PaymentPart.payment_id == payment_id)
        .order_by(PaymentPart.position)
    )
    return [allocation.Part(*row) for row in rows]


def open_amounts(session: Session, invoice_ids: Sequence[UUID]) -> dict[UUID, Decimal]:
    """Lock invoices, in one order for everybody, and return what each still owes."""
    rows = session.execute(
        sa.select(Invoice.id, Invoice.open).where(Invoice.id.in_(invoice_ids)).order_by(Invoice.id).with_for_update()
    )
    return {row.id: row.open for row in rows}


def apply_part(session: Session, payment_id: UUID, part: allocation.Part, by: str, at: datetime | None = None) -> Any:
    """Put money on an invoice and return (number, client_id, total, open, case_id) as they are then."""
    session.execute(
        sa.update(PaymentPart)
        .where(PaymentPart.payment_id == payment_id, PaymentPart.invoice_id == part.invoice_id)
        .values(applied=part.amount)
    )
    row = session.execute(
        sa.update(Invoice)
        .where(Invoice.id == part.invoice_id)
        .values(paid=Invoice.paid + part.amount)
        .returning(Invoice.number, Invoice.client_id, Invoice.total, Invoice.open, Invoice.case_id)
    ).one()
    what = "paid" if row.open == 0 else "part paid"
    session.execute(
        sa.insert(InvoiceHistory).values(
            id=new_id(), invoice_id=part.invoice_id, at=at or now(), what=what, by=by, detail=str(part.amount)
        )
    )
    return row


def release(session: Session, payment_id: UUID) -> None:
    """Let the invoices of a payment go: it is finished."""
    session.execute(sa.update(PaymentPart).where(PaymentPart.payment_id == payment_id).values(active=False))


def note(session: Session, payment_id: UUID, what: str, by: str, detail: str = "", at: datetime | None = None) -> None:
    """Append to the history of a payment."""
    entry = PaymentHistory(id=new_id(), payment_id=payment_id, at=at or now(), what=what, by=by, detail=detail)
    session.add(entry)


def page(
    connection: sa.Connection,
    request: m.ListPayments,
    client_id: UUID | None,
    named: Objects | None,
    after: tuple[Any, ...] | None,
) -> list[Any]:
    """Return payments, newest first."""
    statement = _ROW.where(*reach.payments_of(named))
    if client_id is not None:
        statement = statement.where(Payment.client_id == client_id)
    if request.state == "open":
        statement = statement.where(Payment.state.in_(OPEN))
    elif request.state == "paid":
        statement = statement.where(Payment.state == "paid")
    elif request.state == "failed":
        statement = statement.where(Payment.state.in_(("failed", "cancelled", "expired")))
    if request.search:
        statement = statement.where(Payment.search.like(like(request.search)))
    if after is not None:
        statement = statement.where(sa.tuple_(Payment.started_at, Payment.id) < sa.tuple_(*map(sa.literal, after)))
    order = (Payment.started_at.desc(), Payment.id.desc())
    return list(connection.execute(statement.order_by(*order).limit(request.limit + 1)))


def row(connection: sa.Connection | Session, payment_id: UUID, named: Objects | None = None) -> Any | None:
    """Return a payment, None when there is none within reach."""
    return connection.execute(_ROW.where(Payment.id == payment_id, *reach.payments_of(named))).first()


def shown(connection: sa.Connection | Session, rows: Sequence[Any], *, history: bool = False) -> list[m.Payment]:
    """Return payments as they are shown, with their allocations."""
    ids = [found.id for found in rows]
    allocations: dict[UUID, list[m.Allocation]] = {payment_id: [] for payment_id in ids}
    for part in connection.execute(
        sa.select(PaymentPart.payment_id, PaymentPart.invoice_id, PaymentPart.number, PaymentPart.amount)
        .where(PaymentPart.payment_id.in_(ids))
        .order_by(PaymentPart.payment_id, PaymentPart.position)
    ):
        allocations[part.payment_id].append(
            m.Allocation(invoice_id=part.invoice_id, number=part.number, amount=part.amount)
        )
    events: dict[UUID, list[m.HistoryEntry]] = {payment_id: [] for payment_id in ids}
    if history:
        h = PaymentHistory
        for entry in connection.execute(
            sa.select(h.payment_id, h.at, h.what, h.by, h.detail)
            .where(h.payment_id.in_(ids))
            .order_by(h.payment_id, h.at, h.id)
        ):
            events[entry.payment_id].append(
                m.HistoryEntry(at=entry.at, what=entry.what, by=entry.by, detail=entry.detail)
            )
    return [
        m.Payment(
            payment_id=found.id,
            client_id=found.client_id,
            client_name=found.client_name,
            state=found.state,
            amount=found.amount,
            reference=found.reference,
            provider=found.provider,
            redirect_url=found.redirect_url if found.state == "pending" else None,
            reason=found.reason,
            started_at=found.started_at,
            finished_at=found.finished_at,
            expires_at=found.expires_at,
            suspense=found.suspense,
            allocations=allocations[found.id],
            history=events[found.id],
        )
        for found in rows
    ]


_DUE = (
    sa.select(Payment.id)
    .where(Payment.next_poll_at <= sa.bindparam("moment"))
    .order_by(Payment.next_poll_at)
    .limit(sa.bindparam("count"))
)


def due(connection: sa.Connection, moment: datetime, count: int) -> list[UUID]:
    """Return payments whose bank is to be asked now."""
    return list(connection.execute(_DUE, {"moment": moment, "count": count}).scalars())


def claim(session: Session, payment_id: UUID, moment: datetime, until: datetime) -> Payment | None:
    """Reserve a payment for a talk with the bank; None while somebody else talks about it."""
    claimed = session.execute(
        sa.update(Payment)
        .where(Payment.id == payment_id, sa.or_(Payment.claimed_until.is_(None), Payment.claimed_until <= moment))
        .values(claimed_until=until)
        .returning(Payment.id)
    ).scalar()
    return None if claimed is None else session.get(Payment, payment_id, populate_existing=True)


def payer_email(session: Session, payment_id: UUID) -> str:
    """Return the e-mail address on the newest of the invoices paid, empty when there is none."""
    found = session.execute(
        sa.select(Invoice.customer["email"].astext)
        .join(PaymentPart, PaymentPart.invoice_id == Invoice.id)
        .where(PaymentPart.payment_id == payment_id)
        .order_by(Invoice.issued_on.desc())
        .limit(1)
    ).scalar()
    return found or ""

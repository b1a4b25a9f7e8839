"""Which invoices and payments a right for named permits reaches; part of every query, never a look afterwards.

An invoice is reached when each of its lines belongs to one of the named permits: a sum that mixes others would betray
them (decision 31). A payment is reached when every invoice it pays is.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.caller import Objects
from services.billing.store.tables import Invoice, InvoiceLine, Payment, PaymentPart


def invoices_of(named: Objects | None) -> list[sa.ColumnElement[bool]]:
    """Return the conditions on Invoice; none when the right holds for the whole client."""
    if named is None:
        return []
    permits = sorted(named.permits)
    lines = sa.select(sa.literal(1)).where(InvoiceLine.invoice_id == Invoice.id).correlate(Invoice)
    foreign = lines.where(sa.or_(InvoiceLine.permit_id.is_(None), InvoiceLine.permit_id.not_in(permits)))
    return [sa.exists(lines.where(InvoiceLine.permit_id.in_(permits))), ~sa.exists(foreign)]


def payments_of(named: Objects | None) -> list[sa.ColumnElement[bool]]:
    """Return the conditions on Payment; none when the right holds for the whole client."""
    if named is None:
        return []
    reached = sa.select(Invoice.id).where(*invoices_of(named), Invoice.id == PaymentPart.invoice_id)
    parts = sa.select(sa.literal(1)).where(PaymentPart.payment_id == Payment.id).correlate(Payment)
    reached = reached.correlate(PaymentPart)
    return [sa.exists(parts), ~sa.exists(parts.where(~sa.exists(reached)))]


def permits_behind(session: Session, invoice_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Return the permits all lines of each invoice belong to; nothing for an invoice with a line of another kind."""
    lines = sa.select(
        InvoiceLine.invoice_id,
        sa.func.array_agg(sa.distinct(InvoiceLine.permit_id)).label("permits"),
        sa.func.bool_and(InvoiceLine.permit_id.is_not(None)).label("all"),
    )
    rows = session.execute(lines.where(InvoiceLine.invoice_id.in_(invoice_ids)).group_by(InvoiceLine.invoice_id))
    return {row.invoice_id: sorted(row.permits) for row in rows if row.all}

"""Invoices: appended by issuing, read by lists and pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.caller import Objects
from chassis.ids import encode_cursor
from chassis.messages import Page
from chassis.money import money
from chassis.text import like
from services.billing import messages as m
from services.billing.store import reach
from services.billing.store.cursors import read_cursor
from services.billing.store.tables import (
    Invoice,
    InvoiceDocument,
    InvoiceHistory,
    InvoiceLine,
    NumberSeries,
    Payment,
    PaymentPart,
    Suspense,
)

_ACTIVE = sa.select(PaymentPart.invoice_id, PaymentPart.payment_id).where(PaymentPart.active).subquery()
_ROW = (
    sa.select(
        Invoice.id, Invoice.number, Invoice.client_id, Invoice.client_name, Invoice.kind, Invoice.month,
        Invoice.issued_on, Invoice.due_on, Invoice.total, Invoice.paid, Invoice.open, _ACTIVE.c.payment_id,
    ).outerjoin(_ACTIVE, _ACTIVE.c.invoice_id == Invoice.id)
)  # fmt: skip
_SORTS = {"issued": Invoice.issued_on, "due": Invoice.due_on, "total": Invoice.total}


def shown_row(row: Any, today: date) -> dict[str, Any]:
    """Return the fields of InvoiceRow."""
    state = "paid" if row.open == 0 else "part_paid" if row.paid > 0 else "unpaid"
    return {
        "invoice_id": row.id,
        "number": row.number,
        "client_id": row.client_id,
        "client_name": row.client_name,
        "kind": row.kind,
        "month": row.month,
        "issued_on": row.issued_on,
        "due_on": row.due_on,
        "state": state,
        "overdue": row.open > 0 and row.due_on < today,
        "total": row.total,
        "paid": row.paid,
        "open": row.open,
        "payment_id": row.payment_id,
    }


def page(
    connection: sa.Connection, request: m.ListInvoices, client_id: UUID | None, named: Objects | None, today: date
) -> Page[m.InvoiceRow]:
    """Return one page of the list."""
    statement = _ROW.where(*reach.invoices_of(named))
    if client_id is not None:
        statement = statement.where(Invoice.client_id == client_id)
    if request.state == "unpaid":
        statement = statement.where(Invoice.paid < Invoice.total)
    elif request.state == "overdue":
        statement = statement.where(Invoice.paid < Invoice.total, Invoice.due_on < today)
    elif request.state == "paid":
        statement = statement.where(Invoice.paid == Invoice.total)
    if request.issued_from:
        statement = statement.where(Invoice.issued_on >= request.issued_from)
    if request.issued_to:
        statement = statement.where(Invoice.issued_on <= request.issued_to)
    if request.search:
        with_permit = sa.select(InvoiceLine.invoice_id).where(InvoiceLine.permit_no == request.search)
        statement = statement.where(sa.or_(Invoice.search.like(like(request.search)), Invoice.id.in_(with_permit)))
    name = request.sort.lstrip("-")
    column, downwards = _SORTS[name], request.sort.startswith("-")
    after = read_cursor(request.after, money if name == "total" else date.fromisoformat, UUID)
    if after is not None:
        place = sa.tuple_(*map(sa.literal, after))
        here = sa.tuple_(column, Invoice.id)
        statement = statement.where(here < place if downwards else here > place)
    order = (column.desc(), Invoice.id.desc()) if downwards else (column, Invoice.id)
    rows = connection.execute(statement.order_by(*order).limit(request.limit + 1)).all()
    more = len(rows) > request.limit
    rows = rows[: request.limit]
    cursor = encode_cursor([getattr(rows[-1], column.key), rows[-1].id]) if more else None
    return Page[m.InvoiceRow](items=[m.InvoiceRow(**shown_row(row, today)) for row in rows], next=cursor)


def head(connection: sa.Connection, invoice_id: UUID, named: Objects | None) -> Any | None:
    """Return everything of an invoice but its lines, None when there is none within reach."""
    return connection.execute(
        sa.select(Invoice.__table__, _ACTIVE.c.payment_id)
        .outerjoin(_ACTIVE, _ACTIVE.c.invoice_id == Invoice.id)
        .where(Invoice.id == invoice_id, *reach.invoices_of(named))
    ).first()


def lines(connection: sa.Connection, invoice_id: UUID) -> list[Any]:
    """Return the lines of an invoice in their order."""
    return list(
        connection.execute(
            sa.select(InvoiceLine.__table__).where(InvoiceLine.invoice_id == invoice_id).order_by(InvoiceLine.position)
        )
    )


def history(connection: sa.Connection, invoice_id: UUID) -> list[Any]:
    """Return what happened to an invoice, oldest first."""
    h = InvoiceHistory
    return list(
        connection.execute(
            sa.select(h.at, h.what, h.by, h.detail).where(h.invoice_id == invoice_id).order_by(h.at, h.id)
        )
    )


def payments_of(connection: sa.Connection, invoice_id: UUID, named: Objects | None) -> list[Any]:
    """Return the payments that name an invoice, newest first; those that also pay others only when all is in reach."""
    return list(
        connection.execute(
            sa.select(
                Payment.id,
                Payment.state,
                PaymentPart.amount,
                PaymentPart.applied,
                sa.func.coalesce(Payment.finished_at, Payment.started_at).label("at"),
            )
            .join(Payment, Payment.id == PaymentPart.payment_id)
            .where(PaymentPart.invoice_id == invoice_id, *reach.payments_of(named))
            .order_by(Payment.started_at.desc())
        )
    )


def _open_and_overdue(today: date) -> list[Any]:
    late = Invoice.due_on < today
    return [
        sa.func.count().label("open_count"),
        sa.func.coalesce(sa.func.sum(Invoice.open), 0).label("open"),
        sa.func.count().filter(late).label("overdue_count"),
        sa.func.coalesce(sa.func.sum(Invoice.open).filter(late), 0).label("overdue"),
    ]


def sums(connection: sa.Connection, client_id: UUID, named: Objects | None, today: date) -> Any:
    """Return count and sum of a client's open and overdue invoices, the next due day, what is in payment."""
    return connection.execute(
        sa.select(
            *_open_and_overdue(today),
            sa.func.min(Invoice.due_on).label("next_due_on"),
            sa.select(sa.func.coalesce(sa.func.sum(PaymentPart.amount), 0))
            .join(Payment, Payment.id == PaymentPart.payment_id)
            .where(PaymentPart.active, Payment.client_id == client_id, *reach.payments_of(named))
            .scalar_subquery()
            .label("in_payment"),
        ).where(Invoice.client_id == client_id, Invoice.paid < Invoice.total, *reach.invoices_of(named))
    ).one()


def at_hand(connection: sa.Connection, today: date) -> Any:
    """Return count and sum of everybody's open and overdue invoices, and how often money waits that fits nothing."""
    return connection.execute(
        sa.select(
            *_open_and_overdue(today),
            sa.select(sa.func.count())
            .select_from(Suspense)
            .where(Suspense.returned_at.is_(None))
            .scalar_subquery()
            .label("suspense_count"),
        ).where(Invoice.paid < Invoice.total)
    ).one()


def lock_series(session: Session, series: str, year: int) -> int:
    """Hold the series until the commit and return its last number: whoever holds it is alone in issuing."""
    session.execute(insert(NumberSeries).values(series=series, year=year, last=0).on_conflict_do_nothing())
    return int(
        session.execute(
            sa.select(NumberSeries.last)
            .where(NumberSeries.series == series, NumberSeries.year == year)
            .with_for_update()
        ).scalar_one()
    )


def move_series(session: Session, series: str, year: int, last: int) -> None:
    """Set the last number taken."""
    session.execute(
        sa.update(NumberSeries).where(NumberSeries.series == series, NumberSeries.year == year).values(last=last)
    )


def monthly_already(session: Session, month: date, client_ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """Return the monthly invoices these clients have of a month."""
    found: dict[UUID, list[Any]] = {}
    rows = session.execute(
        sa.select(Invoice.client_id, Invoice.id, Invoice.number, Invoice.total, Invoice.vat_category).where(
            Invoice.kind == "monthly", Invoice.month == month, Invoice.client_id.in_(client_ids)
        )
    )
    for row in rows:
        found.setdefault(row.client_id, []).append(row)
    return found


def one_off_of(session: Session, permit_id: UUID) -> list[Any]:
    """Return the one-off invoices of a permit."""
    return list(session.execute(sa.select(Invoice.id).where(Invoice.kind == "one_off", Invoice.permit_id == permit_id)))


def document(connection: sa.Connection, invoice_id: UUID, language: str, layout: str) -> bytes | None:
    """Return a rendered PDF that is kept."""
    body = connection.execute(
        sa.select(InvoiceDocument.body).where(
            InvoiceDocument.invoice_id == invoice_id,
            InvoiceDocument.language == language,
            InvoiceDocument.layout == layout,
        )
    ).scalar()
    return None if body is None else bytes(body)


def keep_document(session: Session, invoice_id: UUID, language: str, layout: str, body: bytes) -> None:
    """Keep a rendered PDF; two that were rendered at once are the same."""
    session.execute(
        insert(InvoiceDocument)
        .values(invoice_id=invoice_id, language=language, layout=layout, body=body)
        .on_conflict_do_nothing()
    )

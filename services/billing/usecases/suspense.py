"""Staff see money that fitted nothing and send it back (B-08)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import encode_cursor
from chassis.messages import Page
from services.billing import messages as m
from services.billing.domain import ledger
from services.billing.providers.base import ProviderUnavailable
from services.billing.providers.registry import provider
from services.billing.store import ledger as journal
from services.billing.store import payments
from services.billing.store.cursors import read_cursor
from services.billing.store.tables import Suspense
from services.billing.usecases.common import by_right, who

_ROWS = sa.select(Suspense.__table__)


def page(db: Database, request: m.ListSuspense, caller: Caller) -> Page[m.SuspenseEntry]:
    """Return suspense money, newest first."""
    statement = _ROWS
    if request.only_open:
        statement = statement.where(Suspense.returned_at.is_(None))
    after = read_cursor(request.after, datetime.fromisoformat, UUID)
    if after is not None:
        statement = statement.where(sa.tuple_(Suspense.at, Suspense.id) < sa.tuple_(*map(sa.literal, after)))
    with db.reading() as connection:
        rows = connection.execute(
            statement.order_by(Suspense.at.desc(), Suspense.id.desc()).limit(request.limit + 1)
        ).all()
    more = len(rows) > request.limit
    rows = rows[: request.limit]
    db.disclosed("billing.suspense.list", caller=caller, on=("suspense", "all"), right=by_right(caller, ""))
    cursor = encode_cursor([rows[-1].at.isoformat(), rows[-1].id]) if more else None
    return Page[m.SuspenseEntry](items=[_shown(row) for row in rows], next=cursor)


def give_back(db: Database, request: m.ReturnSuspense, caller: Caller) -> m.SuspenseEntry:
    """Send suspense money back through the bank it came from; a repeated call pays nothing twice.

    The wish is kept first, under a key of its own that the bank knows too, so that a crash in between is finished
    by asking again.
    """
    with db.unit_of_work(caller) as uow:
        held = uow.session.get(Suspense, request.suspense_id, with_for_update=True)
        if held is None:
            raise PortalError("not_found")
        if held.returned_at is not None:
            raise PortalError("billing.suspense_settled")
        held.return_key = held.return_key or f"suspense-{held.id.hex}"
        held.return_asked_at = now()
        name, provider_ref, amount, key = held.provider, held.provider_ref, held.amount, held.return_key
    try:
        provider(name).refund(provider_ref, amount, key)
    except ProviderUnavailable as error:
        raise PortalError("billing.bank_unavailable") from error
    with db.unit_of_work(caller) as uow:
        held = uow.session.get(Suspense, request.suspense_id, with_for_update=True, populate_existing=True)
        assert held is not None
        if held.returned_at is None:
            held.returned_at, held.returned_by = now(), who(caller)
            if held.currency == "EUR":
                journal.book(uow.session, [ledger.suspense_returned(held.id, held.client_id, held.amount)])
            if held.payment_id is not None:
                payments.note(uow.session, held.payment_id, "suspense returned", who(caller), str(held.amount))
            uow.audit(
                "billing.suspense.return",
                on=("suspense", held.id),
                client=held.client_id,
                right=by_right(caller, ""),
                detail={"amount": str(held.amount), "provider_ref": held.provider_ref},
            )
    return _one(db, request.suspense_id)


def _one(db: Database, suspense_id: UUID) -> m.SuspenseEntry:
    with db.reading() as connection:
        return _shown(connection.execute(_ROWS.where(Suspense.id == suspense_id)).one())


def _shown(row: Any) -> m.SuspenseEntry:
    return m.SuspenseEntry(
        suspense_id=row.id,
        payment_id=row.payment_id,
        client_id=row.client_id,
        client_name=row.client_name,
        amount=row.amount,
        currency=row.currency,
        reason=row.reason,
        provider_ref=row.provider_ref,
        at=row.at,
        returned_at=row.returned_at,
    )

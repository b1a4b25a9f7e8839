"""Queries over deliveries: taking those that are due, the staff list, the counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.ids import decode_place, encode_cursor
from chassis.text import like
from services.notifications.store.tables import AttemptRow, DeliveryRow, MessageRow

D, M, A = DeliveryRow.__table__.c, MessageRow.__table__.c, AttemptRow.__table__.c
WAITING = D.status.in_(("queued", "sending"))
SHOWN = (
    D.id, D.message_id, D.client_id, D.channel, D.address, D.status, D.attempts, D.created_at, D.next_try_at,
    D.sent_at, D.failure, D.provider_ref, M.kind, M.language, M.subject,
)  # fmt: skip
LIST = sa.select(*SHOWN).join(MessageRow.__table__, M.id == D.message_id)
ONE = sa.select(*SHOWN, M.body).join(MessageRow.__table__, M.id == D.message_id).where(D.id == sa.bindparam("delivery"))
TRIES = sa.select(A.at, A.outcome, A.detail).where(A.delivery_id == sa.bindparam("delivery")).order_by(A.at, A.id)


def take(session: Session, channel: str, moment: datetime, lease: timedelta, limit: int) -> list[UUID]:
    """Take up to `limit` deliveries that are due, or whose process died; nobody else gets them for `lease`."""
    due = sa.or_(
        sa.and_(D.status == "queued", D.next_try_at <= moment), sa.and_(D.status == "sending", D.lease_until < moment)
    )
    ids = (
        sa.select(D.id)
        .where(WAITING, D.channel == channel, due)
        .order_by(D.next_try_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = session.execute(
        sa.update(DeliveryRow)
        .where(DeliveryRow.id.in_(ids))
        .values(status="sending", lease_until=moment + lease, attempts=DeliveryRow.attempts + 1)
        .returning(DeliveryRow.id, DeliveryRow.created_at)
        .execution_options(synchronize_session=False)
    ).all()
    return [row.id for row in sorted(taken, key=lambda row: (row.created_at, row.id))]


def page(connection: sa.Connection, where: list[Any], after: str | None, limit: int) -> tuple[list[Any], str | None]:
    """Return a page of deliveries that fulfil `where`, newest first, and the next page's cursor."""
    query = LIST.where(*where)
    if after:
        bound = sa.tuple_(*map(sa.literal, decode_place(after)))
        query = query.where(sa.tuple_(D.created_at, D.id) < bound)
    rows = list(connection.execute(query.order_by(D.created_at.desc(), D.id.desc()).limit(limit + 1)).all())
    more, rows = len(rows) > limit, rows[:limit]
    return rows, encode_cursor([rows[-1].created_at.isoformat(), rows[-1].id]) if more else None


def containing(q: str) -> list[Any]:
    """Return the condition of a search in address and subject: every word must occur."""
    return [D.search.like(like(word)) for word in q.split()[:8]]


def counts(connection: sa.Connection, today: datetime) -> Any:
    """Return how many deliveries wait, failed, were sent since `today` began, and since when the oldest waits."""
    return connection.execute(
        sa.select(
            sa.select(sa.func.count()).where(WAITING).scalar_subquery().label("queued"),
            sa.select(sa.func.count()).where(D.status == "failed").scalar_subquery().label("failed"),
            sa.select(sa.func.count()).where(D.status == "sent", D.created_at >= today - timedelta(days=3),
                                             D.sent_at >= today).scalar_subquery().label("sent_today"),
            sa.select(sa.func.min(D.since)).where(WAITING).scalar_subquery().label("oldest"),
        )
    ).one()  # fmt: skip

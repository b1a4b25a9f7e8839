"""Messages in the portal: the client's, as far as the reader's rights go, and the reader's own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.caller import Caller, Objects
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import decode_place, encode_cursor
from services.notifications import messages as m
from services.notifications.store.deliveries import M
from services.notifications.store.tables import MessageRead, MessageRow

R = MessageRead.__table__.c
# Beyond this nobody counts; it keeps the badge of the overview cheap for ever.
MOST_COUNTED = 200


def visible(caller: Caller) -> Any:
    """Return the condition of a message the caller may read. Raises forbidden for whoever has none."""
    if caller.user is None:
        raise PortalError("forbidden")
    own = M.user_id == caller.user
    if caller.kind != "user" or caller.client is None:
        return own
    limited = [_about(right, named) for right, named in caller.scopes.items()]
    allowed = sa.or_(M.right.is_(None), M.right.in_(sorted(caller.rights)), *limited)
    return sa.or_(own, sa.and_(M.client_id == caller.client, M.user_id.is_(None), allowed))


def _about(right: str, named: Objects) -> Any:
    """Return the condition of a message that a right for named objects shows.

    About money: only when all of it belongs to named permits, as with the invoices themselves; else one is enough.
    """
    permits, contracts = (sa.cast(sorted(ids), M.permits.type) for ids in (named.permits, named.contracts))
    if right.startswith("finance."):
        reached = sa.and_(sa.func.cardinality(M.permits) > 0, M.permits.contained_by(permits))
    else:
        reached = sa.or_(M.permits.overlap(permits), M.contracts.overlap(contracts))
    return sa.and_(M.right == right, reached)


def _read_by(user: UUID | None) -> Any:
    return sa.and_(R.message_id == M.id, R.user_id == user)


def _query(caller: Caller) -> Any:
    return (
        sa.select(M.id, M.kind, M.subject, M.body, M.link, M.created_at, R.read_at)
        .outerjoin(MessageRead.__table__, _read_by(caller.user))
        .where(visible(caller))
    )


def _message(row: Any) -> m.PortalMessage:
    return m.PortalMessage(
        message_id=row.id, kind=row.kind, subject=row.subject, body=row.body, link=row.link, created_at=row.created_at,
        read_at=row.read_at,
    )  # fmt: skip


def listed(db: Database, request: m.ListMessages, caller: Caller) -> m.MessagePage:
    """Return a page of messages, newest first, and how many are unread."""
    query = _query(caller)
    if request.unread_only:
        query = query.where(R.read_at.is_(None))
    if request.after:
        bound = sa.tuple_(*map(sa.literal, decode_place(request.after)))
        query = query.where(sa.tuple_(M.created_at, M.id) < bound)
    with db.reading() as connection:
        rows = list(connection.execute(query.order_by(M.created_at.desc(), M.id.desc()).limit(request.limit + 1)).all())
        unread = _unread(connection, caller)
    more, rows = len(rows) > request.limit, rows[: request.limit]
    following = encode_cursor([rows[-1].created_at.isoformat(), rows[-1].id]) if more else None
    return m.MessagePage(items=[_message(row) for row in rows], next=following, unread=unread)


def one(db: Database, request: m.GetMessage, caller: Caller) -> m.PortalMessage:
    """Return a message. Raises not_found, also for somebody else's."""
    with db.reading() as connection:
        row = connection.execute(_query(caller).where(M.id == request.message_id)).first()
    if row is None:
        raise PortalError("not_found")
    db.disclosed("notifications.message.view", caller=caller, on=("message", row.id), client=caller.client)
    return _message(row)


def _unread(connection: sa.Connection, caller: Caller) -> int:
    some = _query(caller).where(R.read_at.is_(None)).limit(MOST_COUNTED).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def unread(db: Database, caller: Caller) -> m.UnreadCount:
    """Return how many messages the caller has not read, at most 200."""
    with db.reading() as connection:
        return m.UnreadCount(unread=_unread(connection, caller))


def mark_read(db: Database, request: m.MarkRead, caller: Caller) -> m.UnreadCount:
    """Mark one message read, or all. Raises not_found for somebody else's."""
    moment = now()
    with db.unit_of_work(caller) as uow:
        found = sa.select(M.id, sa.literal(caller.user), sa.literal(moment)).where(visible(caller))
        if request.message_id is not None:
            found = found.where(M.id == request.message_id)
            if uow.session.execute(found).first() is None:
                raise PortalError("not_found")
        marked = uow.session.execute(
            insert(MessageRead)
            .from_select(["message_id", "user_id", "read_at"], found)
            .on_conflict_do_nothing()
            .returning(R.message_id)
        ).all()
        if marked:
            uow.audit(
                "notifications.message.mark_read", on=("message", request.message_id or "all"), client=caller.client,
                detail={"messages": len(marked)},
            )  # fmt: skip
        return m.UnreadCount(unread=_unread(uow.session.connection(), caller))


def remove_old(db: Database, caller: Caller, keep_days: int) -> int:
    """Remove messages, with their deliveries and tries, once they are older than the days they are kept."""
    with db.unit_of_work(caller) as uow:
        limit = sa.func.now() - sa.text(f"interval '{int(keep_days)} days'")
        old = sa.select(M.id).where(M.created_at < limit).limit(5000)
        removed = uow.session.execute(
            sa.delete(MessageRow).where(MessageRow.id.in_(old)).returning(M.id).execution_options(
                synchronize_session=False
            )
        ).all()  # fmt: skip
        if removed:
            uow.audit(
                "notifications.message.remove_old", on=("messages", "old"), right="timer",
                detail={"messages": len(removed), "keep_days": keep_days},
            )  # fmt: skip
    return len(removed)

"""Queries over cases: one for writing, the lists, the counts."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.caller import Objects
from chassis.errors import PortalError
from chassis.ids import decode_place, encode_cursor
from chassis.text import like
from services.requests.store.tables import Case, CaseNumber

C = Case.__table__.c
ROW = (
    C.id, C.client_id, C.client_name, C.form, C.form_version, C.summary, C.status, C.ball, C.clock, C.case_no,
    C.submitted_at, C.changed_at, C.due_date, C.assignee, C.assignee_name, C.attention, C.permit_id, C.permit_no,
    C.contract_id, C.contract_no,
    C.about_kind, C.about_id, C.about_no,
)  # fmt: skip
IS_CASE = C.case_no.is_not(None)
IS_OPEN = C.ball != "nobody"
FAR = date(9999, 12, 31)
DUE = sa.case((C.clock == "running", C.due_date), else_=FAR)

FULL = sa.select(Case.__table__)


def within(client: UUID | None, named: Objects | None) -> list[Any]:
    """Return the conditions of cases in reach: of the client; with a right for named objects, those that led to a
    named permit or contract or are about a named permit or contract. Part of the search: the others are not there.
    """
    found: list[Any] = [] if client is None else [C.client_id == client]
    if named is not None:
        permits, contracts = sorted(named.permits), sorted(named.contracts)
        found.append(
            sa.or_(
                C.permit_id.in_(permits),
                C.contract_id.in_(contracts),
                sa.and_(C.about_kind == "permit", C.about_id.in_(permits)),
                sa.and_(C.about_kind == "contract", C.about_id.in_(contracts)),
            )
        )
    return found


def for_change(session: Session, case_id: UUID, client: UUID | None, named: Objects | None = None) -> Case:
    """Return a case locked until the end of the transaction. Raises not_found, also for a case out of reach."""
    query = sa.select(Case).where(Case.id == case_id, *within(client, named)).with_for_update()
    case = session.execute(query).scalar_one_or_none()
    if case is None:
        raise PortalError("not_found")
    return case


def get(connection: sa.Connection, case_id: UUID, client: UUID | None, named: Objects | None) -> Any:
    """Return all columns of a case or draft. Raises not_found, also for a case out of reach."""
    row = connection.execute(FULL.where(C.id == case_id, *within(client, named))).first()
    if row is None:
        raise PortalError("not_found")
    return row


def next_number(session: Session, year: int) -> int:
    """Return the next case number of a year; numbers are given one at a time until the commit, so none is left out."""
    statement = insert(CaseNumber).values(year=year, last=1)
    return int(
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["year"], set_={"last": CaseNumber.__table__.c.last + 1}
            ).returning(CaseNumber.__table__.c.last)
        ).scalar_one()
    )


def drafts(
    connection: sa.Connection, client: UUID, named: Objects | None, after: str | None, limit: int
) -> tuple[list[Any], str | None]:
    """Return a page of a client's drafts, last saved first, and the cursor of the next one."""
    attached = sa.text("(SELECT count(*) FROM attachments a WHERE a.case_id = cases.id AND a.complete) AS attached")
    query = sa.select(C.id, C.form, C.form_version, C.saved_at, C.expires_on, C.data, attached).where(
        *within(client, named), C.case_no.is_(None)
    )
    if after:
        query = query.where(sa.tuple_(C.saved_at, C.id) < sa.tuple_(*map(sa.literal, decode_place(after))))
    rows = connection.execute(query.order_by(C.saved_at.desc(), C.id.desc()).limit(limit + 1)).all()
    more = len(rows) > limit
    rows = list(rows[:limit])
    return rows, encode_cursor([rows[-1].saved_at.isoformat(), rows[-1].id]) if more else None


def page(
    connection: sa.Connection, where: list[Any], sort: str, after: str | None, limit: int
) -> tuple[list[Any], str | None]:
    """Return a page of cases that fulfil `where`, sorted by due date or submission, and the next page's cursor."""
    query = sa.select(*ROW, DUE.label("sort_due")).where(IS_CASE, *where)
    key = DUE if sort == "due" else C.submitted_at
    down = sort == "-submitted"
    if after:
        moment, last_id = decode_place(after)
        place = sa.tuple_(key, C.id)
        bound = (sa.literal(moment.date() if sort == "due" else moment), sa.literal(last_id))
        query = query.where(place < sa.tuple_(*bound) if down else place > sa.tuple_(*bound))
    order = (key.desc(), C.id.desc()) if down else (key, C.id)
    rows = list(connection.execute(query.order_by(*order).limit(limit + 1)).all())
    more, rows = len(rows) > limit, rows[:limit]
    if not more:
        return rows, None
    last = rows[-1]
    return rows, encode_cursor([(last.sort_due if sort == "due" else last.submitted_at).isoformat(), last.id])


def containing(q: str) -> list[Any]:
    """Return the condition of a search: every word must occur."""
    return [C.search.like(like(word)) for word in q.split()[:8]]


def overdue(today: date) -> Any:
    """Return the condition of a case whose service level is used up."""
    return sa.and_(C.clock == "running", C.due_date < today)


def client_counts(connection: sa.Connection, client: UUID, named: Objects | None) -> Any:
    """Return how many cases are open, how many wait for the client, how many drafts there are."""
    return connection.execute(
        sa.select(
            sa.func.count().filter(IS_CASE, IS_OPEN).label("open"),
            sa.func.count().filter(IS_CASE, C.ball == "client").label("waiting"),
            sa.func.count().filter(C.case_no.is_(None)).label("drafts"),
        ).where(*within(client, named))
    ).one()


def queue_counts(connection: sa.Connection, me: UUID | None, today: date) -> Any:
    """Return what stands above the staff queue."""
    return connection.execute(
        sa.select(
            sa.func.count().filter(C.assignee.is_(None)).label("unassigned"),
            sa.func.count().filter(C.assignee == me).label("mine"),
            sa.func.count().filter(overdue(today)).label("overdue"),
            sa.func.count().filter(C.attention.is_not(None)).label("attention"),
            sa.func.count().label("open"),
        ).where(IS_CASE, IS_OPEN)
    ).one()

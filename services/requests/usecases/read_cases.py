"""Cases as their client and staff read them."""

from __future__ import annotations

from typing import Any

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.errors import PortalError
from services.requests import messages as m
from services.requests.store import cases
from services.requests.store.cases import IS_OPEN, C
from services.requests.usecases import view
from services.requests.usecases.reaching import reach


def listed(db: Database, request: m.ListCases, caller: Caller) -> m.CasePage:
    """Return the client's own cases, newest first."""
    client, named = reach(caller)
    if client is None:
        raise PortalError("forbidden")
    where: list[Any] = [*cases.within(client, named), *cases.containing(request.q)]
    if request.state == "open":
        where.append(IS_OPEN)
    elif request.state == "waiting":
        where.append(C.ball == "client")
    elif request.state == "closed":
        where.append(C.ball == "nobody")
    with db.reading() as connection:
        rows, following = cases.page(connection, where, "-submitted", request.after, request.limit)
    return m.CasePage(items=[view.case_row(db, row, caller) for row in rows], next=following)


def one(db: Database, request: m.GetCase, caller: Caller) -> m.CaseView:
    """Return a case. A draft is not a case yet, and not for staff to see: not_found."""
    with db.reading() as connection:
        row = cases.get(connection, request.case_id, *reach(caller))
        if row.case_no is None:
            raise PortalError("not_found")
        reply = view.case_view(db, connection, row, caller)
    db.disclosed(
        "requests.case.view", caller=caller, on=("case", row.id), client=row.client_id,
        right="requests.submit" if caller.kind == "user" else "staff",
    )  # fmt: skip
    return reply


def counts(db: Database, caller: Caller) -> m.CaseCounts:
    """Return what the overview shows."""
    client, named = reach(caller)
    if client is None:
        raise PortalError("forbidden")
    with db.reading() as connection:
        row = cases.client_counts(connection, client, named)
    return m.CaseCounts(open=row.open, waiting_for_client=row.waiting, drafts=row.drafts)


def queue(db: Database, request: m.CaseQueue, caller: Caller) -> m.CasePage:
    """Return all clients' cases for staff."""
    where: list[Any] = cases.containing(request.q)
    if request.status is not None:
        where.append(C.status == request.status)
    elif not request.closed:
        where.append(IS_OPEN)
    if request.form:
        where.append(C.form == request.form)
    if request.assigned == "me":
        where.append(C.assignee == caller.user)
    elif request.assigned == "nobody":
        where.append(C.assignee.is_(None))
    if request.overdue:
        where.append(cases.overdue(riga_today()))
    if request.attention:
        where.append(C.attention.is_not(None))
    if request.client_id is not None:
        where.append(C.client_id == request.client_id)
    with db.reading() as connection:
        rows, following = cases.page(connection, where, request.sort, request.after, request.limit)
    return m.CasePage(items=[view.case_row(db, row, caller) for row in rows], next=following)


def queue_counts(db: Database, caller: Caller) -> m.QueueCounts:
    """Return what stands above the queue."""
    with db.reading() as connection:
        row = cases.queue_counts(connection, caller.user, riga_today())
    return m.QueueCounts(
        unassigned=row.unassigned, mine=row.mine, overdue=row.overdue, attention=row.attention, open=row.open
    )

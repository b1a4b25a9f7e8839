"""What time does: drafts expire, abandoned uploads go, cases that wait too long for their outcome are shown."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from prometheus_client import Gauge

from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.telemetry import get_logger
from services.requests.settings import settings
from services.requests.store import cases, forms, parts
from services.requests.store.cases import IS_CASE, IS_OPEN, C
from services.requests.store.tables import Case
from services.requests.usecases import drafts, follow, moves
from services.requests.usecases.submit import client_name

log = get_logger(__name__)

OPEN = Gauge("requests_cases_open", "Cases not yet closed, by who has to act", ["ball"])
LATE = Gauge("requests_outcome_late", "Approved cases whose permit or contract has not come in time", ["outcome"])
OVERDUE = Gauge("requests_cases_overdue", "Open cases whose service level is used up")


def late_outcomes(db: Database, caller: Caller) -> int:
    """Flag cases approved longer ago than the setting allows and still without an outcome; returns how many are new."""
    limit = now() - timedelta(minutes=settings().permit_wait_minutes)
    with db.unit_of_work(caller) as uow:
        late = uow.session.execute(
            sa.select(Case)
            .where(Case.ball == "system", Case.decided_at < limit, Case.attention.is_(None))
            .with_for_update(skip_locked=True)
            .limit(100)
        ).scalars()
        count = 0
        for case in late:
            outcome = forms.get(db, case.form, case.form_version).form.outcome
            case.attention, case.version = f"{outcome}_late", case.version + 1
            moves.note(uow, case, case.attention, internal=True)
            uow.audit("requests.case.flag_late", on=("case", case.id), client=case.client_id, right="timer",
                      detail={"case_no": case.case_no})  # fmt: skip
            log.warning("approved case waits for its outcome", case_no=case.case_no, outcome=outcome)
            count += 1
    with db.reading() as connection:
        waiting = connection.execute(
            sa.select(C.ball, sa.func.count().label("cases")).where(IS_CASE, IS_OPEN).group_by(C.ball)
        ).all()
        found = {row.ball: row.cases for row in waiting}
        for ball in ("client", "staff", "system"):
            OPEN.labels(ball).set(found.get(ball, 0))
        late_ones = connection.execute(
            sa.select(C.attention, sa.func.count().label("cases")).where(C.attention.is_not(None)).group_by(C.attention)
        ).all()
        flagged = {row.attention: row.cases for row in late_ones}
        for outcome in ("permit", "contract"):
            LATE.labels(outcome).set(flagged.get(f"{outcome}_late", 0))
        OVERDUE.set(connection.execute(sa.select(sa.func.count()).where(cases.overdue(riga_today()))).scalar_one())
    return count


def expire_drafts(db: Database, caller: Caller) -> int:
    """Remove drafts not changed for the days the setting gives, and uploads nobody went on with."""
    with db.unit_of_work(caller) as uow:
        expired = list(
            uow.session.execute(
                sa.select(Case)
                .where(Case.case_no.is_(None), Case.expires_on < riga_today())
                .with_for_update(skip_locked=True)
                .limit(200)
            ).scalars()
        )
        for case in expired:
            drafts.remove(uow, db, case)
            uow.audit("requests.draft.expire", on=("case", case.id), client=case.client_id, right="timer")
        parts.remove_attachments(uow.session, db.tables, parts.abandoned(uow.session, None, now()))
    return len(expired)


def name_clients(db: Database, bus: Bus, caller: Caller) -> int:
    """Fill in client names that identity could not give when the request was submitted."""
    with db.reading() as connection:
        nameless = connection.execute(
            sa.select(C.client_id).where(IS_CASE, C.client_name == "").distinct().limit(50)
        ).scalars().all()  # fmt: skip
    named = 0
    for client in nameless:
        name = client_name(bus, client)
        if name:
            with db.unit_of_work(caller) as uow:
                named += follow.rename(db, uow.session, client, name)
    return named

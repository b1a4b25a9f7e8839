"""Tell that a permit ends soon: once at 60, at 30 and at 7 days before its last day."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_today
from services.permits.domain.states import REMINDER_DAYS, Validity, reminder_due
from services.permits.messages import PermitExpiring
from services.permits.settings import settings
from services.permits.store.tables import permits, reminders
from services.permits.store.writing import add_history

_p, _r = permits.c, reminders.c
_TOLD = (
    sa.select(sa.func.coalesce(sa.func.min(_r.days_before), 9999))
    .where(_r.permit_id == _p.id, _r.valid_to == _p.valid_to)
    .scalar_subquery()
)
_LEFT = _p.ends_on - sa.bindparam("today", type_=sa.Date)
# The rung a permit stands on now, and that it was not told of: lower rungs have smaller numbers.
_RUNG = sa.case(*((days >= _LEFT, days) for days in sorted(REMINDER_DAYS)), else_=9999)
_DUE = (
    sa.select(_p.id, _p.permit_no, _p.holder_client_id, _p.service_kind, _p.status, _p.valid_from, _p.valid_to)
    .where(
        _p.status == "active",
        sa.or_(_p.valid_from.is_(None), _p.valid_from <= sa.bindparam("today", type_=sa.Date)),
        _p.ends_on >= sa.bindparam("today", type_=sa.Date),
        _p.ends_on <= sa.bindparam("horizon", type_=sa.Date),
        _TOLD > _RUNG,
    )
    .order_by(_p.ends_on, _p.id)
    .limit(sa.bindparam("limit"))
    .with_for_update(of=permits, skip_locked=True)
)


def run(db: Database, caller: Caller) -> int:
    """Tell the reminders that are due, at most `expiring_batch` in one turn; returns how many."""
    today = riga_today()
    place = {"today": today, "horizon": today + timedelta(days=max(REMINDER_DAYS)), "limit": settings().expiring_batch}
    told = 0
    with db.unit_of_work(caller) as uow:
        for row in uow.session.execute(_DUE, place).all():
            rung = reminder_due(Validity(row.status, row.valid_from, row.valid_to), today, frozenset())
            if rung is None:
                continue
            uow.session.execute(insert(reminders).values(permit_id=row.id, valid_to=row.valid_to, days_before=rung))
            add_history(uow.session, row.id, "reminder", row.status, source="timer", actor=caller.actor, note=str(rung))
            uow.emit(
                PermitExpiring(
                    permit_id=row.id,
                    permit_no=row.permit_no,
                    client_id=row.holder_client_id,
                    service_kind=row.service_kind,
                    valid_to=row.valid_to,
                    days_before=rung,
                )
            )
            uow.audit(
                "permits.permit.remind",
                on=("permit", row.id),
                client=row.holder_client_id,
                detail={"days_before": rung, "valid_to": row.valid_to.isoformat()},
            )
            told += 1
    return told

"""An erasure as people see it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from chassis.days import now
from services.identity.domain import erasing
from services.identity.messages import ErasedPart, ErasureStepView, ErasureView, OpenObligation
from services.identity.store.person_tables import ErasureStep
from services.identity.store.tables import User


def view(connection: sa.Connection, row: Any, brief: bool = False) -> ErasureView:
    """Return the view of a row; `brief` leaves out what was done in every table."""
    name = connection.execute(sa.select(User.name).where(User.id == row.user_id)).scalar_one()
    s = ErasureStep.__table__
    steps = connection.execute(sa.select(s).where(s.c.erasure_id == row.id).order_by(s.c.service)).all()
    return ErasureView(
        erasure_id=row.id,
        user_id=row.user_id,
        user_name=name,
        state=row.state,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        decided_at=row.decided_at,
        decision_note=row.decision_note,
        done_at=row.done_at,
        stuck=erasing.stuck(row.state, row.state_since, now()),
        obligations=[OpenObligation(**one) for one in row.obligations],
        steps=[
            ErasureStepView(
                service=step.service, done_at=step.done_at, tries=step.tries, problem=step.problem, traces=step.traces
            )
            for step in steps
        ],
        parts=[] if brief else [ErasedPart(service=step.service, **part) for step in steps for part in step.tables],
    )

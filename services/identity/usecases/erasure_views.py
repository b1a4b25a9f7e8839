"""An erasure as people see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from chassis.days import now
from services.identity.domain import erasing
from services.identity.messages import ErasedPart, ErasureStepView, ErasureView, OpenObligation
from services.identity.store.person_tables import Erasure, ErasureStep
from services.identity.store.tables import User

_E, _S, _U = Erasure.__table__.c, ErasureStep.__table__.c, User.__table__.c
# In the report of an erasure: no address of the person is proven, so no last letter was written.
UNREACHABLE = "unreachable"
BESIDE = "accounts"  # other accounts with the same personal code
_SHOWN = ("service", "done_at", "tries", "problem", "traces")
_STEPS = (
    sa.select(
        sa.func.jsonb_agg(
            aggregate_order_by(
                sa.func.jsonb_build_object(*(part for name in _SHOWN for part in (sa.text(f"'{name}'"), _S[name]))),
                _S.service,
            )
        )
    )
    .where(_S.erasure_id == _E.id)
    .scalar_subquery()
)
# Everything a list shows of its rows, in one question to the database.
LISTED = sa.select(Erasure.__table__, _U.name.label("user_name"), _STEPS.label("steps")).join(
    User.__table__, _U.id == _E.user_id
)


def view(connection: sa.Connection, row: Any) -> ErasureView:
    """Return the view of one erasure, with what was done in every table."""
    name = connection.execute(sa.select(_U.name).where(_U.id == row.user_id)).scalar_one()
    steps = connection.execute(sa.select(ErasureStep.__table__).where(_S.erasure_id == row.id).order_by(_S.service))
    found = [dict(step._mapping) for step in steps]
    parts = [ErasedPart(service=step["service"], **part) for step in found for part in step["tables"]]
    return _shown(row, name, found, parts)


def brief(row: Any) -> ErasureView:
    """Return the view of a row of LISTED; what was done in every table is left out."""
    return _shown(row, row.user_name, row.steps or [], [])


def _shown(row: Any, name: str, steps: Sequence[dict[str, Any]], parts: list[ErasedPart]) -> ErasureView:
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
        steps=[ErasureStepView.model_validate({key: step[key] for key in _SHOWN}) for step in steps],
        parts=parts,
        accounts=[UUID(one) for one in row.report.get(BESIDE, [])],
        unreachable=bool(row.report.get(UNREACHABLE)),
    )

"""Writes a permit with all its parts: by a decision, or by the demo."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.text import fold, sort_key
from services.permits.domain.issuing import Technical
from services.permits.domain.states import NO_END
from services.permits.store.parts import summarise
from services.permits.store.tables import PERMIT_NUMBERS, antennas, assignments, equipment, history, permits, stations

_NEXT_NUMBER = sa.select(PERMIT_NUMBERS.next_value())


def next_number(session: Session) -> int:
    """Return the next counter of permit numbers; gaps are allowed, doubles are not."""
    return int(session.execute(_NEXT_NUMBER).scalar_one())


def permit_of_case(session: Session, case_id: uuid.UUID) -> sa.Row[Any] | None:
    """Return the permit a case has led to."""
    return session.execute(sa.select(permits).where(permits.c.case_id == case_id)).first()


def add_permit(
    session: Session, head: dict[str, Any], technical: Technical, kit: Sequence[dict[str, Any]] = ()
) -> bool:
    """Write a permit (columns of `permits` without what follows from them) with its parts.

    Returns False, writing nothing, when the id, the number or the case has its permit already.
    """
    names = " ".join(str(head.get(name) or "") for name in ("permit_no", "call_sign", "holder_name"))
    row = {
        **head,
        "ends_on": head.get("valid_to") or NO_END,
        "holder_sort": sort_key(head["holder_name"]),
        "search": fold(names),
    }
    written = session.execute(insert(permits).values(**row).on_conflict_do_nothing().returning(permits.c.id)).first()
    if written is None:
        return False
    own = {"permit_id": head["id"]}
    for table, parts in ((antennas, technical.antennas), (assignments, technical.assignments), (equipment, kit)):
        if parts:
            session.execute(sa.insert(table), [{**own, **part} for part in parts])
    session.execute(
        sa.insert(stations),
        [
            {**own, **part, "search": fold(f"{part.get('name') or ''} {part.get('address') or ''}")}
            for part in technical.stations
        ],
    )
    summarise(session, [head["id"]])
    return True


def add_history(
    session: Session, permit_id: uuid.UUID, what: str, status: str, *, source: str, actor: str, **more: Any
) -> None:
    """Append a step to a permit's history; `more` may be note, changes, at."""
    session.execute(
        sa.insert(history).values(permit_id=permit_id, what=what, status=status, source=source, actor=actor, **more)
    )

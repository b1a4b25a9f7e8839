"""Administrators settle how surely somebody must be identified to use a right; it takes two of them."""

from __future__ import annotations

from uuid import NAMESPACE_OID, UUID, uuid5

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.unit_of_work import UnitOfWork
from services.identity.domain.representation import RIGHTS
from services.identity.messages import Approval, AskRightLevel, ListRightLevels, RightLevels
from services.identity.messages import RightLevel as Shown
from services.identity.store.approval_tables import ApprovalRecord
from services.identity.store.assurance_tables import RightLevel
from services.identity.usecases import approvals
from services.identity.usecases.sessions_common import changed_level


def object_id(right: str) -> UUID:
    """Return the id under which a right stands among approvals: the same every time."""
    return uuid5(NAMESPACE_OID, f"right:{right}")


def listed(db: Database, request: ListRightLevels) -> RightLevels:
    """Return every right of customers with the level it demands."""
    with db.reading() as connection:
        rows = {row.right_name: row for row in connection.execute(sa.select(RightLevel.__table__))}
    return RightLevels(items=[_shown(right, rows.get(right)) for right in RIGHTS])


def _shown(right: str, row: sa.Row | None) -> Shown:
    if row is None:
        return Shown(right=right, level="low")  # type: ignore[arg-type]
    return Shown(
        right=right,  # type: ignore[arg-type]
        level=row.level,
        since=row.since,
        ground=row.ground,
        asked_by=row.asked_by,
        approved_by=row.approved_by,
    )


def ask(db: Database, request: AskRightLevel, caller: Caller) -> Approval:
    """Ask a colleague to approve another level. Raises PortalError level_same, approval_waiting."""
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, Approval)
        if done is not None:
            return done
        held = unit.session.get(RightLevel, request.right)
        if (held.level if held else "low") == request.level:
            raise PortalError("identity.level_same", field="level")
        asked = approvals.ask(
            unit, "right.level", object_id(request.right), request.right, reason="level", note=request.ground,
            details={"right": request.right, "level": request.level},
        )  # fmt: skip
        return unit.remember(request, asked)


def approved(unit: UnitOfWork, asked: ApprovalRecord) -> None:
    """Let the level hold, at once and everywhere: sessions that lose or regain the right by it are asked for anew."""
    right, level = str(asked.details["right"]), str(asked.details["level"])
    held = unit.session.get(RightLevel, right, with_for_update=True)
    before = held.level if held else "low"
    if held is not None:
        unit.session.delete(held)
        unit.session.flush()
    if level != "low":
        unit.session.add(
            RightLevel(
                right=right,
                level=level,
                ground=asked.note or "",
                asked_by=asked.asked_by_name,
                approved_by=unit.caller.name,
                since=now(),
            )
        )
        unit.session.flush()
    sessions = changed_level(unit, right, before, level, now())
    detail = {"from": before, "to": level, "ground": asked.note or "", "sessions": sessions}
    unit.audit("identity.right.level", on=("right", right), detail=detail)

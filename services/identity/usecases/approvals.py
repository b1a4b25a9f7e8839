"""Four eyes: one person asks, another one approves, and only then it is done.

A use case asks with `ask`; what happens on approval stands in `approval_deeds.DEEDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import decode_place, encode_place, new_id
from chassis.text import like
from chassis.unit_of_work import UnitOfWork
from services.identity.messages import (
    Approval,
    ApprovalPage,
    DecideApproval,
    GetApproval,
    ListApprovals,
    WithdrawApproval,
)
from services.identity.store import approvals
from services.identity.store.approval_tables import ApprovalRecord

LAPSES_AFTER = timedelta(days=14)
ABOUT_USERS = frozenset({"user.delete", "role.grant"})
_VERBS = {"approved": "approve", "refused": "refuse", "withdrawn": "withdraw"}


@dataclass(frozen=True)
class Deed:
    """What an approval leads to: who may decide, what is done, and what is put on record when it is refused."""

    roles: frozenset[str]
    do: Callable[[UnitOfWork, ApprovalRecord], None]
    refused: Callable[[UnitOfWork, ApprovalRecord], None] | None = None


def ask(
    unit: UnitOfWork,
    kind: str,
    object_id: UUID,
    object_name: str,
    *,
    reason: str,
    note: str | None,
    details: Mapping[str, str],
) -> Approval:
    """Ask for a deed. Raises PortalError identity.approval_waiting when the same is asked for already."""
    if unit.caller.kind != "staff" or unit.caller.user is None:
        raise PortalError("forbidden")
    if approvals.waiting(unit.session, kind, object_id) is not None:
        raise PortalError("identity.approval_waiting")
    moment = now()
    record = ApprovalRecord(
        id=new_id(),
        kind=kind,
        object_id=object_id,
        object_name=object_name,
        reason=reason,
        note=note or None,
        details=dict(details),
        state="waiting",
        asked_by=unit.caller.user,
        asked_by_name=unit.caller.name,
        asked_at=moment,
        lapses_at=moment + LAPSES_AFTER,
    )
    unit.session.add(record)
    unit.session.flush()
    unit.audit(
        "identity.approval.ask",
        on=("approval", record.id),
        detail={"kind": kind, "object": str(object_id), "reason": reason, "note": note, **details},
    )
    return shown(record, unit.caller)


def decide(db: Database, deeds: Mapping[str, Deed], request: DecideApproval, caller: Caller) -> Approval:
    """Approve and do it, or refuse; who says the same again is answered the same.

    Raises PortalError not_found, forbidden, approval_own, approval_decided.
    """
    state = "approved" if request.approve else "refused"
    with db.unit_of_work(caller) as unit:
        record, again = _open(unit, request.approval_id, state)
        if again:
            return shown(record, caller)
        deed = deeds[record.kind]
        if caller.user is None or not caller.is_staff(*deed.roles):
            raise PortalError("forbidden")
        if record.asked_by == caller.user:
            raise PortalError("identity.approval_own")
        _close(unit, record, state, request.note)
        if request.approve:
            deed.do(unit, record)
        elif deed.refused is not None:
            deed.refused(unit, record)
        return shown(record, caller)


def withdraw(db: Database, request: WithdrawApproval, caller: Caller) -> Approval:
    """Take back one's own request, once or again. Raises PortalError not_found, forbidden, approval_decided."""
    with db.unit_of_work(caller) as unit:
        record, again = _open(unit, request.approval_id, "withdrawn")
        if again:
            return shown(record, caller)
        if record.asked_by != caller.user:
            raise PortalError("forbidden")
        _close(unit, record, "withdrawn", None)
        return shown(record, caller)


def lapse(db: Database, caller: Caller) -> int:
    """Close what nobody decided in two weeks; return how many there were."""
    with db.unit_of_work(caller) as unit:
        closed = approvals.lapse(unit.session, now())
        for row in closed:
            unit.audit("identity.approval.lapse", on=("approval", row.id), detail={"kind": row.kind})
    return len(closed)


def page(db: Database, request: ListApprovals, caller: Caller) -> ApprovalPage:
    """Return approvals, newest first."""
    after = decode_place(request.after) if request.after else None
    with db.reading() as connection:
        rows = approvals.page(
            connection,
            pattern=like(request.query) if request.query else None,
            kind=request.kind,
            state=request.state,
            object_id=request.object_id,
            after=after,
            limit=request.limit + 1,
        )
    listed = rows[: request.limit]
    return ApprovalPage(
        items=[shown(row, caller) for row in listed],
        next=encode_place(listed[-1].asked_at, listed[-1].id) if len(rows) > request.limit else None,
    )


def get(db: Database, request: GetApproval, caller: Caller) -> Approval:
    """Return one approval. Raises PortalError not_found."""
    with db.reading() as connection:
        row = approvals.one(connection, request.approval_id)
    if row is None:
        raise PortalError("not_found")
    # Who asks "who looked at my data" is to find it under the user it speaks of.
    on = ("user", row.object_id) if row.kind in ABOUT_USERS else ("approval", row.id)
    db.disclosed("identity.approval.view", on=on, caller=caller)
    return shown(row, caller)


def shown(row: Any, caller: Caller) -> Approval:
    """Return an approval as the caller sees it."""
    return Approval(
        approval_id=row.id,
        kind=row.kind,
        state=row.state,
        object_id=row.object_id,
        object_name=row.object_name,
        reason=row.reason,
        note=row.note,
        details=row.details,
        asked_at=row.asked_at,
        asked_by=row.asked_by_name,
        lapses_at=row.lapses_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by_name,
        decision_note=row.decision_note,
        mine=row.asked_by == caller.user,
    )


def _open(unit: UnitOfWork, approval_id: UUID, wanted: str) -> tuple[ApprovalRecord, bool]:
    """Return the record, locked, and whether the caller made it `wanted` before: the answer was lost then."""
    record = unit.session.get(ApprovalRecord, approval_id, with_for_update=True)
    if record is None:
        raise PortalError("not_found")
    if record.state == wanted and record.decided_by is not None and record.decided_by == unit.caller.user:
        return record, True
    if record.state != "waiting" or record.lapses_at <= now():
        raise PortalError("identity.approval_decided")
    return record, False


def _close(unit: UnitOfWork, record: ApprovalRecord, state: str, note: str | None) -> None:
    record.state = state
    record.decided_at = now()
    record.decided_by = unit.caller.user
    record.decided_by_name = unit.caller.name
    record.decision_note = note or None
    unit.session.flush()
    unit.audit(
        f"identity.approval.{_VERBS[state]}",
        on=("approval", record.id),
        detail={"kind": record.kind, "object": str(record.object_id), "note": note},
    )

"""Staff end a user's access for good, or have the user deleted with a colleague's approval (S1-20, S3-26, S3-35)."""

from __future__ import annotations

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import decode_place, encode_place
from chassis.messages import Done
from chassis.text import like
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import access
from services.identity.messages import (
    Approval,
    AskUserDeletion,
    BlockedUser,
    BlockedUserPage,
    DiscontinueUser,
    ListBlockedUsers,
    ReinstateUser,
    SessionsEnded,
)
from services.identity.store import access_steps
from services.identity.store.approval_tables import ApprovalRecord
from services.identity.tools import Tools
from services.identity.usecases import approvals, erasure, links
from services.identity.usecases.access_steps import discontinue, locked


def run(db: Database, request: DiscontinueUser, caller: Caller) -> SessionsEnded:
    """Discontinue access. Raises PortalError not_found, not_yourself, wrong_access_state, forbidden."""
    with db.unit_of_work(caller) as unit:
        user = locked(unit, request.user_id)
        ended = discontinue(unit, user, request.reason, request.note, now())
    return SessionsEnded(count=ended)


def reinstate(db: Database, tools: Tools, request: ReinstateUser, caller: Caller) -> Done:
    """Let somebody discontinued in again, by a new activation. Raises PortalError not_found, not_yourself,
    wrong_access_state, forbidden.

    Credentials and representations stay ended: what they proved and for whom they acted is to be given anew.
    """
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, Done)
        if done is not None:
            return done
        user = locked(unit, request.user_id)
        access.check("reinstate", user.status)
        ended_for = access_steps.ended_for(unit.session, user.id)
        if access.needs_administrator(ended_for) and not caller.is_staff("administrator"):
            raise PortalError("forbidden")
        user.status = "pending"
        user.version += 1
        access_steps.add(unit.session, user, "reinstated", "other", request.note, caller, status_before="discontinued")
        unit.audit(
            "identity.user.reinstate",
            on=("user", user.id),
            detail={"ended_for": ended_for, "note": request.note},
        )
        links.issue(unit, tools, user, "activation")
        return unit.remember(request, Done())


def ask_deletion(db: Database, request: AskUserDeletion, caller: Caller) -> Approval:
    """Ask that a user be deleted. Raises PortalError not_found, not_yourself, wrong_access_state, approval_waiting."""
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, Approval)
        if done is not None:
            return done
        user = locked(unit, request.user_id)
        access.check("delete", user.status)
        access_steps.add(unit.session, user, "deletion_asked", request.reason, request.note, caller)
        asked = approvals.ask(
            unit, "user.delete", user.id, user.name, reason=request.reason, note=request.note, details={}
        )
        return unit.remember(request, asked)


def delete(unit: UnitOfWork, asked: ApprovalRecord) -> None:
    """Do what was approved: end the access, then take the person's data away in every service."""
    user = locked(unit, asked.object_id)
    access.check("delete", user.status)
    erasure.begin(unit, user, asked.reason, asked.note)
    unit.audit("identity.user.delete", on=("user", user.id), detail={"reason": asked.reason, "approval": str(asked.id)})


def refuse_deletion(unit: UnitOfWork, asked: ApprovalRecord) -> None:
    """Put on record that a colleague refused."""
    user = locked(unit, asked.object_id)
    access_steps.add(unit.session, user, "deletion_refused", asked.reason, asked.decision_note, unit.caller)


def without_access(db: Database, request: ListBlockedUsers) -> BlockedUserPage:
    """Return users without access, the latest first."""
    after = decode_place(request.after) if request.after else None
    with db.reading() as connection:
        rows = access_steps.without_access(
            connection,
            pattern=like(request.query) if request.query else None,
            status=request.status,
            after=after,
            limit=request.limit + 1,
        )
    shown = rows[: request.limit]
    return BlockedUserPage(
        items=[
            BlockedUser(
                user_id=row.id,
                kind=row.kind,
                name=row.name,
                email=row.email,
                status=row.status,
                at=row.at,
                reason=row.reason,
                note=row.note,
                by_name=row.by_name,
                until=row.blocked_until,
            )
            for row in shown
        ],
        next=encode_place(shown[-1].at, shown[-1].id) if len(rows) > request.limit else None,
    )

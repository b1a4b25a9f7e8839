"""Administrators give and take roles and invite colleagues; the role of an administrator takes two people."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import emails
from services.identity.domain import roles as rules
from services.identity.messages import (
    GetRoleHistory,
    GrantRole,
    InviteStaff,
    ListRoles,
    RevokeRole,
    Role,
    RoleChange,
    RoleGranted,
    RoleHistory,
    RoleHolder,
    Roles,
    SessionChanged,
    StaffInvited,
    UserCreated,
)
from services.identity.store import roles, users
from services.identity.store.approval_tables import ApprovalRecord
from services.identity.store.role_tables import RoleChangeRecord
from services.identity.store.tables import StaffRole, User
from services.identity.tools import Tools
from services.identity.usecases import approvals, links

OPEN = ("pending", "active", "blocked")


def list_all(db: Database, request: ListRoles) -> Roles:
    """Return the roles, what they may and who has them."""
    with db.reading() as connection:
        kinds, holders = roles.kinds(connection), roles.holders(connection)
    held: dict[str, list[RoleHolder]] = defaultdict(list)
    for row in holders:
        held[row.role].append(RoleHolder(user_id=row.id, name=row.name, email=row.email, granted_at=row.granted_at))
    return Roles(
        items=[
            Role(
                role=row.role,
                four_eyes=row.role in rules.FOUR_EYES,
                permissions=list(row.permissions),
                holders=held[row.role],
            )
            for row in kinds
        ]
    )


def history(db: Database, request: GetRoleHistory) -> RoleHistory:
    """Return the changes of somebody's roles."""
    with db.reading() as connection:
        rows = roles.history(connection, request.user_id)
    return RoleHistory(
        items=[
            RoleChange(at=row.at, what=row.what, role=row.role, ground=row.ground, by_name=row.by_name) for row in rows
        ]
    )


def grant(db: Database, request: GrantRole, caller: Caller) -> RoleGranted:
    """Give a role, or ask a colleague to approve it.

    Raises PortalError not_found, not_yourself, not_staff, role_held, role_conflict, approval_waiting.
    """
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, RoleGranted)
        if done is not None:
            return done
        user = _staff(unit, request.user_id)
        rules.check_grant(_held(unit, user), request.role)
        if request.role in rules.FOUR_EYES:
            asked = approvals.ask(
                unit, "role.grant", user.id, user.name, reason="role", note=request.ground,
                details={"role": request.role},
            )  # fmt: skip
            return unit.remember(request, RoleGranted(done=False, approval=asked))
        _give(unit, user, request.role, request.ground)
        return unit.remember(request, RoleGranted(done=True))


def grant_approved(unit: UnitOfWork, asked: ApprovalRecord) -> None:
    """Give the role a colleague asked for; both stand in the history."""
    user = _staff(unit, asked.object_id)
    role = str(asked.details["role"])
    rules.check_grant(_held(unit, user), role)
    _give(unit, user, role, f"{asked.note} ({asked.asked_by_name})"[:400])


def revoke(db: Database, request: RevokeRole, caller: Caller) -> RoleGranted:
    """Take a role away at once. Raises PortalError not_found, not_yourself, role_not_held, last_administrator."""
    with db.unit_of_work(caller) as unit:
        if request.role == "administrator":
            left = [user_id for user_id in roles.administrators(unit.session) if user_id != request.user_id]
            if not left:
                raise PortalError("identity.last_administrator")
        user = _staff(unit, request.user_id)
        gone = unit.session.execute(
            sa.delete(StaffRole)
            .where(StaffRole.user_id == user.id, StaffRole.role == request.role)
            .returning(StaffRole.role)
        ).first()
        if gone is None:
            raise PortalError("identity.role_not_held", field="role")
        _changed(unit, user, "revoked", request.role, request.ground)
    return RoleGranted(done=True)


def invite(db: Database, tools: Tools, request: InviteStaff, caller: Caller) -> StaffInvited:
    """Make a staff user; the link follows by mail. Raises PortalError email_malformed, email_taken, role_conflict."""
    key = emails.email_key(request.email)
    if key is None:
        raise PortalError("identity.email_malformed", field="email")
    rules.check_set(request.roles)
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, StaffInvited)
        if done is not None:
            return done
        if unit.session.scalars(sa.select(User.id).where(User.email_key == key)).first() is not None:
            raise PortalError("identity.email_taken", field="email")
        user = User(
            id=new_id(), version=1, kind="staff", email=request.email, email_key=key, name=request.name, phone=None,
            language=request.language, status="pending", last_sign_in_at=None,
        )  # fmt: skip
        users.describe(user)
        unit.session.add(user)
        unit.session.flush()
        unit.audit("identity.user.create", on=("user", user.id), detail={"source": "staff", "ground": request.ground})
        unit.emit(
            UserCreated(user_id=user.id, kind="staff", name=user.name, email=user.email, language=request.language)
        )
        asked = None
        for role in sorted(set(request.roles)):
            if role in rules.FOUR_EYES:
                asked = approvals.ask(
                    unit, "role.grant", user.id, user.name, reason="role", note=request.ground, details={"role": role}
                )
            else:
                _give(unit, user, role, request.ground)
        links.issue(unit, tools, user, "activation")
        return unit.remember(request, StaffInvited(user_id=user.id, approval=asked))


def _staff(unit: UnitOfWork, user_id: UUID) -> User:
    user = unit.session.get(User, user_id, with_for_update=True)
    if user is None:
        raise PortalError("not_found")
    if user.kind != "staff":
        raise PortalError("identity.not_staff")
    if user.id == unit.caller.user:
        raise PortalError("identity.not_yourself")
    if user.status not in OPEN:
        raise PortalError("identity.wrong_access_state")
    return user


def _held(unit: UnitOfWork, user: User) -> list[str]:
    return list(unit.session.scalars(sa.select(StaffRole.role).where(StaffRole.user_id == user.id)))


def _give(unit: UnitOfWork, user: User, role: str, ground: str) -> None:
    unit.session.add(StaffRole(user_id=user.id, role=role))
    unit.session.flush()
    _changed(unit, user, "granted", role, ground)


def _changed(unit: UnitOfWork, user: User, what: str, role: str, ground: str) -> None:
    unit.session.add(
        RoleChangeRecord(
            user_id=user.id, role=role, what=what, ground=ground, by_user=unit.caller.user, by_name=unit.caller.name
        )
    )
    verb = "grant" if what == "granted" else "revoke"
    unit.audit(f"identity.role.{verb}", on=("user", user.id), detail={"role": role, "ground": ground})
    for session_id in roles.open_sessions(unit.session, user.id, now()):
        unit.emit(SessionChanged(session_id=session_id, user_id=user.id))

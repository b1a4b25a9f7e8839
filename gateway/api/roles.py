"""/api/v1/staff: roles of staff, given and taken; colleagues invited."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint
from pydantic import Field

from chassis.access import fresh, role
from gateway.api._frame import Body, api
from gateway.bus import call, call_json
from services.identity.messages import (
    GetRoleHistory,
    GrantRole,
    InviteStaff,
    Language,
    ListRoles,
    RevokeRole,
    RoleGranted,
    RoleHistory,
    Roles,
    StaffInvited,
    StaffRoleName,
)

bp = Blueprint("api_roles", __name__)

ADMINISTERS = fresh(role("administrator"))
SEES_ROLES = role("administrator", "auditor")
TAG = "Staff: roles"
STATE = ("not_found", "identity.not_yourself", "identity.not_staff", "identity.wrong_access_state")


class RoleStep(Body):
    role: StaffRoleName
    ground: str = Field(min_length=1, max_length=200, description="On what ground: an order, a job description")


class Invitation(Body):
    name: str = Field(min_length=1, max_length=200)
    email: str = Field(min_length=3, max_length=254)
    language: Language = "lv"
    roles: list[StaffRoleName] = Field(default_factory=list, max_length=5)
    ground: str = Field(min_length=1, max_length=200)


@api(bp, "GET", "/staff/roles", allow=SEES_ROLES, reply=Roles, tag=TAG, summary="Roles, what they may, who has them")
def list_roles() -> bytes:
    return call_json(ListRoles())


@api(bp, "GET", "/staff/users/<uuid:user_id>/roles", allow=SEES_ROLES, reply=RoleHistory, tag=TAG,
     summary="When somebody got and lost which role")
def role_history(user_id: UUID) -> bytes:
    return call_json(GetRoleHistory(user_id=user_id))


@api(bp, "POST", "/staff/users/<uuid:user_id>/roles", allow=ADMINISTERS, body=RoleStep, reply=RoleGranted,
     idempotent=True, tag=TAG, summary="Give a role",
     errors=(*STATE, "identity.role_held", "identity.role_conflict", "identity.approval_waiting",
             "idempotency_key_reused"))
def grant_role(user_id: UUID, body: RoleStep, idempotency_key: str | None) -> RoleGranted:
    """The role of an administrator waits for the approval of another administrator."""
    return call(GrantRole(user_id=user_id, role=body.role, ground=body.ground, idempotency_key=idempotency_key))


@api(bp, "POST", "/staff/users/<uuid:user_id>/roles/revoke", allow=ADMINISTERS, body=RoleStep, reply=RoleGranted,
     tag=TAG, summary="Take a role away", errors=(*STATE, "identity.role_not_held", "identity.last_administrator"))
def revoke_role(user_id: UUID, body: RoleStep) -> RoleGranted:
    """Open sessions lose it at once."""
    return call(RevokeRole(user_id=user_id, role=body.role, ground=body.ground))


@api(bp, "POST", "/staff/users", allow=ADMINISTERS, body=Invitation, reply=StaffInvited, status=201, idempotent=True,
     tag=TAG, summary="Invite a colleague",
     errors=("identity.email_malformed", "identity.email_taken", "identity.role_conflict", "idempotency_key_reused"))
def invite(body: Invitation, idempotency_key: str | None) -> StaffInvited:
    """An activation link goes out by e-mail; until it is used nobody can sign in."""
    return call(InviteStaff(**body.model_dump(), idempotency_key=idempotency_key))

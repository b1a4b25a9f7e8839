"""Roles of staff, as data: what each may, who has it, how it is given and taken."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.messages import IdempotencyKey, Line, Message, Moment, Request
from services.identity.messages.endings import Approval
from services.identity.messages.kinds import Email, Language

StaffRoleName = Literal["customer_service", "permit_engineer", "accountant", "administrator", "auditor"]
Ground = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class RoleHolder(Message):
    user_id: UUID
    name: str
    email: str
    granted_at: Moment


class Role(Message):
    """A role with what it may (`<thing>.<verb>`) and who has it; `four_eyes` when giving it takes two people."""

    role: StaffRoleName
    four_eyes: bool
    permissions: list[str]
    holders: list[RoleHolder]


class Roles(Message):
    items: list[Role]


class ListRoles(Request[Roles], rpc="identity.list_roles"):
    """All roles."""


class RoleChange(Message):
    """One step in the history of somebody's roles."""

    at: Moment
    what: Literal["granted", "revoked"]
    role: str
    ground: str
    by_name: str


class RoleHistory(Message):
    items: list[RoleChange]


class GetRoleHistory(Request[RoleHistory], rpc="identity.get_role_history"):
    """When a staff member got and lost which role, newest first."""

    user_id: UUID


class RoleGranted(Message):
    """`approval` when a colleague has to approve first; then nothing has changed yet."""

    done: bool
    approval: Approval | None = None


class GrantRole(Request[RoleGranted], rpc="identity.grant_role"):
    """Give a staff member a role; administrators are made by two people (four eyes).

    Errors not_staff, role_held, role_conflict (who watches does not act), not_yourself, wrong_access_state.
    """

    user_id: UUID
    role: StaffRoleName
    ground: Ground
    idempotency_key: IdempotencyKey | None = None


class RevokeRole(Request[RoleGranted], rpc="identity.revoke_role"):
    """Take a role away; open sessions lose it at once. Errors role_not_held, last_administrator, not_yourself."""

    user_id: UUID
    role: StaffRoleName
    ground: Ground


class StaffInvited(Message):
    """Somebody was invited; `approval` when the role of an administrator waits for a colleague."""

    user_id: UUID
    approval: Approval | None = None


class InviteStaff(Request[StaffInvited], rpc="identity.invite_staff"):
    """Make a staff user who gets an activation link by e-mail. Errors email_malformed, email_taken, role_conflict."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    email: Email
    language: Language = "lv"
    roles: Annotated[list[StaffRoleName], Field(max_length=5)] = []
    ground: Ground
    note: Line | None = None
    idempotency_key: IdempotencyKey | None = None

"""Users as staff see and block them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chassis.messages import Done, Limit, Line, Message, Moment, Page, Request
from services.identity.messages.kinds import BlockReason, Language, UserKind, UserStatus
from services.identity.messages.profile import Profile
from services.identity.messages.sessions import SessionRow, SessionsEnded


class UserCard(Message):
    user_id: UUID
    kind: UserKind
    name: str
    email: str
    phone: str | None
    language: Language


class UserCards(Message):
    items: list[UserCard]


class GetUsers(Request[UserCards], rpc="identity.get_users"):
    """People by id, unknown ids left out, for services that must address or name them."""

    user_ids: Annotated[list[UUID], Field(max_length=500)]


class UserRow(Message):
    user_id: UUID
    kind: UserKind
    name: str
    email: str
    status: UserStatus
    locked_until: Moment | None
    roles: list[str]
    clients: list[str]
    last_sign_in_at: Moment | None


UserPage = Page[UserRow]


class ListUsers(Request[UserPage], rpc="identity.list_users"):
    query: Line = ""
    kind: UserKind | None = None
    status: UserStatus | None = None
    after: str | None = None
    limit: Limit = 25


class BlockRow(Message):
    at: Moment
    what: Literal["blocked", "unblocked"]
    reason: str
    note: str | None
    by_name: str


class UserDetails(Message):
    profile: Profile
    status: UserStatus
    locked_until: Moment | None
    failures: int
    sessions: list[SessionRow]
    blocks: list[BlockRow]


class GetUser(Request[UserDetails], rpc="identity.get_user"):
    user_id: UUID


class BlockUser(Request[SessionsEnded], rpc="identity.block_user"):
    """Block a user with a reason; every session ends at once (S1-33, S1-57, S1-58, S3-26)."""

    user_id: UUID
    reason: BlockReason
    note: Line | None = None


class UnblockUser(Request[Done], rpc="identity.unblock_user"):
    """Lift a block and a lock after wrong passwords. Error not_blocked when there is neither."""

    user_id: UUID
    note: Line | None = None

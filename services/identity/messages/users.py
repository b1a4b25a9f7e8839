"""Users as staff see and block them."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from chassis.messages import Limit, Line, Message, Moment, Page, Request
from services.identity.messages.endings import BlockRow
from services.identity.messages.kinds import Language, UserKind, UserStatus
from services.identity.messages.profile import Profile
from services.identity.messages.sessions import SessionRow


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
    password_revoked_at: Moment | None = None


UserPage = Page[UserRow]


class ListUsers(Request[UserPage], rpc="identity.list_users"):
    query: Line = ""
    kind: UserKind | None = None
    status: UserStatus | None = None
    reported: bool = False  # only who reported that others know the password, and has not chosen a new one (S1-41)
    after: str | None = None
    limit: Limit = 25


class UserDetails(Message):
    profile: Profile
    status: UserStatus
    locked_until: Moment | None
    failures: int
    blocked_until: date | None = None  # last day of a block that ends by itself
    sessions: list[SessionRow]
    blocks: list[BlockRow]
    totp: bool = False
    keys: int = 0
    second_factor_required: bool = False
    password_revoked_at: Moment | None = None  # the person said that others know it (S1-41); gone with a new one


class GetUser(Request[UserDetails], rpc="identity.get_user"):
    user_id: UUID

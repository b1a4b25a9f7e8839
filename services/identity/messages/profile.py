"""One's own data, and who may act for whom."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from chassis.messages import Done, Line, Message, Moment, Request
from services.identity.messages.kinds import (
    ClientKind,
    EndReason,
    Language,
    Password,
    Phone,
    RepresentationRole,
    UserKind,
    UserStatus,
)
from services.identity.messages.sessions import SessionsEnded, SignedIn


class NamedObject(Message):
    """A permit or contract a right is for."""

    kind: Literal["permit", "contract"]
    object_id: UUID
    number: str = ""


class Grant(Message):
    """A right of a representation and the objects it is for; none named means the whole client."""

    right: str
    objects: list[NamedObject] = []


class Representation(Message):
    """What one user may do for one client, on which days."""

    representation_id: UUID
    client_id: UUID
    client_name: str
    client_kind: ClientKind
    user_id: UUID
    user_name: str
    user_email: str
    user_status: UserStatus
    role: RepresentationRole
    rights: list[str]  # for the whole client
    grants: list[Grant] = []  # all that was given, also for named objects
    version: int = 1
    ground: str = ""
    granted_by: str = ""
    valid_from: date
    valid_to: date | None = None
    ended_at: Moment | None = None
    end_reason: str | None = None
    in_force: bool


class Profile(Message):
    user_id: UUID
    version: int
    kind: UserKind
    name: str
    email: str
    email_unproven: bool = False  # typed at a first unified login, and not confirmed since
    phone: str | None
    language: Language
    roles: list[str]
    created_at: Moment
    password_changed_at: Moment | None
    last_sign_in_at: Moment | None
    acts_for: list[Representation]


class GetProfile(Request[Profile], rpc="identity.get_profile"):
    """The caller's own data."""


class UpdateProfile(Request[Profile], rpc="identity.update_profile"):
    """Change one's own contact data (S1-43); None leaves a field as it is. Error stale when `version` is old."""

    version: int | None = None
    name: Line | None = None
    phone: Phone | None = None
    language: Language | None = None


class ChangePassword(Request[SessionsEnded], rpc="identity.change_password", timeout=10.0):
    """Change one's own password; other sessions end. Errors password_*; S1-37, S1-38, S3-29, C1."""

    old_password: Password
    new_password: Password


class MyClients(Message):
    items: list[Representation]


class ListMyClients(Request[MyClients], rpc="identity.list_my_clients"):
    """The clients the caller may act for today."""


class ChooseClient(Request[SignedIn], rpc="identity.choose_client"):
    """Act for another client; the session is rotated (new cookie value). Error client_not_yours."""

    client_id: UUID


class ListClientUsers(Request[MyClients], rpc="identity.list_client_users"):
    """Who may act for a client, ended ones last. Customers see their own client only."""

    client_id: UUID | None = None


class EndRepresentation(Request[Done], rpc="identity.end_representation"):
    """End a representation at once, open sessions included (S1-21). Errors already_ended, last_main_user."""

    representation_id: UUID
    reason: EndReason = "client_request"
    note: Line | None = None

"""Signing in, sessions and the keys their tokens are signed with."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from chassis.messages import Done, Limit, Line, Message, Moment, Request
from services.identity.messages.kinds import (
    Assurance,
    Audience,
    ClientKind,
    Email,
    Language,
    Password,
    SecondFactor,
    SecondFactorGate,
    Secret,
    Settlement,
    UserAgent,
    UserKind,
)


class LimitedRight(Message):
    """A right that holds for some permits and contracts of the client only (B-03)."""

    right: str
    permits: list[UUID] = []
    contracts: list[UUID] = []


class SessionClaims(Message):
    """What the signed token says, readable by the gateway without opening it.

    While `terms_to_accept` is set the token carries no client, no rights and no roles: only reading and accepting
    the terms, and signing out, work. While `gate` is set it is not even a user's: only giving (or setting up) the
    second factor works.
    """

    session_id: UUID
    user_id: UUID
    kind: UserKind
    name: str
    email: str
    email_unproven: bool = False
    language: Language
    client_id: UUID | None = None
    client_name: str | None = None
    other_clients: bool = False  # the user may act for more than one client
    rights: list[str] = []  # for the whole client
    limited: list[LimitedRight] = []
    roles: list[str] = []
    assurance: Assurance | None = None
    terms_to_accept: UUID | None = None
    generation: int = 0  # of the session, when the token was signed
    must_change_password: bool = False  # as with the terms: nothing else works until it is changed (S1-38, S1-39)
    method: str = ""
    second_factor: SecondFactor | None = None
    gate: SecondFactorGate | None = None
    stepped_up_at: Moment | None = None
    areas: list[str] | None = None  # what the client is entitled to (S1-22); None: without a client
    client_kind: ClientKind | None = None
    settlement: Settlement | None = None
    short: dict[str, Assurance] = {}  # rights withheld from this session, and the level each demands
    services_known: bool = True  # whether the other services were asked what the client is registered for


class Session(Message):
    """A session in force: `token` (EdDSA, for every call) is good until `expires_at`, five minutes at most."""

    token: str = Field(repr=False)
    expires_at: Moment
    claims: SessionClaims


class SignedIn(Message):
    """A new or rotated session: `secret` is the new cookie value; it is shown once and kept only as its hash.

    `ends_at` is the absolute end of the session (C13). `password_age_days` and `remind_password` serve C2.
    """

    secret: str = Field(repr=False)
    ends_at: Moment
    session: Session
    must_accept_terms: bool
    remind_password: bool = False
    gate: SecondFactorGate | None = None


class SignIn(Request[SignedIn], rpc="identity.sign_in", timeout=10.0):
    """Errors: sign_in_refused, user_blocked (only after the right password). S1-08, S1-32, C8."""

    email: Email
    password: Password
    audience: Audience = "customer"
    address: Line | None = None
    user_agent: UserAgent = ""


class ResolveSession(Request[Session], rpc="identity.resolve_session"):
    """Trade the cookie for a signed token. Error session_ended. Touches `last_used` once a minute at most."""

    secret: Secret


class SignOut(Request[Done], rpc="identity.sign_out"):
    """End the caller's own session; repeating it is harmless."""


class ProviderName(Message):
    """What people call a provider of unified login."""

    lv: str
    en: str


class SessionRow(Message):
    session_id: UUID
    device: str  # e.g. "Firefox, Windows"; empty when unknown
    address: str | None
    started_at: Moment
    last_used_at: Moment
    ends_at: Moment
    current: bool
    method: str = ""  # password, link, or how a provider vouched: oidc:<provider>, wsfed:<provider>
    provider_name: ProviderName | None = None
    assurance: Assurance | None = None
    second_factor: SecondFactor | None = None


class SessionList(Message):
    items: list[SessionRow]
    next: str | None = None


class ListSessions(Request[SessionList], rpc="identity.list_sessions"):
    """The caller's own sessions in force, newest use first, page by page."""

    after: str | None = None
    limit: Limit = 25


class EndSession(Request[Done], rpc="identity.end_session"):
    """End one of the caller's own sessions. Error not_found."""

    session_id: UUID


class SessionsEnded(Message):
    count: int


class EndOtherSessions(Request[SessionsEnded], rpc="identity.end_other_sessions"):
    """End every session of the caller but the present one."""

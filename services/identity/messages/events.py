"""Facts identity tells everybody."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from chassis.messages import Event, Moment
from services.identity.messages.kinds import (
    BlockReason,
    ClientKind,
    EndingReason,
    Language,
    LinkPurpose,
    RepresentationRole,
    UserKind,
)

CredentialChange = Literal[
    "password",
    "password_allowed",
    "email_asked",
    "login_linked",
    "login_unlinked",
    "totp_added",
    "totp_removed",
    "key_added",
    "key_removed",
    "recovery_codes_renewed",
    "recovery_code_used",
    "second_factor_reset",
]


class UserCreated(Event, type="identity.user.created", aggregate="user_id"):
    user_id: UUID
    kind: UserKind
    name: str
    email: str
    language: Language


class UserUpdated(Event, type="identity.user.updated", aggregate="user_id"):
    user_id: UUID
    name: str
    email: str
    phone: str | None = None
    language: Language


class UserBlocked(Event, type="identity.user.blocked", aggregate="user_id"):
    user_id: UUID
    name: str
    email: str
    language: Language
    reason: BlockReason
    until: date | None = None  # last day of a block that ends by itself


class UserDiscontinued(Event, type="identity.user.discontinued", aggregate="user_id"):
    """Access ended for good: credentials, sessions and representations are gone; the user must be told."""

    user_id: UUID
    kind: UserKind
    name: str
    email: str
    language: Language
    reason: EndingReason


class AccessEnding(Event, type="identity.access.ending", aggregate="user_id"):
    """Access will end after `ends_on` because its legal basis is gone; the user must be told (S1-56).

    That it has ended is told by `representation.ended` and `user.discontinued`, as for every other reason.
    """

    user_id: UUID
    name: str
    email: str
    language: Language
    client_id: UUID | None = None  # none: the whole account
    client_name: str | None = None
    reason: EndingReason
    ends_on: date


class UserUnblocked(Event, type="identity.user.unblocked", aggregate="user_id"):
    user_id: UUID
    name: str
    email: str
    language: Language


class UserLocked(Event, type="identity.user.locked", aggregate="user_id"):
    """Sign-in is closed until `locked_until` after wrong passwords; the user must be told."""

    user_id: UUID
    name: str
    email: str
    language: Language
    locked_until: Moment
    address: str | None = None
    what: Literal["password", "second_factor"] = "password"


class UserHeld(Event, type="identity.user.held", aggregate="user_id"):
    """Wrong passwords for the user came from many networks: their password opens nothing from places they never used
    until `until`; links and unified login do. The user must be told (S1-33)."""

    user_id: UUID
    name: str
    email: str
    language: Language
    until: Moment
    networks: int


class AddressHeld(Event, type="identity.address.held", aggregate="hold_id"):
    """Wrong passwords for many accounts came from one address: passwords open nothing from there until `until`, but
    for people who used it before. Staff must know (S1-33)."""

    hold_id: UUID
    address: str
    until: Moment
    accounts: int


class UnusualSignIn(Event, type="identity.user.unusual_sign_in", aggregate="user_id"):
    """Somebody signed in by a device and from a network this user never used before; the user must be told."""

    user_id: UUID
    name: str
    email: str
    language: Language
    at: Moment
    device: str  # e.g. "Firefox, Windows"; empty when unknown
    address: str | None = None


class PasswordOld(Event, type="identity.user.password_old", aggregate="user_id"):
    """The user's password is older than `days`; they are advised to change it, or must (`enforced`). S1-38."""

    user_id: UUID
    name: str
    email: str
    language: Language
    changed_on: date
    days: int
    enforced: bool = False


class UserCredentialsChanged(Event, type="identity.user.credentials_changed", aggregate="user_id"):
    """A credential changed; the user must be told, it may not have been them."""

    user_id: UUID
    name: str
    email: str
    language: Language
    what: CredentialChange
    provider: str | None = None
    device: str = ""  # the key or application concerned, in the person's own words
    address: str | None = None


class UserActivated(Event, type="identity.user.activated", aggregate="user_id"):
    """The user came in for the first time, by the link sent to their address (S3-13, S3-19)."""

    user_id: UUID
    kind: UserKind
    name: str
    email: str
    language: Language


class UserAccessClosed(Event, type="identity.user.access_closed", aggregate="user_id"):
    """The user said that others know their access data: sessions and password have ended (S1-41)."""

    user_id: UUID
    name: str
    email: str
    language: Language
    address: str | None = None
    note: str = ""


class LinkIssued(Event, type="identity.link.issued", aggregate="user_id"):
    """A one-time link is to be mailed to `email`. Its secret is not here: whoever mails it asks `identity.get_link`."""

    link_id: UUID
    user_id: UUID
    name: str
    email: str
    language: Language
    purpose: LinkPurpose
    expires_at: Moment
    password_revoked: bool = False  # the present password holds no more, whoever asked for the link (S1-41)


class SessionRevoked(Event, type="identity.session.revoked", aggregate="session_id"):
    """The session is over: whoever keeps its token drops it now."""

    session_id: UUID
    user_id: UUID


class SessionChanged(Event, type="identity.session.changed", aggregate="session_id"):
    """The session goes on with other rights or another secret: whoever keeps its token drops it and asks again.

    Tokens signed in an earlier `generation` of the session are refused.
    """

    session_id: UUID
    user_id: UUID
    generation: int = 0


class ClientCreated(Event, type="identity.client.created", aggregate="client_id"):
    client_id: UUID
    name: str
    kind: ClientKind
    reg_no: str | None = None
    email: str | None = None
    language: Language


class ClientUpdated(Event, type="identity.client.updated", aggregate="client_id"):
    client_id: UUID
    name: str
    kind: ClientKind
    reg_no: str | None = None
    email: str | None = None
    language: Language


class RepresentationGranted(Event, type="identity.representation.granted", aggregate="client_id"):
    """A user may act for a client from now on; the client is told, it may not have been its wish.

    `how`: registration, application, service_centre, unified_login, client.
    """

    representation_id: UUID
    client_id: UUID
    user_id: UUID
    user_name: str
    user_email: str
    role: RepresentationRole
    how: str
    valid_to: date | None = None


class RepresentationEnded(Event, type="identity.representation.ended", aggregate="client_id"):
    representation_id: UUID
    client_id: UUID
    user_id: UUID
    reason: str
    client_name: str = ""
    name: str = ""
    email: str = ""
    language: Language = "lv"


class TermsPublished(Event, type="identity.terms.published", aggregate="terms_id"):
    terms_id: UUID
    title: str
    valid_from: date


class ApplicationSubmitted(Event, type="identity.application.submitted", aggregate="application_id"):
    """An application for portal use came in; the signed original is waited for until `wait_until`."""

    application_id: UUID
    number: str
    client_name: str
    user_name: str
    email: str
    language: Language
    wait_until: date


class ApplicationApproved(Event, type="identity.application.approved", aggregate="application_id"):
    application_id: UUID
    number: str
    client_id: UUID
    client_name: str
    user_id: UUID
    user_name: str
    email: str
    language: Language


class ApplicationRefused(Event, type="identity.application.refused", aggregate="application_id"):
    application_id: UUID
    number: str
    client_name: str
    user_name: str
    email: str
    language: Language
    reason: str


class ApplicationLapsed(Event, type="identity.application.lapsed", aggregate="application_id"):
    """The signed original did not come in time."""

    application_id: UUID
    number: str
    client_name: str
    user_name: str
    email: str
    language: Language

"""Applications for portal use as staff work on them, and users made at a service centre."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.messages import IdempotencyKey, Limit, Line, Message, Moment, Page, Request, Text
from services.identity.messages.joining import (
    ApplicationState,
    ApplicationView,
    Code,
    DeclarationKind,
    Document,
    Name,
    OriginalChannel,
    Rights,
)
from services.identity.messages.kinds import ClientKind, Email, Language, Phone, RepresentationRole, UserStatus

IdentityDocument = Literal["passport", "id_card", "residence_permit", "foreign_passport", "foreign_id_card"]


class ApplicationRow(Message):
    application_id: UUID
    number: str
    state: ApplicationState
    client_kind: ClientKind
    client_name: str
    user_name: str
    user_email: str
    submitted_at: Moment
    original_received_on: date | None = None


ApplicationPage = Page[ApplicationRow]


class ListApplications(Request[ApplicationPage], rpc="identity.list_applications"):
    """Applications, newest first; `state` or a search by number, names, e-mails and codes."""

    query: Line = ""
    state: ApplicationState | None = None
    after: str | None = None
    limit: Limit = 25


class Original(Message):
    """A signed original that was received: how, when, which file, who recorded it (S0-19, S0-20)."""

    original_id: UUID
    channel: OriginalChannel
    received_on: date
    name: str
    media_type: str
    size: int
    sha256: str
    note: str | None = None
    recorded_at: Moment
    recorded_by: str


class Comparison(Message):
    """One datum of the application beside the register's; `fits` is None when the application does not give it."""

    datum: str
    given: str | None
    known: str | None
    fits: bool | None


class RegisterMatch(Message):
    """What the register says of the client in an application; `matched` when everything fits one client (S1-28)."""

    reason: str
    matched: bool
    client_id: UUID | None = None
    client_name: str | None = None
    comparisons: list[Comparison] = []


class KnownUser(Message):
    """The portal user who has the e-mail of the application already."""

    user_id: UUID
    name: str
    status: UserStatus
    staff: bool
    acts_for_client: bool


class Declaration(Message):
    """Something declared: the very text, when and from where."""

    kind: DeclarationKind
    text: str
    text_sha256: str
    declared_at: Moment
    address: str | None


class ApplicationDetails(ApplicationView):
    """An application with all staff need to decide on it."""

    version: int
    address: str | None
    originals: list[Original]
    declarations: list[Declaration]
    match: RegisterMatch | None = None
    known_user: KnownUser | None = None
    client_id: UUID | None = None
    user_id: UUID | None = None
    decided_by: str | None = None
    decision_note: str | None = None


class GetApplication(Request[ApplicationDetails], rpc="identity.get_application"):
    """One application; while it is open with what the register says of it now."""

    application_id: UUID


class StartOriginal(Request[Original], rpc="identity.start_original"):
    """Begin to keep a signed original. Errors application_decided, original_size, ends_in_future."""

    application_id: UUID
    channel: OriginalChannel
    received_on: date
    name: Line
    size: Annotated[int, Field(ge=1)]
    note: Line | None = None


class AppendOriginal(Request[Original], rpc="identity.append_original", timeout=10.0):
    """A piece of the file, base64, in whole rows of 256 KiB but for the last, at most 512 KiB. The last byte records
    the receipt. Errors original_type, conflict."""

    original_id: UUID
    offset: Annotated[int, Field(ge=0)]
    data: str


class OriginalPiece(Message):
    original: Original
    offset: int
    data: str
    last: bool


class ReadOriginal(Request[OriginalPiece], rpc="identity.read_original", timeout=10.0):
    """Up to 512 KiB of a signed original from `offset`, base64."""

    original_id: UUID
    offset: Annotated[int, Field(ge=0)] = 0


class StaffApplicationDocument(Request[Document], rpc="identity.staff_application_document", timeout=15.0):
    """The application as PDF, as the applicant got it."""

    application_id: UUID
    language: Language = "lv"


class ApproveApplication(Request[ApplicationDetails], rpc="identity.approve_application", timeout=10.0):
    """Approve: the user is made (or found) and may act for the client; the activation link goes out (S1-28, S1-29).

    `client_id` is the client the data were checked against; without it a new client is registered from the
    application. Errors original_missing, application_decided, stale, not_checked, client_exists, code_held,
    email_of_staff, wrong_user_state, already_represents.
    """

    application_id: UUID
    version: int
    client_id: UUID | None = None
    checked: bool = False
    note: Line | None = None
    idempotency_key: IdempotencyKey | None = None


class RefuseApplication(Request[ApplicationDetails], rpc="identity.refuse_application"):
    """Refuse with a reason the applicant is told. Errors application_decided, stale."""

    application_id: UUID
    version: int
    reason: Annotated[Text, StringConstraints(min_length=1)]
    note: Line | None = None
    idempotency_key: IdempotencyKey | None = None


class CreatedUser(Message):
    user_id: UUID
    representation_id: UUID
    email: str
    status: UserStatus


class CreateUser(Request[CreatedUser], rpc="identity.create_user", timeout=10.0):
    """Staff make a user for a client after seeing an identity document; only the user can activate it (S3-12, S3-13).

    `last_digits` are the last two to four characters of the document's number. Errors not_checked, no_means,
    rights_missing, ends_in_past, code_held, email_of_staff, wrong_user_state, already_represents, *_malformed.
    """

    client_id: UUID
    name: Name
    email: Email
    phone: Phone | None = None
    language: Language = "lv"
    person_code: Code | None = None
    password_allowed: bool = True
    role: RepresentationRole
    rights: Rights = []
    valid_to: date | None = None
    document: IdentityDocument
    last_digits: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z]{2,4}$")]
    seen_on: date
    idempotency_key: IdempotencyKey | None = None

"""The register of clients as staff keep it, and the notices by which clients confirm their contact data."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from chassis.messages import IdempotencyKey, Limit, Line, Message, Moment, Page, Request
from services.identity.messages.clients import ClientDetails
from services.identity.messages.kinds import Address, ClientKind, ClientName, ClientStage, Email, Language, Phone

Ground = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class SimilarClient(Message):
    """A client that may be the same; `because` names the data that are alike: name, email, phone."""

    client_id: UUID
    kind: ClientKind
    name: str
    reg_no: str | None
    external_ref: str | None
    email: str | None
    because: list[str]


class SimilarClients(Message):
    items: list[SimilarClient]


class FindSimilarClients(Request[SimilarClients], rpc="identity.find_similar_clients"):
    """Clients that may be the same as one that is about to be registered; at most ten."""

    kind: ClientKind
    name: ClientName
    reg_no: Line | None = None
    person_code: Line | None = None
    external_ref: Line | None = None
    email: Email | None = None
    phone: Phone | None = None


class RegisterClient(Request[ClientDetails], rpc="identity.register_client"):
    """Staff enter a client, one that so far only asks included (S1-04, S1-09). A code belongs to one.

    Errors reg_no_invalid, person_code_invalid, email_malformed, phone_malformed, code_taken, and similar_client when
    another client looks the same and `similar_seen` does not say that somebody looked.
    """

    kind: ClientKind
    stage: ClientStage = "client"
    name: ClientName
    reg_no: Line | None = None
    person_code: Line | None = None
    external_ref: Line | None = None
    address: Address | None = None
    correspondence_address: Address | None = None
    email: Email | None = None
    invoice_email: Email | None = None
    phone: Phone | None = None
    language: Language = "lv"
    ground: Ground
    similar_seen: bool = False
    idempotency_key: IdempotencyKey | None = None


class ChangeClient(Request[ClientDetails], rpc="identity.change_client"):
    """Staff change basic data; None leaves a field, an empty text clears it, a former code stays known.

    Errors stale, code_taken, name_required and the checks of RegisterClient.
    """

    client_id: UUID
    version: int
    stage: ClientStage | None = None
    name: ClientName | None = None
    reg_no: Line | None = None
    person_code: Line | None = None
    external_ref: Line | None = None
    address: Address | None = None
    correspondence_address: Address | None = None
    email: Email | None = None
    invoice_email: Email | None = None
    phone: Phone | None = None
    language: Language | None = None
    ground: Ground


class ContactNotice(Message):
    """Somebody said which contact data are right: who, when, and the hash of exactly those data (S1-43, S1-53)."""

    notice_id: UUID
    what: Literal["changed", "confirmed"]
    at: Moment
    by_name: str
    by_kind: Literal["user", "staff"]
    data: dict[str, str | None]
    sha256: str


ContactNoticePage = Page[ContactNotice]


class ConfirmClientData(Request[ClientDetails], rpc="identity.confirm_client_data"):
    """The contact data are right as they are; their confirmation begins anew. Error stale (S4-12)."""

    client_id: UUID | None = None
    version: int


class ListContactNotices(Request[ContactNoticePage], rpc="identity.list_contact_notices"):
    """The notices about a client's contact data, newest first; a customer sees the own client's."""

    client_id: UUID | None = None
    after: str | None = None
    limit: Limit = 25

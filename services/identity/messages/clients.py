"""Clients: registered in batches, known to services by card, searched and kept by staff."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chassis.messages import Limit, Line, Message, Moment, Page, Request
from services.identity.messages.kinds import (
    Address,
    ClientKind,
    ClientName,
    ClientStage,
    Email,
    Language,
    Phone,
    RepresentationRole,
)
from services.identity.messages.profile import Representation


class ClientRecord(Message):
    """A client as a register knows it; `external_ref` is its number there."""

    external_ref: Line | None = None
    kind: ClientKind
    name: ClientName
    reg_no: Line | None = None
    person_code: Line | None = None
    address: Address | None = None
    correspondence_address: Address | None = None
    email: Email | None = None
    invoice_email: Email | None = None
    phone: Phone | None = None
    language: Language = "lv"


class UpsertOutcome(Message):
    """What became of one record: its client, or the error code that refused it."""

    client_id: UUID | None
    outcome: Literal["created", "updated", "unchanged", "refused"]
    field: str | None = None
    error: str | None = None


class UpsertedClients(Message):
    """Outcomes in the order of the records."""

    items: list[UpsertOutcome]


class UpsertClients(Request[UpsertedClients], rpc="identity.upsert_clients", timeout=30.0):
    """Register holders; matched by external_ref, then reg_no or person_code. Repeating changes nothing."""

    source: Line  # where the data come from, kept as their origin (S1-26)
    clients: Annotated[list[ClientRecord], Field(min_length=1, max_length=500)]


class ClientUser(Message):
    """A person to address at a client."""

    user_id: UUID
    name: str
    email: str
    phone: str | None
    language: Language
    role: RepresentationRole
    rights: list[str]


class ClientCard(Message):
    """What other services know of a client; `users` when asked for. `email` is the client's own address."""

    client_id: UUID
    kind: ClientKind
    name: str
    reg_no: str | None
    address: str | None
    email: str | None
    invoice_email: str | None
    phone: str | None
    language: Language
    users: list[ClientUser] = []
    erased: bool = False  # a person whose erasure has begun: nobody is to be told anything any more


class ClientCards(Message):
    items: list[ClientCard]


class GetClients(Request[ClientCards], rpc="identity.get_clients"):
    """Clients by id, unknown ids left out, for services and staff."""

    client_ids: Annotated[list[UUID], Field(max_length=500)]
    with_users: bool = False


class ClientRow(Message):
    client_id: UUID
    kind: ClientKind
    name: str
    reg_no: str | None
    external_ref: str | None
    email: str | None
    phone: str | None
    users: int
    stage: ClientStage = "client"


ClientPage = Page[ClientRow]


class ListClients(Request[ClientPage], rpc="identity.list_clients"):
    """Staff search by name, codes, numbers, e-mail or address; with or without Latvian letters."""

    query: Line = ""
    kind: ClientKind | None = None
    stage: ClientStage | None = None
    sort: Literal["name", "-name", "created", "-created"] = "name"
    after: str | None = None
    limit: Limit = 25


class Datum(Message):
    """One kept datum: where it came from and when it was last confirmed (S1-26)."""

    field: str
    value: str | None
    origin: str
    confirmed_at: Moment


class ClientCodeRow(Message):
    """A number the client is known by, or was until `until`; any of them matches."""

    kind: Literal["reg_no", "person_code", "external_ref"]
    value: str
    since: Moment
    until: Moment | None = None  # None: a present code


class ClientDetails(Message):
    client_id: UUID
    version: int
    kind: ClientKind
    name: str
    reg_no: str | None
    person_code: str | None  # staff see the first six digits only unless they maintain clients
    external_ref: str | None
    address: str | None
    correspondence_address: str | None = None
    email: str | None
    invoice_email: str | None
    phone: str | None
    language: Language
    created_at: Moment
    data: list[Datum]
    users: list[Representation]
    stage: ClientStage = "client"
    codes: list[ClientCodeRow] = []  # present and former ones
    warnings: list[str] = []  # person_code_checksum: the check digit of a new-style code is wrong; staff only
    # Users who took back their consent to electronic settlement documents (S1-49); staff only.
    without_electronic: list[UUID] = []
    confirm_due: bool = False  # nobody has confirmed the contact data for long


class GetClient(Request[ClientDetails], rpc="identity.get_client"):
    """One client in full; a customer gets the client acted for."""

    client_id: UUID | None = None


class UpdateClientContacts(Request[ClientDetails], rpc="identity.update_client_contacts"):
    """Change contact data of a client; None leaves a field, an empty text clears it. Errors stale, *_malformed."""

    client_id: UUID | None = None
    version: int
    address: Address | None = None
    correspondence_address: Address | None = None
    email: Email | None = None
    invoice_email: Email | None = None
    phone: Phone | None = None
    language: Language | None = None

"""Giving and changing the right to act for a client."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.messages import Event, IdempotencyKey, Line, Message, Request
from services.identity.messages.kinds import Email, Language, Phone, RepresentationRole
from services.identity.messages.profile import Representation

Ground = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]


class NameObject(Message):
    """A permit or contract of the client, by id or by the number people know it by."""

    kind: Literal["permit", "contract"]
    object_id: UUID | None = None
    number: Line | None = None


# To which kinds of object a right can be limited; the others are for the whole client or not given at all.
LIMITABLE: dict[str, tuple[Literal["permit", "contract"], ...]] = {
    "permits.see": ("permit",),
    "finance.see": ("permit", "contract"),
    "finance.pay": ("permit", "contract"),
    "requests.submit": ("permit", "contract"),
    "readings.submit": ("contract",),
}


class GiveRight(Message):
    """A right: for the whole client, or for the objects given; at most 100 different ones for one representation."""

    right: Line
    objects: Annotated[list[NameObject], Field(max_length=200)] | None = None


Rights = Annotated[list[GiveRight], Field(max_length=20)]


class AddRepresentation(Request[Representation], rpc="identity.add_representation", timeout=10.0):
    """Let a person act for a client: a main user adds additional ones (S3-09), staff both, naming the ground.

    Somebody new gets an account that waits for activation and a link by mail; somebody known is told by mail.
    Errors: already_represents, right_*, object_unknown, too_many_objects, ends_before_it_begins, email_malformed.
    """

    client_id: UUID | None = None
    email: Email
    name: Line
    phone: Phone | None = None
    language: Language = "lv"
    role: RepresentationRole = "additional"
    rights: Rights
    valid_from: date | None = None
    valid_to: date | None = None
    ground: Ground = ""
    idempotency_key: IdempotencyKey | None = None


class ChangeRepresentation(Request[Representation], rpc="identity.change_representation", timeout=10.0):
    """Give other rights, objects or days, at once in open sessions too. Errors as for adding; stale, already_ended."""

    representation_id: UUID
    version: int
    rights: Rights
    valid_from: date | None = None
    valid_to: date | None = None
    ground: Ground = ""
    idempotency_key: IdempotencyKey | None = None


class RepresentationGiven(Event, type="identity.representation.given", aggregate="client_id"):
    """Somebody may act for a client from `valid_from` on; `pending`: the account is yet to be activated."""

    representation_id: UUID
    client_id: UUID
    client_name: str
    user_id: UUID
    name: str
    email: str
    language: Language
    role: RepresentationRole
    valid_from: date
    valid_to: date | None = None
    pending: bool = False


class RepresentationChanged(Event, type="identity.representation.changed", aggregate="client_id"):
    """What somebody may do for a client, or until when, is another now."""

    representation_id: UUID
    client_id: UUID
    client_name: str
    user_id: UUID
    name: str
    email: str
    language: Language
    valid_from: date
    valid_to: date | None = None


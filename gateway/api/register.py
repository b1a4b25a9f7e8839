"""/api/v1: the register of clients for staff, and the notices by which clients confirm their contact data."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint
from pydantic import Field

from chassis.access import right, role
from gateway.api._frame import Body, Paged, Query, api
from gateway.bus import call
from services.identity.messages import (
    ChangeClient,
    ClientDetails,
    ClientKind,
    ClientStage,
    ConfirmClientData,
    ContactNoticePage,
    FindSimilarClients,
    Language,
    ListContactNotices,
    RegisterClient,
    SimilarClients,
)

bp = Blueprint("api_register", __name__)

KEEPS_CLIENTS = role("customer_service", "administrator")
SEES_USERS = role("customer_service", "administrator", "auditor")
TAG = "Staff: clients"
CHECKS = ("identity.code_taken", "identity.reg_no_invalid", "identity.person_code_invalid", "identity.email_malformed",
          "identity.phone_malformed")  # fmt: skip
GROUND = Field(min_length=1, max_length=200, description="On what ground: a document, a call, a register")


class NewClient(Body):
    kind: ClientKind
    stage: ClientStage = "client"
    name: str = Field(min_length=1, max_length=300, description="Name and surname, or the name of the company")
    reg_no: str | None = Field(None, max_length=200)
    person_code: str | None = Field(None, max_length=200)
    external_ref: str | None = Field(None, max_length=200, description="Client number")
    address: str | None = Field(None, max_length=500, description="Legal or declared address")
    correspondence_address: str | None = Field(None, max_length=500)
    email: str | None = Field(None, max_length=254)
    invoice_email: str | None = Field(None, max_length=254)
    phone: str | None = Field(None, max_length=32)
    language: Language = "lv"
    ground: str = GROUND
    similar_seen: bool = Field(False, description="Somebody looked at the similar clients: it is another one")


class ClientChange(Body):
    """What to change; a field left out stays, an empty text takes it away."""

    version: int = Field(description="`version` of the client you saw; refused when it is old")
    stage: ClientStage | None = None
    name: str | None = Field(None, min_length=1, max_length=300)
    reg_no: str | None = Field(None, max_length=200)
    person_code: str | None = Field(None, max_length=200)
    external_ref: str | None = Field(None, max_length=200)
    address: str | None = Field(None, max_length=500)
    correspondence_address: str | None = Field(None, max_length=500)
    email: str | None = Field(None, max_length=254)
    invoice_email: str | None = Field(None, max_length=254)
    phone: str | None = Field(None, max_length=32)
    language: Language | None = None
    ground: str = GROUND


class SimilarQuery(Query):
    kind: ClientKind
    name: str = Field(min_length=1, max_length=300)
    email: str | None = Field(None, max_length=254)
    phone: str | None = Field(None, max_length=32)


class Confirmation(Body):
    version: int = Field(description="`version` of the client you saw; refused when it is old")


@api(bp, "GET", "/staff/clients/similar", allow=KEEPS_CLIENTS, query=SimilarQuery, reply=SimilarClients, tag=TAG,
     summary="Clients that may be the same", errors=("identity.email_malformed", "identity.phone_malformed"))
def similar(query: SimilarQuery) -> SimilarClients:
    return call(FindSimilarClients(**query.model_dump(exclude_none=True)))


@api(bp, "POST", "/staff/clients", allow=KEEPS_CLIENTS, body=NewClient, reply=ClientDetails, status=201,
     idempotent=True, tag=TAG, summary="Register a client",
     errors=("identity.similar_client", "idempotency_key_reused", *CHECKS))
def register(body: NewClient, idempotency_key: str | None) -> ClientDetails:
    """A prospect is one who only asks for services so far."""
    return call(RegisterClient(**body.model_dump(exclude_none=True), idempotency_key=idempotency_key))


@api(bp, "PUT", "/staff/clients/<uuid:client_id>/data", allow=KEEPS_CLIENTS, body=ClientChange, reply=ClientDetails,
     tag=TAG, summary="Change a client's basic data", errors=("not_found", "stale", *CHECKS))
def change(client_id: UUID, body: ClientChange) -> ClientDetails:
    """A code that is changed stays known as a former one and still finds the client."""
    return call(ChangeClient(client_id=client_id, **body.model_dump(exclude_none=True)))


@api(bp, "POST", "/staff/clients/<uuid:client_id>/confirmation", allow=KEEPS_CLIENTS, body=Confirmation,
     reply=ClientDetails, tag=TAG, summary="Confirm a client's contact data", errors=("not_found", "stale"))
def confirm_for(client_id: UUID, body: Confirmation) -> ClientDetails:
    return call(ConfirmClientData(client_id=client_id, version=body.version))


@api(bp, "GET", "/staff/clients/<uuid:client_id>/notices", allow=SEES_USERS, query=Paged, reply=ContactNoticePage,
     tag=TAG, summary="Notices about a client's contact data")
def notices_of(client_id: UUID, query: Paged) -> ContactNoticePage:
    return call(ListContactNotices(client_id=client_id, after=query.after, limit=query.limit))


@api(bp, "POST", "/client/confirmation", allow=right("users.manage"), body=Confirmation, reply=ClientDetails,
     tag="Client", summary="Confirm that the contact data are right", errors=("stale",))
def confirm(body: Confirmation) -> ClientDetails:
    """Kept as a notice with the hash of exactly these data."""
    return call(ConfirmClientData(version=body.version))


@api(bp, "GET", "/client/notices", allow=right("users.manage"), query=Paged, reply=ContactNoticePage, tag="Client",
     summary="Notices about the contact data")
def notices(query: Paged) -> ContactNoticePage:
    return call(ListContactNotices(after=query.after, limit=query.limit))

"""/api/v1: who may act for a client, given and changed by its main user and by staff."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from flask import Blueprint
from pydantic import Field

from chassis.access import fresh, in_office, right, role
from gateway.api._frame import Body, api
from gateway.bus import call, call_json
from services.identity.messages import (
    AddRepresentation,
    ChangeRepresentation,
    GiveRight,
    Language,
    ListClientUsers,
    MyClients,
    NameObject,
    Representation,
    RepresentationRole,
)

bp = Blueprint("api_representation", __name__)

MANAGES = right("users.manage")
KEEPS_CLIENTS = role("customer_service", "administrator")
RIGHT_ERRORS = (
    "identity.right_needed", "identity.right_twice", "identity.right_main_only", "identity.right_not_limitable",
    "identity.right_not_yours", "identity.objects_needed", "identity.object_unknown", "identity.too_many_objects",
    "identity.ends_before_it_begins", "identity.day_gone_by", "identity.main_by_staff",
)  # fmt: skip


class ObjectName(Body):
    """A permit or contract, by id or by number."""

    kind: Literal["permit", "contract"]
    object_id: UUID | None = None
    number: str | None = Field(None, min_length=1, max_length=200)


class RightGiven(Body):
    """A right; without `objects` for the whole client."""

    right: Literal[
        "permits.see", "finance.see", "finance.pay", "requests.submit", "readings.submit", "users.manage",
        "contracts.conclude",
    ]  # fmt: skip
    objects: list[ObjectName] | None = Field(None, min_length=1, max_length=200)


class RightsGiven(Body):
    """What somebody may do for the client, and on which days; both ends count."""

    rights: list[RightGiven] = Field(min_length=1, max_length=20)
    valid_from: date | None = None
    valid_to: date | None = None


class NewUser(RightsGiven):
    email: str = Field(min_length=3, max_length=254)
    name: str = Field(min_length=1, max_length=200)
    phone: str | None = Field(None, max_length=32)
    language: Language = "lv"


class ChangedUser(RightsGiven):
    version: int = Field(description="`version` of the representation you saw; refused when it is old")


class NewUserByStaff(NewUser):
    role: RepresentationRole = "additional"
    ground: str = Field(min_length=1, max_length=300, description="what the right to represent rests on")


class ChangedUserByStaff(ChangedUser):
    ground: str | None = Field(None, min_length=1, max_length=300)


def _rights(body: RightsGiven) -> list[GiveRight]:
    return [
        GiveRight(
            right=one.right,
            objects=None if one.objects is None else [NameObject(**each.model_dump()) for each in one.objects],
        )
        for one in body.rights
    ]


def _rest(body: RightsGiven) -> dict[str, object]:
    return body.model_dump(exclude={"rights"}, exclude_none=True)


@api(bp, "POST", "/client/users", allow=fresh(MANAGES), body=NewUser, reply=Representation, status=201, idempotent=True,
     tag="Client", summary="Let somebody act for the client",
     errors=(*RIGHT_ERRORS, "identity.already_represents", "identity.email_not_usable", "identity.email_unproven",
             "identity.email_malformed", "identity.phone_malformed", "idempotency_key_reused"))
def add_user(body: NewUser, idempotency_key: str) -> Representation:
    """Somebody new gets an account and a link to activate it by e-mail; somebody known is told by e-mail."""
    return call(AddRepresentation(**_rest(body), rights=_rights(body), idempotency_key=idempotency_key))


@api(bp, "PUT", "/client/users/<uuid:representation_id>", allow=fresh(MANAGES), body=ChangedUser, reply=Representation,
     tag="Client", summary="Change what somebody may do for the client",
     errors=(*RIGHT_ERRORS, "not_found", "stale", "identity.already_ended"))
def change_user(representation_id: UUID, body: ChangedUser) -> Representation:
    """It takes effect at once, open sessions included."""
    return call(ChangeRepresentation(representation_id=representation_id, **_rest(body), rights=_rights(body)))


@api(bp, "GET", "/staff/clients/<uuid:client_id>/representations", allow=in_office, reply=MyClients,
     tag="Staff: clients", summary="Who may act for a client")
def list_users(client_id: UUID) -> bytes:
    return call_json(ListClientUsers(client_id=client_id))


@api(bp, "POST", "/staff/clients/<uuid:client_id>/representations", allow=fresh(KEEPS_CLIENTS), body=NewUserByStaff,
     status=201, reply=Representation, idempotent=True, tag="Staff: clients", summary="Let somebody act for a client",
     errors=(*RIGHT_ERRORS, "not_found", "identity.already_represents", "identity.email_not_usable",
             "identity.email_unproven", "identity.email_malformed", "identity.phone_malformed",
             "idempotency_key_reused"))
def add_any_user(client_id: UUID, body: NewUserByStaff, idempotency_key: str) -> Representation:
    request = AddRepresentation(
        client_id=client_id, **_rest(body), rights=_rights(body), idempotency_key=idempotency_key
    )
    return call(request)


@api(bp, "PUT", "/staff/representations/<uuid:representation_id>", allow=fresh(KEEPS_CLIENTS), body=ChangedUserByStaff,
     reply=Representation, tag="Staff: clients", summary="Change what somebody may do for a client",
     errors=(*RIGHT_ERRORS, "not_found", "stale", "identity.already_ended"))
def change_any_user(representation_id: UUID, body: ChangedUserByStaff) -> Representation:
    return call(ChangeRepresentation(representation_id=representation_id, **_rest(body), rights=_rights(body)))

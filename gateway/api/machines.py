"""/api/v1/staff/machines: machine clients and their secrets."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint
from pydantic import Field

from chassis.access import fresh, role
from gateway.api._frame import Body, Query, api
from gateway.bus import call, call_json
from services.identity.messages import (
    AddMachineSecret,
    ChangeMachineClient,
    CreateMachineClient,
    GetMachineClient,
    ListMachineClients,
    MachineClientDetails,
    MachineClientPage,
    MachineScope,
    MachineStatus,
    NewMachineSecret,
    RevokeMachineSecret,
    SetMachineStatus,
)

bp = Blueprint("api_machines", __name__)
TAG = "Staff: machine clients"
SEES, KEEPS = role("administrator", "auditor"), fresh(role("administrator"))


class MachineQuery(Query):
    query: str = Field("", max_length=200, description="Name, contact or note; Latvian letters optional")
    status: MachineStatus | None = None
    after: UUID | None = Field(None, description="Cursor: `next` of the page before")
    limit: int = Field(50, ge=1, le=100)


class NewMachine(Body):
    name: str = Field(min_length=2, max_length=100)
    contact: str = Field(min_length=3, max_length=200, description="Who answers for the system")
    note: str | None = Field(None, max_length=1000)
    scopes: list[MachineScope] = Field(min_length=1, max_length=20)


class MachineChange(NewMachine):
    version: int = Field(description="`version` of what you saw; refused when it is old")


class StatusChange(Body):
    version: int
    status: MachineStatus


@api(bp, "GET", "/staff/machines", allow=SEES, query=MachineQuery, reply=MachineClientPage, tag=TAG,
     summary="List machine clients")
def list_machines(query: MachineQuery) -> MachineClientPage:
    return call(ListMachineClients(**query.model_dump(exclude_none=True)))


@api(bp, "POST", "/staff/machines", allow=KEEPS, body=NewMachine, reply=MachineClientDetails, status=201, tag=TAG,
     idempotent=True, summary="Make a machine client", errors=("identity.name_taken", "idempotency_key_reused"))
def create(body: NewMachine, idempotency_key: str | None) -> MachineClientDetails:
    return call(CreateMachineClient(**body.model_dump(), idempotency_key=idempotency_key))


@api(bp, "GET", "/staff/machines/<uuid:machine_id>", allow=SEES, reply=MachineClientDetails, tag=TAG,
     summary="One machine client with its secrets", errors=("not_found",))
def get(machine_id: UUID) -> bytes:
    return call_json(GetMachineClient(machine_id=machine_id))


@api(bp, "PUT", "/staff/machines/<uuid:machine_id>", allow=KEEPS, body=MachineChange, reply=MachineClientDetails,
     tag=TAG, summary="Change a machine client", errors=("not_found", "stale", "identity.name_taken"))
def change(machine_id: UUID, body: MachineChange) -> MachineClientDetails:
    """Scopes taken away are gone at once, from tokens given before as well."""
    return call(ChangeMachineClient(machine_id=machine_id, **body.model_dump()))


@api(bp, "PUT", "/staff/machines/<uuid:machine_id>/status", allow=KEEPS, body=StatusChange,
     reply=MachineClientDetails, tag=TAG, summary="Disable or enable a machine client", errors=("not_found", "stale"))
def set_status(machine_id: UUID, body: StatusChange) -> MachineClientDetails:
    """Disabling ends its tokens at once."""
    return call(SetMachineStatus(machine_id=machine_id, version=body.version, status=body.status))


@api(bp, "POST", "/staff/machines/<uuid:machine_id>/secrets", allow=KEEPS, reply=NewMachineSecret, status=201,
     tag=TAG, idempotent=True, summary="Make a secret",
     errors=("not_found", "identity.two_secrets", "identity.machine_disabled", "idempotency_key_reused"))
def add_secret(machine_id: UUID, idempotency_key: str | None) -> NewMachineSecret:
    """Shown this once; repeated with the same key it is empty. At most two live side by side."""
    return call(AddMachineSecret(machine_id=machine_id, idempotency_key=idempotency_key))


@api(bp, "DELETE", "/staff/machines/<uuid:machine_id>/secrets/<uuid:secret_id>", allow=KEEPS,
     reply=MachineClientDetails, tag=TAG, summary="Revoke a secret",
     errors=("not_found", "identity.secret_revoked"))
def revoke_secret(machine_id: UUID, secret_id: UUID) -> MachineClientDetails:
    """Tokens it was given end at once."""
    return call(RevokeMachineSecret(machine_id=machine_id, secret_id=secret_id))

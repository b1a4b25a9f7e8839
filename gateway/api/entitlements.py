"""/api/v1: what a client may use, and how it settles (S1-16, S1-22)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint
from pydantic import Field

from chassis.access import customer, in_office, role
from gateway.api._frame import Body, api
from gateway.bus import call, call_json
from services.identity.messages import ChangeSettlement, Entitlements, GetEntitlements, Settlement

bp = Blueprint("api_entitlements", __name__)

KEEPS_SETTLEMENT = role("accountant", "customer_service", "administrator")
TAG = "Staff: clients"


class SettlementChoice(Body):
    version: int = Field(description="`version` of the client you saw; refused when it is old")
    settlement: Settlement
    payer: str | None = Field(None, max_length=200, description="Who settles instead; only with `payer`")
    ground: str = Field(min_length=1, max_length=200, description="On what ground: a contract, an application")


@api(bp, "GET", "/client/entitlements", allow=customer, reply=Entitlements, tag="Client",
     summary="What the client I act for may use")
def own() -> bytes:
    """It follows from the registered services, the settlement arrangement and the kind of person."""
    return call_json(GetEntitlements())


@api(bp, "GET", "/staff/clients/<uuid:client_id>/entitlements", allow=in_office, reply=Entitlements, tag=TAG,
     summary="What a client may use", errors=("not_found",))
def of_client(client_id: UUID) -> bytes:
    return call_json(GetEntitlements(client_id=client_id))


@api(bp, "PUT", "/staff/clients/<uuid:client_id>/settlement", allow=KEEPS_SETTLEMENT, body=SettlementChoice,
     reply=Entitlements, idempotent=True, tag=TAG, summary="Change how a client settles",
     errors=("not_found", "stale", "identity.payer_required", "identity.payer_not_meant", "identity.settlement_same",
             "idempotency_key_reused"))
def change(client_id: UUID, body: SettlementChoice, idempotency_key: str | None) -> Entitlements:
    """In force in open sessions at once; every arrangement a client was given stays in the history."""
    return call(ChangeSettlement(client_id=client_id, idempotency_key=idempotency_key, **body.model_dump()))

"""/api/v1: a copy of one's own data, who looked at them, their erasure; erasures for staff."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response
from pydantic import Field

from chassis.access import customer, fresh, role, signed_in
from gateway import csvfiles
from gateway.api._frame import Body, Paged, api
from gateway.api.identity import LookFilter, LookQuery
from gateway.bus import call
from gateway.pages.my_data import export_file
from services.identity.messages import (
    AskErasure,
    AskExport,
    DataExport,
    DataExports,
    DecideErasure,
    DisclosurePage,
    ErasureOutlook,
    ErasurePage,
    ErasureState,
    ErasureView,
    GetErasure,
    ListErasures,
    ListExports,
    ListMyDisclosures,
    LookAtErasure,
)

bp = Blueprint("api_my_data", __name__)

SEES_USERS = role("customer_service", "administrator", "auditor")


class ErasureQuery(Paged):
    query: str = Field("", max_length=200, description="Name, e-mail or phone of the person; Latvian letters optional")
    state: ErasureState | None = None


class ErasureRequest(Body):
    confirm: str = Field(min_length=1, max_length=200, description="One's own e-mail address, typed")


class ErasureDecision(Body):
    approve: bool
    note: str | None = Field(None, max_length=1000, description="Why it is refused")


@api(bp, "GET", "/profile/exports", allow=customer, reply=DataExports, tag="My data", summary="Copies of my data")
def list_exports() -> DataExports:
    return call(ListExports())


@api(bp, "POST", "/profile/exports", allow=fresh(customer), reply=DataExport, status=201, idempotent=True,
     tag="My data", summary="Ask for a copy of everything held about me", errors=("identity.export_under_way",))
def ask_export(idempotency_key: str | None) -> DataExport:
    """It is gathered in the background; a service that is away delays it."""
    return call(AskExport(idempotency_key=idempotency_key))


@api(bp, "GET", "/profile/exports/<uuid:export_id>/file", allow=fresh(customer), reply=None, produces="application/zip",
     tag="My data", summary="The file of a copy: data.json, data.pdf, attachments", errors=("not_found",))
def read_export(export_id: UUID) -> Response:
    return export_file(export_id)


@api(bp, "GET", "/profile/disclosures", allow=signed_in, query=LookQuery, reply=DisclosurePage, tag="My data",
     summary="Who looked at my data as a user")
def my_disclosures(query: LookQuery) -> DisclosurePage:
    return call(ListMyDisclosures(**query.model_dump(exclude_none=True)))


@api(bp, "GET", "/profile/disclosures.csv", allow=fresh(signed_in), query=LookFilter, reply=None,
     produces="text/csv", tag="My data", summary="Who looked at my data as a user, as a file")
def my_disclosures_csv(query: LookFilter) -> Response:
    return csvfiles.disclosures(ListMyDisclosures(limit=100, **query.model_dump(exclude_none=True)))


@api(bp, "GET", "/profile/erasure", allow=customer, reply=ErasureOutlook, tag="My data",
     summary="What an erasure would meet")
def look_at_erasure() -> ErasureOutlook:
    return call(LookAtErasure())


@api(bp, "POST", "/profile/erasure", allow=fresh(customer), body=ErasureRequest, reply=ErasureView, status=201,
     idempotent=True, tag="My data", summary="Ask to be erased",
     errors=("identity.erasure_not_confirmed", "identity.erasure_asked"))
def ask_erasure(body: ErasureRequest, idempotency_key: str | None) -> ErasureView:
    """It begins at once, and all sessions end; when something is still open, staff decide first."""
    return call(AskErasure(confirm=body.confirm, idempotency_key=idempotency_key))


@api(bp, "GET", "/staff/erasures", allow=SEES_USERS, query=ErasureQuery, reply=ErasurePage, tag="Staff: users",
     summary="Erasures")
def list_erasures(query: ErasureQuery) -> ErasurePage:
    return call(ListErasures(**query.model_dump(exclude_none=True)))


@api(bp, "GET", "/staff/erasures/<uuid:erasure_id>", allow=SEES_USERS, reply=ErasureView, tag="Staff: users",
     summary="One erasure, with what was kept and why", errors=("not_found",))
def get_erasure(erasure_id: UUID) -> ErasureView:
    return call(GetErasure(erasure_id=erasure_id))


@api(bp, "POST", "/staff/erasures/<uuid:erasure_id>/decision", allow=fresh(role("administrator")), body=ErasureDecision,
     reply=ErasureView, tag="Staff: users", summary="Approve or refuse an erasure",
     errors=("not_found", "identity.erasure_decided", "identity.erasure_reason_missing", "identity.not_yourself"))
def decide_erasure(erasure_id: UUID, body: ErasureDecision) -> ErasureView:
    return call(DecideErasure(erasure_id=erasure_id, approve=body.approve, note=body.note))

"""Permits over the API: for the client acted for, and for staff over all clients."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from flask import Blueprint, Response
from pydantic import Field

from chassis.access import any_of, entitled, right, scope
from gateway.api._frame import Paged, Query, api
from gateway.bus import call, call_json
from gateway.pages.permits import MEDIA, download
from gateway.staff.permits import READERS
from gateway.work import current
from services.permits.messages import (
    AssignmentPage,
    ExportPart,
    ExportPermit,
    ExportPermits,
    GetPermit,
    GetPermitCounts,
    ListAssignments,
    ListPermits,
    ListStations,
    Permit,
    PermitCounts,
    PermitPage,
    ServiceKind,
    SortBy,
    State,
    StationPage,
)

bp = Blueprint("api_permits", __name__)

TAG = "Permits"
STAFF_TAG = "Staff: permits"
MISSING = ("not_found",)
SEE = entitled("permits", right("permits.see"))
READ = any_of(READERS, scope("permits.read"))


class Wanted(Query):
    search: str = Field("", max_length=200, description="Number, holder, call sign, station name or place")
    state: State | None = Field(None, description="What holds today")
    service_kind: ServiceKind | None = None
    expiring_within_days: int | None = Field(None, ge=0, le=3660, description="In force and ending within so many days")


class PermitQuery(Wanted, Paged):
    sort: SortBy = Field("permit_no", description="A leading minus turns the order round")
    with_total: bool = Field(False, description="Count as well (exactly up to 1000)")


class StaffPermitQuery(PermitQuery):
    client_id: UUID | None = None


class PartQuery(Query):
    after: int = Field(0, ge=0, description="The last number of the page before")
    limit: int = Field(100, ge=1, le=100)


class ExportQuery(Wanted):
    format: Literal["csv", "geojson"] = "csv"


class OneExportQuery(Query):
    format: Literal["csv", "geojson"] = "csv"


def _list(query: PermitQuery) -> Any:
    return call(ListPermits(**query.model_dump(exclude_none=True)))


def _export(query: ExportQuery) -> Response:
    asked = ExportPermits(**query.model_dump(exclude_none=True), language=current().language)
    return download(asked, f"permits.{query.format}", MEDIA[query.format])


def _export_one(permit_id: UUID, query: OneExportQuery) -> Response:
    asked = ExportPermit(permit_id=permit_id, format=query.format, language=current().language)
    return download(asked, f"permit.{query.format}", MEDIA[query.format])


@api(bp, "GET", "/permits", allow=SEE, query=PermitQuery, reply=PermitPage, tag=TAG, summary="List permits")
def list_permits(query: PermitQuery) -> Any:
    """Search, filter and sort the permits of the client acted for; paged by key."""
    return _list(query)


@api(bp, "GET", "/permits/counts", allow=SEE, reply=PermitCounts, tag=TAG, summary="Count permits")
def count_permits() -> bytes:
    """How many permits the client has, and those that end first."""
    return call_json(GetPermitCounts())


@api(
    bp, "GET", "/permits/export", allow=SEE, query=ExportQuery, reply=ExportPart, tag=TAG,
    summary="Export permits", produces=("text/csv", "application/geo+json"),
)  # fmt: skip
def export_permits(query: ExportQuery) -> Response:
    """A CSV file with one line per permit, or GeoJSON (application/geo+json) with one point per station; streamed."""
    return _export(query)


@api(
    bp, "GET", "/permits/<uuid:permit_id>", allow=SEE, reply=Permit, tag=TAG, summary="One permit", errors=MISSING
)  # fmt: skip
def get_permit(permit_id: UUID) -> bytes:
    """A permit with all its technical parameters; the first 100 stations and assignments."""
    return call_json(GetPermit(permit_id=permit_id))


@api(
    bp, "GET", "/permits/<uuid:permit_id>/assignments", allow=SEE, query=PartQuery, reply=AssignmentPage, tag=TAG,
    summary="Assignments of a permit", errors=MISSING,
)  # fmt: skip
def list_assignments(permit_id: UUID, query: PartQuery) -> bytes:
    return call_json(ListAssignments(permit_id=permit_id, after=query.after, limit=query.limit))


@api(
    bp, "GET", "/permits/<uuid:permit_id>/stations", allow=SEE, query=PartQuery, reply=StationPage, tag=TAG,
    summary="Stations of a permit", errors=MISSING,
)  # fmt: skip
def list_stations(permit_id: UUID, query: PartQuery) -> bytes:
    return call_json(ListStations(permit_id=permit_id, after=query.after, limit=query.limit))


@api(
    bp, "GET", "/permits/<uuid:permit_id>/export", allow=SEE, query=OneExportQuery, reply=ExportPart, tag=TAG,
    summary="Export one permit", errors=MISSING, produces=("text/csv", "application/geo+json"),
)  # fmt: skip
def export_permit(permit_id: UUID, query: OneExportQuery) -> Response:
    """A CSV file with one line per assignment, or GeoJSON with one point per station; streamed."""
    return _export_one(permit_id, query)


@api(
    bp, "GET", "/staff/permits", allow=READ, query=StaffPermitQuery, reply=PermitPage, tag=STAFF_TAG,
    summary="List permits of all clients",
)  # fmt: skip
def list_all_permits(query: StaffPermitQuery) -> Any:
    return _list(query)


@api(
    bp, "GET", "/staff/permits/<uuid:permit_id>", allow=READ, reply=Permit, tag=STAFF_TAG,
    summary="One permit of any client", errors=MISSING,
)  # fmt: skip
def get_any_permit(permit_id: UUID) -> bytes:
    return call_json(GetPermit(permit_id=permit_id))

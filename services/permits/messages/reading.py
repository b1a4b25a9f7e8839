"""Calls that read permits: lists, one permit, exports, the basis of fees."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from chassis.imports.messages import CsvPart
from chassis.messages import Limit, Line, Message, Page, Request
from services.identity.messages import ClientBasis, ClientIds
from services.permits.messages.shown import Assignment, Permit, PermitPage, PermitSummary, Station

PermitKind = Literal["install", "temporary", "use", "short_term", "shared"]
ServiceKind = Literal[
    "fixed", "land_mobile", "public_mobile", "broadcasting", "broadcast_aux",
    "maritime", "aeronautical", "satellite", "amateur",
]  # fmt: skip
State = Literal["in_force", "upcoming", "suspended", "expired", "cancelled", "terminated"]
SortBy = Literal["permit_no", "-permit_no", "valid_to", "-valid_to", "holder", "-holder"]

FEE_PAGE = 1000


class PermitFilter(Message):
    """Which permits: a customer always sees the own client's; staff may narrow to one client."""

    client_id: uuid.UUID | None = None
    search: Line = Field("", description="number, holder, call sign, station name or place; diacritics do not matter")
    state: State | None = None
    service_kind: ServiceKind | None = None
    expiring_within_days: Annotated[int, Field(ge=0, le=3660)] | None = None


class ListPermits(PermitFilter, Request[PermitPage], rpc="permits.list_permits"):
    """A page of permits, sorted; a leading minus turns the order round. `after` is the `next` of the page before."""

    sort: SortBy = "permit_no"
    after: str | None = None
    limit: Limit = 50
    with_total: bool = False


class GetPermit(Request[Permit], rpc="permits.get_permit"):
    """One permit by id or by number. Somebody else's permit is `not_found`."""

    permit_id: uuid.UUID | None = None
    permit_no: Line | None = None


class AssignmentPage(Page[Assignment]):
    """A page of assignments of one permit."""


class ListAssignments(Request[AssignmentPage], rpc="permits.list_assignments"):
    """The assignments of one permit after a number, in their order."""

    permit_id: uuid.UUID
    after: Annotated[int, Field(ge=0)] = 0
    limit: Limit = 100


class StationPage(Page[Station]):
    """A page of stations of one permit."""


class ListStations(Request[StationPage], rpc="permits.list_stations"):
    """The stations of one permit after a number, in their order."""

    permit_id: uuid.UUID
    after: Annotated[int, Field(ge=0)] = 0
    limit: Limit = 100


class PermitCounts(Message):
    """Numbers for the overview; `ending` lists the permits that end first (at most 5)."""

    in_force: int
    expired: int
    ending_soon: int
    total: int
    ending: list[PermitSummary] = []


class GetPermitCounts(Request[PermitCounts], rpc="permits.permit_counts"):
    """How many permits a client has, how many of them end within `days`."""

    client_id: uuid.UUID | None = None
    days: Annotated[int, Field(ge=1, le=366)] = 60


ExportPart = CsvPart


class ExportPermits(PermitFilter, Request[ExportPart], rpc="permits.export_permits", timeout=15.0):
    """Permits as CSV (one line per permit) or GeoJSON (one point per station), part by part."""

    format: Literal["csv", "geojson"] = "csv"
    language: Literal["lv", "en"] = "lv"
    after: str | None = None


class ExportPermit(Request[ExportPart], rpc="permits.export_permit", timeout=15.0):
    """One permit's assignments as CSV or its stations as GeoJSON, part by part."""

    permit_id: uuid.UUID
    format: Literal["csv", "geojson"] = "csv"
    language: Literal["lv", "en"] = "lv"
    after: str | None = None


# --- for other services


class FoundPermit(Message):
    """A permit of a client, as it is named to people."""

    permit_id: uuid.UUID
    permit_no: str
    place: str | None


class FoundPermits(Message):
    items: list[FoundPermit]


class FindPermits(Request[FoundPermits], rpc="permits.find_permits"):
    """A client's permits by id or number, for services that keep what belongs to a permit; unknown ones left out.

    Numbers are found however their letters are typed, and told as they are.
    """

    client_id: uuid.UUID
    permit_ids: Annotated[list[uuid.UUID], Field(max_length=200)] = []
    permit_nos: Annotated[list[Line], Field(max_length=200)] = []


# --- for billing


class GetPermitBasis(Request[ClientBasis], rpc="permits.permit_basis", timeout=15.0):
    """Which clients hold a permit, or held one until a day (S0-11, S1-56)."""

    client_ids: ClientIds


class FeeBasis(Message):
    """What one permit's monthly fee is computed from. `days_in_force` are the days of the month it was in force."""

    permit_id: uuid.UUID
    permit_no: str
    holder_client_id: uuid.UUID
    holder_name: str
    service_kind: str
    permit_kind: str
    station_count: int
    assignment_count: int
    bandwidth_khz: Decimal = Field(description="sum of the assigned bandwidths, kHz; 0 when none is known")
    days_in_force: int
    days_in_month: int


class FeeBasisPage(Page[FeeBasis]):
    """A page of fee bases, ordered by holder, so that one client's permits follow each other. At most 1000."""


class GetFeeBasisPage(Request[FeeBasisPage], rpc="permits.fee_basis_page", timeout=20.0):
    """Permits in force on at least one day of the month that begins at `month`; only for the service billing."""

    month: date
    after: str | None = None
    client_id: uuid.UUID | None = None
    limit: Annotated[int, Field(ge=1, le=FEE_PAGE)] = FEE_PAGE

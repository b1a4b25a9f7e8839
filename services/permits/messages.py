"""Published language of permits: what may be asked, what is answered, which facts are told.

Longer than 350 lines because it is the one module of permits that others may import.

Words for enumerations (domain.md section 8):
`permit_kind` install, temporary, use, short_term, shared;
`service_kind` fixed, land_mobile, public_mobile, broadcasting, broadcast_aux, maritime, aeronautical, satellite, amateur;
`status` is what the register says (active, suspended, expired, cancelled, terminated); `state` is what holds today:
in_force, upcoming, suspended, expired, cancelled, terminated. An active permit whose last day has passed is expired.
Replies carry them as plain text, so that a new word does not break a reader of the release before.
"""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chassis.errors import ErrorTable
from chassis.messages import Event, IdempotencyKey, Limit, Line, Message, Moment, Page, Request

PermitKind = Literal["install", "temporary", "use", "short_term", "shared"]
ServiceKind = Literal[
    "fixed", "land_mobile", "public_mobile", "broadcasting", "broadcast_aux",
    "maritime", "aeronautical", "satellite", "amateur",
]  # fmt: skip
State = Literal["in_force", "upcoming", "suspended", "expired", "cancelled", "terminated"]
SortBy = Literal["permit_no", "-permit_no", "valid_to", "-valid_to", "holder", "-holder"]

CHUNK_BYTES = 512 * 1024
FEE_PAGE = 1000

ERRORS = ErrorTable(
    "permits",
    {
        "wrong_state": (409, "Atļaujas stāvoklī “{state}” tas nav iespējams.", "Not possible while the permit is {state}."),
        "emission_malformed": (422, "“{value}” nav emisijas apzīmējums (piemēram, 28M0D7W).",
                               "“{value}” is not an emission designator (for example 28M0D7W)."),
        "number_malformed": (422, "“{value}” nav skaitlis.", "“{value}” is not a number."),
        "date_malformed": (422, "“{value}” nav datums.", "“{value}” is not a date."),
        "out_of_range": (422, "Vērtība {value} nav robežās no {low} līdz {high}.",
                         "{value} is not between {low} and {high}."),
        "ends_before_start": (422, "Derīguma termiņš beidzas, pirms tas sākas.", "The validity ends before it starts."),
        "unknown_status": (422, "Nezināms statuss “{value}”.", "Unknown status “{value}”."),
        "unknown_service": (422, "Nezināms sakaru veida kods “{value}”.", "Unknown service code “{value}”."),
        "unknown_polarization": (422, "Nezināma polarizācija “{value}”.", "Unknown polarization “{value}”."),
        "half_a_position": (422, "Dots tikai viens no platuma un garuma.", "Only one of latitude and longitude is given."),
        "row_width": (422, "Rindā ir {found} kolonnas, vajag {expected}.", "The row has {found} columns, needs {expected}."),
        "rows_disagree": (422, "Atļaujas {permit_no} rindās atšķiras “{column}”.",
                          "The rows of permit {permit_no} differ in “{column}”."),
        "held_by_decision": (422, "Atļauju {permit_no} izdevis portāls; reģistra datne to nemaina.",
                             "Permit {permit_no} was issued by the portal; a register file does not change it."),
        "file_empty": (422, "Datne ir tukša.", "The file is empty."),
        "file_header": (422, "Datnes galvenē trūkst kolonnu: {missing}.", "The header of the file lacks columns: {missing}."),
        "file_encoding": (422, "Datne nav UTF-8 tekstā (baits {position}).", "The file is not UTF-8 text (byte {position})."),
        "file_truncated": (422, "Saspiestā datne ir bojāta vai nav pilna.", "The compressed file is damaged or incomplete."),
        "file_not_csv": (422, "Datne nav CSV tabula (rinda {row}).", "The file is not a CSV table (row {row})."),
        "file_too_large": (413, "Datne ir lielāka par {limit}.", "The file is larger than {limit}."),
        "chunk_out_of_order": (409, "Gaidīta datnes daļa {expected}, saņemta {found}.",
                               "Expected part {expected} of the file, got {found}."),
        "import_not_open": (409, "Šī datne jau ir nodota apstrādei.", "This file has already been handed over."),
        "import_incomplete": (422, "Datne nav saņemta pilnībā.", "The file has not arrived completely."),
        "case_without_parameters": (422, "Pieprasījumā trūkst “{column}”; atļauju nevar izdot.",
                                    "The request lacks “{column}”; the permit cannot be issued."),
    },
)  # fmt: skip


# --- what is shown -----------------------------------------------------------------------------------------------


class PermitSummary(Message):
    """One line of a list of permits. Frequencies are in MHz; `place` is the first station's name or address."""

    permit_id: uuid.UUID
    permit_no: str
    permit_kind: str
    service_kind: str
    status: str
    state: str
    holder_client_id: uuid.UUID
    holder_name: str
    call_sign: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    days_left: int | None = Field(None, description="days until the last day, for a permit in force that ends")
    place: str | None = None
    station_count: int
    assignment_count: int
    freq_min_mhz: Decimal | None = None
    freq_max_mhz: Decimal | None = None


class PermitPage(Page[PermitSummary]):
    """A page of permits. `total` is exact up to 1000; 1001 means more than a thousand."""

    total: int | None = None


class Station(Message):
    """A site: WGS 84 degrees, heights in metres; `ground_m` is above sea level, `structure_m` above ground."""

    station_no: int
    site_no: str
    name: str | None = None
    station_class: str | None = None
    address: str | None = None
    cadastre_no: str | None = None
    lat: Decimal | None = None
    lon: Decimal | None = None
    ground_m: Decimal | None = None
    structure_m: Decimal | None = None


class Assignment(Message):
    """One frequency of one station with its antenna: MHz, kHz, dBm (EIRP), dBi, degrees from true north, metres."""

    assignment_no: int
    station_no: int
    station_name: str | None = None
    freq_mhz: Decimal
    rx_freq_mhz: Decimal | None = None
    bandwidth_khz: Decimal | None = None
    emission: str | None = None
    eirp_dbm: Decimal | None = None
    tx_power_dbm: Decimal | None = None
    tolerance: Decimal | None = None
    polarization: str | None = None
    antenna_make: str | None = None
    antenna_model: str | None = None
    gain_dbi: Decimal | None = None
    azimuth_deg: Decimal | None = None
    ant_height_m: Decimal | None = None


class Equipment(Message):
    """A kind of radio equipment at a station."""

    station_no: int
    manufacturer: str | None = None
    model: str | None = None
    serial_no: str | None = None
    count: int = 1
    conformity_doc: str | None = None


class HistoryEntry(Message):
    """One step in the life of a permit; `what` is registered, changed, issued, status or reminder."""

    at: Moment
    what: str
    status: str
    note: str | None = None
    source: str


class Permit(PermitSummary):
    """A permit with every technical parameter; the first 100 stations and assignments, the rest by page."""

    conditions: list[str] = []
    previous_permit_no: str | None = None
    case_id: uuid.UUID | None = None
    case_no: str | None = None
    issued_on: date | None = None
    register_code: str | None = None
    bandwidth_khz: Decimal | None = Field(None, description="sum of the assigned bandwidths, kHz")
    stations: list[Station] = []
    assignments: list[Assignment] = []
    equipment: list[Equipment] = []
    history: list[HistoryEntry] = []
    next_station: int | None = Field(None, description="ask list_stations after this number for more")
    next_assignment: int | None = Field(None, description="ask list_assignments after this number for more")
    version: int = Field(description="grows with every change; the ETag")
    as_of: Moment


# --- reading -----------------------------------------------------------------------------------------------------


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


class ExportPart(Message):
    """A part of an export as text; ask again with `next` until it is None. Parts joined make the whole file."""

    text: str
    next: str | None = None


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


# --- for billing -------------------------------------------------------------------------------------------------


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


# --- imports (staff: permit_engineer, administrator) -------------------------------------------------------------


class Import(Message):
    """An import of a register file. `status`: receiving, waiting, reading, applying, done, failed.

    `failed` means the file's structure is broken and nothing was changed; `error` says why. `done` may have
    `error_rows`: a permit with a wrong row is left as it was, all others are imported; the report names each.
    `unchanged_file` is true when nothing at all had to be changed.
    """

    import_id: uuid.UUID
    name: str
    status: str
    started_at: Moment
    finished_at: Moment | None = None
    started_by: str | None = None
    bytes_total: int
    bytes_read: int
    rows_read: int
    permits_seen: int
    permits_applied: int
    created: int
    changed: int
    unchanged: int
    rejected: int = Field(description="permits left as they were because a row was wrong")
    error_rows: int
    warning_rows: int
    error: str | None = None
    error_code: str | None = None
    error_params: dict[str, str | int | float | bool | None] = {}
    unchanged_file: bool = False


class StartImport(Request[Import], rpc="permits.start_import"):
    """Open an import; the file follows in parts. `size` in bytes, at most 512 MiB."""

    name: Line
    size: Annotated[int, Field(ge=0)] | None = None
    idempotency_key: IdempotencyKey | None = None


class AppendImportChunk(Request[Import], rpc="permits.append_import_chunk", timeout=15.0):
    """Part `index` (from 0) of the file, base64, at most 512 KiB decoded. The same part sent twice counts once."""

    import_id: uuid.UUID
    index: Annotated[int, Field(ge=0)]
    data: Annotated[str, StringConstraints(max_length=CHUNK_BYTES * 4 // 3 + 8)]


class FinishImport(Request[Import], rpc="permits.finish_import"):
    """The file is complete: start working. Said twice, done once."""

    import_id: uuid.UUID
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None


class GetImport(Request[Import], rpc="permits.get_import"):
    """How far an import is."""

    import_id: uuid.UUID


class ImportPage(Page[Import]):
    """A page of imports, newest first."""


class ListImports(Request[ImportPage], rpc="permits.list_imports"):
    """Imports, newest first."""

    after: str | None = None
    limit: Limit = 25


class ImportProblem(Message):
    """One thing wrong in one row. `severity` error: the permit was not changed; warning: the value was left out."""

    row: int
    permit_no: str | None = None
    column: str | None = None
    value: str | None = None
    code: str
    params: dict[str, str | int | float | bool | None] = {}
    severity: str


class ImportProblemPage(Page[ImportProblem]):
    """A page of problems in the order of the rows."""


class ListImportProblems(Request[ImportProblemPage], rpc="permits.list_import_problems"):
    """The problems an import found."""

    import_id: uuid.UUID
    after: str | None = None
    limit: Limit = 100


class ImportReport(Request[ExportPart], rpc="permits.import_report", timeout=15.0):
    """The problems as a CSV file (row, permit, column, value, code, sentence), part by part."""

    import_id: uuid.UUID
    language: Literal["lv", "en"] = "lv"
    after: str | None = None


# --- events ------------------------------------------------------------------------------------------------------


class FeeItem(Message):
    """Something a fee is due for. `code` is `issue.<service_kind>`; `quantity` is the number of stations."""

    code: str
    quantity: Decimal


class PermitIssued(Event, type="permits.permit.issued", aggregate="permit_id"):
    """A decision became a permit. Permits that come from a register file are not told one by one (ImportFinished)."""

    permit_id: uuid.UUID
    permit_no: str
    client_id: uuid.UUID
    case_id: uuid.UUID | None = None
    case_no: str | None = None
    service_kind: str
    permit_kind: str
    valid_from: date | None = None
    valid_to: date | None = None
    fee_items: list[FeeItem] = []


class PermitUpdated(Event, type="permits.permit.updated", aggregate="permit_id"):
    """A permit's status or content was changed by staff or by its own last day (not by an import)."""

    permit_id: uuid.UUID
    permit_no: str
    client_id: uuid.UUID
    status: str
    state: str
    valid_to: date | None = None


class PermitExpiring(Event, type="permits.permit.expiring", aggregate="permit_id"):
    """A permit ends in `days_before` days or fewer; told once for each of 60, 30 and 7."""

    permit_id: uuid.UUID
    permit_no: str
    client_id: uuid.UUID
    service_kind: str
    valid_to: date
    days_before: int


class ImportFinished(Event, type="permits.import.finished", aggregate="import_id"):
    """A register file was worked through; one event however many permits it held."""

    import_id: uuid.UUID
    name: str
    status: str
    rows_read: int
    created: int
    changed: int
    unchanged: int
    rejected: int
    error_rows: int
    started_by: uuid.UUID | None = None



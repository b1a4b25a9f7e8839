"""What a permit looks like when it is shown."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

from pydantic import Field

from chassis.messages import Message, Moment, Page


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
    station_class: str | None = None
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
    """One step in the life of a permit; `what` is registered, changed, issued, status or reminder.

    `changes` names the columns that changed, each with its value before and after, as text.
    """

    at: Moment
    what: str
    status: str
    note: str | None = None
    source: str
    changes: dict[str, tuple[str | None, str | None]] = {}


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
    changed_at: Moment

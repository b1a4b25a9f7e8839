"""The tables of permits. Large children (stations, antennas, assignments) have the permit's id first in their primary
key: a permit's rows lie together, and reading one permit costs the same however many others there are."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, UUID

from chassis.tables import chassis_tables

metadata = sa.MetaData()
chassis = chassis_tables(metadata)

_ID = UUID(as_uuid=True)
_MOMENT = TIMESTAMP(timezone=True)

permits = sa.Table(
    "permits",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("permit_no", sa.Text, nullable=False, unique=True),
    sa.Column("permit_kind", sa.Text, nullable=False),
    sa.Column("service_kind", sa.Text, nullable=False),
    sa.Column("register_code", sa.Text),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("call_sign", sa.Text),
    sa.Column("holder_client_id", _ID, nullable=False),
    sa.Column("holder_name", sa.Text, nullable=False),
    sa.Column("holder_sort", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_to", sa.Date),
    # valid_to, or 9999-12-31: what is compared and sorted by.
    sa.Column("ends_on", sa.Date, nullable=False),
    # The day on which the permit was cancelled, terminated or suspended.
    sa.Column("ended_on", sa.Date),
    sa.Column("issued_on", sa.Date),
    sa.Column("conditions", JSONB, nullable=False, server_default="[]"),
    sa.Column("previous_permit_no", sa.Text),
    sa.Column("case_id", _ID, unique=True),
    sa.Column("case_no", sa.Text),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text),
    # Kept beside the facts they follow from, so that a list needs no other table.
    sa.Column("station_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("assignment_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("bandwidth_khz", sa.Numeric, nullable=False, server_default="0"),
    sa.Column("freq_min_mhz", sa.Numeric),
    sa.Column("freq_max_mhz", sa.Numeric),
    sa.Column("place", sa.Text),
    sa.Column("search", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("created_at", _MOMENT, nullable=False, server_default=sa.func.now()),
    sa.Column("updated_at", _MOMENT, nullable=False, server_default=sa.func.now()),
)

stations = sa.Table(
    "stations",
    metadata,
    sa.Column("permit_id", _ID, sa.ForeignKey("permits.id"), primary_key=True),
    sa.Column("station_no", sa.Integer, primary_key=True),
    sa.Column("site_no", sa.Text, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("address", sa.Text),
    sa.Column("cadastre_no", sa.Text),
    sa.Column("lat", sa.Numeric),
    sa.Column("lon", sa.Numeric),
    sa.Column("ground_m", sa.Numeric),
    sa.Column("structure_m", sa.Numeric),
    sa.Column("search", sa.Text, nullable=False, server_default=""),
)

antennas = sa.Table(
    "antennas",
    metadata,
    sa.Column("permit_id", _ID, sa.ForeignKey("permits.id"), primary_key=True),
    sa.Column("antenna_no", sa.Integer, primary_key=True),
    sa.Column("station_no", sa.Integer, nullable=False),
    sa.Column("make", sa.Text),
    sa.Column("model", sa.Text),
    sa.Column("polarization", sa.Text),
    sa.Column("azimuth_deg", sa.Numeric),
    sa.Column("gain_dbi", sa.Numeric),
    sa.Column("height_m", sa.Numeric),
)

assignments = sa.Table(
    "assignments",
    metadata,
    sa.Column("permit_id", _ID, sa.ForeignKey("permits.id"), primary_key=True),
    sa.Column("assignment_no", sa.Integer, primary_key=True),
    sa.Column("station_no", sa.Integer, nullable=False),
    sa.Column("antenna_no", sa.Integer),
    sa.Column("station_class", sa.Text),
    sa.Column("freq_mhz", sa.Numeric, nullable=False),
    sa.Column("rx_freq_mhz", sa.Numeric),
    sa.Column("bandwidth_khz", sa.Numeric),
    sa.Column("emission", sa.Text),
    sa.Column("eirp_dbm", sa.Numeric),
    sa.Column("tx_power_dbm", sa.Numeric),
    sa.Column("tolerance", sa.Numeric),
)

equipment = sa.Table(
    "equipment",
    metadata,
    sa.Column("permit_id", _ID, sa.ForeignKey("permits.id"), primary_key=True),
    sa.Column("equipment_no", sa.Integer, primary_key=True),
    sa.Column("station_no", sa.Integer, nullable=False),
    sa.Column("manufacturer", sa.Text),
    sa.Column("model", sa.Text),
    sa.Column("serial_no", sa.Text),
    sa.Column("count", sa.Integer, nullable=False, server_default="1"),
    sa.Column("conformity_doc", sa.Text),
)

# The first hundred of each part as JSON, written with the parts: what a permit's page shows is one row.
documents = sa.Table(
    "permit_documents",
    metadata,
    sa.Column("permit_id", _ID, sa.ForeignKey("permits.id"), primary_key=True),
    sa.Column("stations", sa.Text, nullable=False),
    sa.Column("assignments", sa.Text, nullable=False),
    sa.Column("equipment", sa.Text, nullable=False),
)

# Append-only: a trigger refuses UPDATE and DELETE.
history = sa.Table(
    "permit_history",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("permit_id", _ID, sa.ForeignKey("permits.id"), nullable=False),
    sa.Column("at", _MOMENT, nullable=False, server_default=sa.func.now()),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("note", sa.Text),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("actor", sa.Text),
    sa.Column("changes", JSONB, nullable=False, server_default="{}"),
)

reminders = sa.Table(
    "permit_reminders",
    metadata,
    sa.Column("permit_id", _ID, sa.ForeignKey("permits.id"), primary_key=True),
    # Part of the key: an extended permit climbs the ladder anew.
    sa.Column("valid_to", sa.Date, primary_key=True),
    sa.Column("days_before", sa.Integer, primary_key=True),
    sa.Column("told_at", _MOMENT, nullable=False, server_default=sa.func.now()),
)

PERMIT_NUMBERS = sa.Sequence("permit_numbers", metadata=metadata)

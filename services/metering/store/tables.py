"""The tables of metering."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, UUID

from chassis.tables import chassis_tables

metadata = sa.MetaData()
chassis = chassis_tables(metadata)

_ID = UUID(as_uuid=True)

contracts = sa.Table(
    "contracts",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("contract_no", sa.Text, nullable=False, unique=True),
    sa.Column("client_id", _ID, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("concluded_on", sa.Date, nullable=False),
    sa.Column("ended_on", sa.Date),
    # [{"service": "cold_water", "since": "2020-01-01"}]
    sa.Column("services", JSONB, nullable=False),
    sa.Column("search", sa.Text, nullable=False),
    # The approved application it was concluded by; None for those that came from elsewhere.
    sa.Column("case_id", _ID, unique=True),
)

meters = sa.Table(
    "meters",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("contract_id", _ID, sa.ForeignKey("contracts.id"), nullable=False),
    sa.Column("meter_no", sa.Text, nullable=False, unique=True),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("digits", sa.Integer, nullable=False),
    sa.Column("installed_on", sa.Date, nullable=False),
    sa.Column("removed_on", sa.Date),
    sa.Column("verified_until", sa.Date, nullable=False),
)

# Append-only: a trigger refuses UPDATE and DELETE.
readings = sa.Table(
    "readings",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("meter_id", _ID, sa.ForeignKey("meters.id"), nullable=False),
    sa.Column("read_on", sa.Date, nullable=False),
    sa.Column("value", sa.Numeric(12, 3), nullable=False),
    sa.Column("consumption", sa.Numeric(12, 3)),
    sa.Column("warnings", JSONB, nullable=False, server_default="[]"),
    sa.Column("submitted_at", TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("submitted_by", sa.Text, nullable=False),
    sa.Column("submitted_by_id", _ID),
    sa.Column("confirmed_by", sa.Text),
    sa.UniqueConstraint("meter_id", "read_on", name="readings_day"),
)

acts = sa.Table(
    "acts",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("contract_id", _ID, sa.ForeignKey("contracts.id"), nullable=False),
    sa.Column("act_no", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("registered_on", sa.Date, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
)

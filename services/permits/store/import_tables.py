"""The tables of imports: the run, the rows waiting to be applied, what became of each permit, what was wrong."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, UUID

from services.permits.store.tables import metadata

_ID = UUID(as_uuid=True)
_MOMENT = TIMESTAMP(timezone=True)

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    # receiving, waiting, reading, applying, done, failed
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("blob_id", _ID, nullable=False),
    sa.Column("bytes_total", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("bytes_read", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("rows_read", sa.Integer, nullable=False, server_default="0"),
    sa.Column("permits_seen", sa.Integer, nullable=False, server_default="0"),
    sa.Column("permits_applied", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created", sa.Integer, nullable=False, server_default="0"),
    sa.Column("changed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("unchanged", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rejected", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error_rows", sa.Integer, nullable=False, server_default="0"),
    sa.Column("warning_rows", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error_code", sa.Text),
    sa.Column("error_params", JSONB, nullable=False, server_default="{}"),
    sa.Column("started_by", _ID),
    sa.Column("started_by_name", sa.Text),
    sa.Column("started_at", _MOMENT, nullable=False, server_default=sa.func.now()),
    sa.Column("finished_at", _MOMENT),
    # Who works on it, and until when nobody else may; every commit of the worker checks and prolongs it.
    sa.Column("lease_owner", _ID),
    sa.Column("lease_until", _MOMENT),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
)

import_rows = sa.Table(
    "import_rows",
    metadata,
    sa.Column("import_id", _ID, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("row_no", sa.Integer, primary_key=True),
    sa.Column("permit_no", sa.Text, nullable=False),
    sa.Column("bad", sa.Boolean, nullable=False),
    sa.Column("row_hash", sa.Text, nullable=False),
    sa.Column("head_hash", sa.Text, nullable=False),
    sa.Column("head_search", sa.Text),
    sa.Column("holder_sort", sa.Text),
    sa.Column("site_search", sa.Text),
    *(
        sa.Column(name, sa.Text)
        for name in (
            "status", "service_kind", "register_code", "permit_kind", "call_sign", "holder_name", "holder_kind",
            "holder_ref", "site_no", "site_name", "station_class", "address", "cadastre_no", "antenna_make",
            "antenna_model", "polarization", "emission",
        )
    ),
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_to", sa.Date),
    *(
        sa.Column(name, sa.Numeric)
        for name in (
            "lat", "lon", "ground_m", "structure_m", "azimuth_deg", "gain_dbi", "ant_height_m", "freq_mhz",
            "rx_freq_mhz", "tolerance", "eirp_dbm", "bandwidth_khz",
        )
    ),
)  # fmt: skip

import_permits = sa.Table(
    "import_permits",
    metadata,
    sa.Column("import_id", _ID, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("permit_no", sa.Text, primary_key=True),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    # created, changed, unchanged, rejected; None while it waits
    sa.Column("outcome", sa.Text),
)

import_problems = sa.Table(
    "import_problems",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("import_id", _ID, sa.ForeignKey("imports.id"), nullable=False),
    sa.Column("row_no", sa.Integer, nullable=False),
    sa.Column("permit_no", sa.Text),
    sa.Column("column_name", sa.Text),
    sa.Column("value", sa.Text),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("params", JSONB, nullable=False, server_default="{}"),
    sa.Column("severity", sa.Text, nullable=False),
)

# Which client a holder of the register is, so that an unchanged register asks identity nothing.
register_holders = sa.Table(
    "register_holders",
    metadata,
    sa.Column("ref", sa.Text, primary_key=True),
    sa.Column("client_id", _ID, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
)

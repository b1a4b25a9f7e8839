"""The tables of imports: the run, the rows waiting to be applied, what became of each permit, what was wrong."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from chassis.imports.tables import imports_table, problems_table
from services.permits.store.tables import metadata

_ID = UUID(as_uuid=True)

imports = imports_table(metadata, "permits_seen", "permits_applied")

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

import_problems = problems_table(metadata, "permit_no")

# Which client a holder of the register is, so that an unchanged register asks identity nothing.
register_holders = sa.Table(
    "register_holders",
    metadata,
    sa.Column("ref", sa.Text, primary_key=True),
    sa.Column("client_id", _ID, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
)

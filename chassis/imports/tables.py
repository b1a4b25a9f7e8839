"""The tables of imports in one service's metadata."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, UUID


def imports_table(metadata: sa.MetaData, *counters: str, **more: sa.Column) -> sa.Table:
    """Return the table of runs; `counters` are what the service counts beside rows, `more` its own columns."""
    moment, number = TIMESTAMP(timezone=True), sa.Integer
    return sa.Table(
        "imports",
        metadata,
        sa.Column("id", UUID(as_uuid=True), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        # receiving, waiting, reading, applying, done, failed
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("blob_id", UUID(as_uuid=True), nullable=False),
        sa.Column("bytes_total", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("bytes_read", sa.BigInteger, nullable=False, server_default="0"),
        *(
            sa.Column(name, number, nullable=False, server_default="0")
            for name in ("rows_read", *counters, "created", "changed", "unchanged", "rejected", "error_rows",
                         "warning_rows")
        ),
        sa.Column("error_code", sa.Text),
        sa.Column("error_params", JSONB, nullable=False, server_default="{}"),
        sa.Column("started_by", UUID(as_uuid=True)),
        sa.Column("started_by_name", sa.Text),
        sa.Column("started_at", moment, nullable=False, server_default=sa.func.now()),
        sa.Column("finished_at", moment),
        # Who works on it, and until when nobody else may; every commit of the worker checks and prolongs it.
        sa.Column("lease_owner", UUID(as_uuid=True)),
        sa.Column("lease_until", moment),
        sa.Column("attempts", number, nullable=False, server_default="0"),
        *more.values(),
    )  # fmt: skip


def problems_table(metadata: sa.MetaData, key: str) -> sa.Table:
    """Return the table of what was wrong; `key` is the column that says what a row is about."""
    return sa.Table(
        "import_problems",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("import_id", UUID(as_uuid=True), sa.ForeignKey("imports.id"), nullable=False),
        sa.Column("row_no", sa.Integer, nullable=False),
        sa.Column(key, sa.Text),
        sa.Column("column_name", sa.Text),
        sa.Column("value", sa.Text),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("params", JSONB, nullable=False, server_default="{}"),
        sa.Column("severity", sa.Text, nullable=False),
    )

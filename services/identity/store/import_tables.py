"""The tables of imports of clients: the run, the rows waiting to be applied, what was wrong."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from chassis.imports.tables import imports_table, problems_table
from services.identity.store.tables import metadata

imports = imports_table(metadata, source=sa.Column("source", sa.Text, nullable=False))

import_rows = sa.Table(
    "import_rows",
    metadata,
    sa.Column("import_id", UUID(as_uuid=True), sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("row_no", sa.Integer, primary_key=True),
    sa.Column("record", JSONB, nullable=False),
    sa.Column("warned", sa.Boolean, nullable=False),
    # Which client the row turned out to be about: a file may speak of each only once.
    sa.Column("client_id", UUID(as_uuid=True)),
    sa.Column("done", sa.Boolean, nullable=False, server_default=sa.false()),
)

import_problems = problems_table(metadata, "client")

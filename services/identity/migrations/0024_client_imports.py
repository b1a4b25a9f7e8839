"""Imports of registers of clients."""

from alembic import op

revision = "0024"
down_revision = "0023"

SCRIPT = """
CREATE TABLE imports (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    source text NOT NULL,
    status text NOT NULL CHECK (status IN ('receiving', 'waiting', 'reading', 'applying', 'done', 'failed')),
    blob_id uuid NOT NULL REFERENCES blobs,
    bytes_total bigint NOT NULL DEFAULT 0,
    bytes_read bigint NOT NULL DEFAULT 0,
    rows_read integer NOT NULL DEFAULT 0,
    created integer NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    rejected integer NOT NULL DEFAULT 0,
    error_rows integer NOT NULL DEFAULT 0,
    warning_rows integer NOT NULL DEFAULT 0,
    error_code text,
    error_params jsonb NOT NULL DEFAULT '{}',
    started_by uuid,
    started_by_name text,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    lease_owner uuid,
    lease_until timestamptz,
    attempts integer NOT NULL DEFAULT 0
);
CREATE INDEX imports_newest ON imports (started_at DESC, id DESC);
CREATE INDEX imports_open ON imports (started_at) WHERE status IN ('waiting', 'reading', 'applying');

CREATE TABLE import_rows (
    import_id uuid REFERENCES imports,
    row_no integer,
    record jsonb NOT NULL,
    warned boolean NOT NULL,
    client_id uuid,
    done boolean NOT NULL DEFAULT false,
    PRIMARY KEY (import_id, row_no)
);
CREATE INDEX import_rows_waiting ON import_rows (import_id, row_no) WHERE NOT done;
CREATE INDEX import_rows_client ON import_rows (import_id, client_id) WHERE client_id IS NOT NULL;

CREATE TABLE import_problems (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    import_id uuid NOT NULL REFERENCES imports,
    row_no integer NOT NULL,
    client text,
    column_name text,
    value text,
    code text NOT NULL,
    params jsonb NOT NULL DEFAULT '{}',
    severity text NOT NULL CHECK (severity IN ('error', 'warning'))
);
CREATE INDEX import_problems_row ON import_problems (import_id, row_no, id);
"""


def upgrade() -> None:
    op.execute(SCRIPT)

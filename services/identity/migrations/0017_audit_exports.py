"""Exports of the audit trail as evidence."""

from alembic import op

revision = "0017"
down_revision = "0016"

SCRIPT = """
CREATE TABLE audit_exports (
    id uuid PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('waiting', 'ready', 'failed', 'expired')),
    asked_by uuid NOT NULL,
    asked_by_name text NOT NULL,
    asked_at timestamptz NOT NULL,
    language text NOT NULL,
    filter jsonb NOT NULL,
    until_seq bigint NOT NULL,
    until_chain text NOT NULL,
    rows integer NOT NULL,
    rows_done integer NOT NULL,
    tries integer NOT NULL,
    first_seq bigint,
    first_chain text,
    last_seq bigint,
    last_chain text,
    ready_at timestamptz,
    expires_at timestamptz,
    blob_id uuid,
    size bigint,
    sha256 text
);
CREATE INDEX audit_exports_newest ON audit_exports (asked_at DESC, id DESC);
CREATE INDEX audit_exports_waiting ON audit_exports (asked_at) WHERE state = 'waiting';
CREATE INDEX audit_exports_expiring ON audit_exports (expires_at) WHERE state = 'ready';
"""


def upgrade() -> None:
    op.execute(SCRIPT)

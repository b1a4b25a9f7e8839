"""Machine clients and their secrets, two of which may live side by side."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("""
    CREATE TABLE machine_clients (
        id uuid PRIMARY KEY,
        version integer NOT NULL,
        name text NOT NULL,
        contact text NOT NULL,
        note text,
        scopes text[] NOT NULL,
        status text NOT NULL CHECK (status IN ('active', 'disabled')),
        created_at timestamptz NOT NULL DEFAULT now(),
        created_by text NOT NULL,
        disabled_at timestamptz,
        disabled_by text,
        CHECK ((status = 'disabled') = (disabled_at IS NOT NULL))
    );
    CREATE UNIQUE INDEX machine_clients_by_name ON machine_clients (lower(name));

    CREATE TABLE machine_secrets (
        id uuid PRIMARY KEY,
        machine_id uuid NOT NULL REFERENCES machine_clients,
        hash bytea NOT NULL UNIQUE,
        hint text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        created_by text NOT NULL,
        last_used_at timestamptz,
        last_address text,
        revoked_at timestamptz,
        revoked_by text
    );
    CREATE INDEX machine_secrets_of ON machine_secrets (machine_id, created_at);
    """)

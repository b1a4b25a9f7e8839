"""What a client is registered for and how it settles (S1-16, S1-22); every change of the arrangement is kept."""

from alembic import op

revision = "0021"
down_revision = "0020"

SCRIPT = """
ALTER TABLE clients ADD COLUMN settlement text NOT NULL DEFAULT 'invoice'
    CHECK (settlement IN ('invoice', 'prepayment', 'payer'));
ALTER TABLE clients ADD COLUMN payer text CHECK ((payer IS NOT NULL) = (settlement = 'payer'));
ALTER TABLE clients ADD COLUMN services text[] NOT NULL DEFAULT '{}';
ALTER TABLE clients ADD COLUMN services_asked_at timestamptz;
CREATE INDEX clients_services_asked ON clients (services_asked_at) WHERE services_asked_at IS NOT NULL;

CREATE TABLE client_settlements (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES clients,
    settlement text NOT NULL,
    payer text,
    ground text NOT NULL,
    by_user uuid,
    by_name text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX client_settlements_of ON client_settlements (client_id, at DESC, id DESC);
"""


def upgrade() -> None:
    op.execute(SCRIPT)

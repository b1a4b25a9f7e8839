"""The register of clients in full: where mail goes, who only asks so far, notices about contact data."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("""
ALTER TABLE clients
    ADD COLUMN correspondence_address text,
    ADD COLUMN stage text NOT NULL DEFAULT 'client' CHECK (stage IN ('prospect', 'client'));
CREATE INDEX clients_email ON clients (lower(email));
CREATE INDEX clients_phone ON clients (phone);
CREATE INDEX client_codes_value ON client_codes (value);

CREATE TABLE contact_notices (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES clients,
    what text NOT NULL CHECK (what IN ('changed', 'confirmed')),
    at timestamptz NOT NULL,
    by_kind text NOT NULL CHECK (by_kind IN ('user', 'staff')),
    by_user uuid REFERENCES users,
    by_name text NOT NULL,
    session_id uuid,
    address text,
    data jsonb NOT NULL,
    sha256 text NOT NULL
);
CREATE INDEX contact_notices_of ON contact_notices (client_id, at DESC, id DESC);
""")

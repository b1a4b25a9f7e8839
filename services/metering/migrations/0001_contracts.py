"""Contracts, meters, readings, inspection acts."""

from alembic import op

from chassis.tables import create_chassis_tables

revision = "0001"
down_revision = None

TABLES = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE contracts (
    id uuid PRIMARY KEY,
    contract_no text COLLATE "C" NOT NULL UNIQUE,
    client_id uuid NOT NULL,
    address text NOT NULL,
    concluded_on date NOT NULL,
    ended_on date,
    services jsonb NOT NULL,
    search text NOT NULL
);
CREATE INDEX contracts_client ON contracts (client_id, contract_no);
CREATE INDEX contracts_search ON contracts USING gin (search gin_trgm_ops);

CREATE TABLE meters (
    id uuid PRIMARY KEY,
    contract_id uuid NOT NULL REFERENCES contracts,
    meter_no text COLLATE "C" NOT NULL UNIQUE,
    service text NOT NULL CHECK (service IN ('cold_water', 'sewerage', 'electricity')),
    unit text NOT NULL CHECK (unit IN ('m3', 'kWh')),
    digits integer NOT NULL CHECK (digits BETWEEN 1 AND 9),
    installed_on date NOT NULL,
    removed_on date,
    verified_until date NOT NULL
);
CREATE INDEX meters_contract ON meters (contract_id, meter_no);

CREATE TABLE readings (
    id uuid PRIMARY KEY,
    meter_id uuid NOT NULL REFERENCES meters,
    read_on date NOT NULL,
    value numeric(12,3) NOT NULL CHECK (value >= 0),
    consumption numeric(12,3) CHECK (consumption >= 0),
    warnings jsonb NOT NULL DEFAULT '[]',
    submitted_at timestamptz NOT NULL DEFAULT now(),
    submitted_by text NOT NULL,
    submitted_by_id uuid,
    confirmed_by text,
    CONSTRAINT readings_day UNIQUE (meter_id, read_on),
    CHECK (warnings = '[]' OR confirmed_by IS NOT NULL)
);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'readings are append-only'; END $$;
CREATE TRIGGER readings_append_only BEFORE UPDATE OR DELETE ON readings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE acts (
    id uuid PRIMARY KEY,
    contract_id uuid NOT NULL REFERENCES contracts,
    act_no text NOT NULL UNIQUE,
    kind text NOT NULL,
    registered_on date NOT NULL,
    summary text NOT NULL
);
CREATE INDEX acts_contract ON acts (contract_id, registered_on DESC);
"""


def upgrade() -> None:
    create_chassis_tables(op.get_bind())
    op.get_bind().exec_driver_sql(TABLES)

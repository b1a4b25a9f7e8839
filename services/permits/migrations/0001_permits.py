"""Permits with their technical parameters, their history, and the imports that fill them."""

from alembic import op

from chassis.tables import create_chassis_tables

revision = "0001"
down_revision = None

PERMITS = """
-- Searching inside words; trusted since PostgreSQL 13, so the owner of the database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE SEQUENCE permit_numbers;

CREATE TABLE permits (
    id uuid PRIMARY KEY,
    permit_no text COLLATE "C" NOT NULL UNIQUE,
    permit_kind text NOT NULL CHECK (permit_kind IN ('install', 'temporary', 'use', 'short_term', 'shared')),
    service_kind text NOT NULL,
    register_code text,
    status text NOT NULL CHECK (status IN ('active', 'suspended', 'expired', 'cancelled', 'terminated')),
    call_sign text,
    holder_client_id uuid NOT NULL,
    holder_name text NOT NULL,
    holder_sort text COLLATE "C" NOT NULL,
    valid_from date,
    valid_to date,
    ends_on date NOT NULL,
    ended_on date,
    issued_on date,
    conditions jsonb NOT NULL DEFAULT '[]',
    previous_permit_no text,
    case_id uuid UNIQUE,
    case_no text,
    source text NOT NULL CHECK (source IN ('register', 'decision')),
    content_hash text,
    station_count integer NOT NULL DEFAULT 0,
    assignment_count integer NOT NULL DEFAULT 0,
    bandwidth_khz numeric NOT NULL DEFAULT 0,
    freq_min_mhz numeric,
    freq_max_mhz numeric,
    place text,
    search text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (ends_on = coalesce(valid_to, DATE '9999-12-31')),
    CHECK (valid_to >= valid_from)
);
-- A list page is a range of one of these, whatever the order; the client comes first for customers.
CREATE INDEX permits_client_no ON permits (holder_client_id, permit_no);
CREATE INDEX permits_client_end ON permits (holder_client_id, ends_on, permit_no);
CREATE INDEX permits_client_holder ON permits (holder_client_id, holder_sort, permit_no);
CREATE INDEX permits_end ON permits (ends_on, permit_no);
CREATE INDEX permits_holder ON permits (holder_sort, permit_no);
CREATE INDEX permits_kind_no ON permits (service_kind, permit_no);
CREATE INDEX permits_status_end ON permits (status, ends_on);
CREATE INDEX permits_number_start ON permits (lower(permit_no) text_pattern_ops);
CREATE INDEX permits_search ON permits USING gin (search gin_trgm_ops);

CREATE TABLE stations (
    permit_id uuid REFERENCES permits,
    station_no integer,
    site_no text NOT NULL,
    name text, address text, cadastre_no text,
    lat numeric CHECK (lat BETWEEN -90 AND 90),
    lon numeric CHECK (lon BETWEEN -180 AND 180),
    ground_m numeric, structure_m numeric,
    search text NOT NULL DEFAULT '',
    PRIMARY KEY (permit_id, station_no)
);
CREATE INDEX stations_search ON stations USING gin (search gin_trgm_ops);

CREATE TABLE antennas (
    permit_id uuid REFERENCES permits,
    antenna_no integer,
    station_no integer NOT NULL,
    make text, model text, polarization text,
    azimuth_deg numeric, gain_dbi numeric, height_m numeric,
    PRIMARY KEY (permit_id, antenna_no)
);

CREATE TABLE assignments (
    permit_id uuid REFERENCES permits,
    assignment_no integer,
    station_no integer NOT NULL,
    antenna_no integer,
    station_class text,
    freq_mhz numeric NOT NULL CHECK (freq_mhz > 0),
    rx_freq_mhz numeric, bandwidth_khz numeric, emission text,
    eirp_dbm numeric, tx_power_dbm numeric, tolerance numeric,
    PRIMARY KEY (permit_id, assignment_no)
);

CREATE TABLE equipment (
    permit_id uuid REFERENCES permits,
    equipment_no integer,
    station_no integer NOT NULL,
    manufacturer text, model text, serial_no text,
    count integer NOT NULL DEFAULT 1 CHECK (count > 0),
    conformity_doc text,
    PRIMARY KEY (permit_id, equipment_no)
);

CREATE TABLE permit_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    permit_id uuid NOT NULL REFERENCES permits,
    at timestamptz NOT NULL DEFAULT now(),
    what text NOT NULL,
    status text NOT NULL,
    note text,
    source text NOT NULL,
    actor text,
    changes jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX permit_history_permit ON permit_history (permit_id, id);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the history of a permit is append-only'; END $$;
CREATE TRIGGER permit_history_append_only BEFORE UPDATE OR DELETE ON permit_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE permit_reminders (
    permit_id uuid REFERENCES permits,
    valid_to date,
    days_before integer,
    told_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (permit_id, valid_to, days_before)
);
"""

IMPORTS = """
CREATE TABLE imports (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    status text NOT NULL CHECK (status IN ('receiving', 'waiting', 'reading', 'applying', 'done', 'failed')),
    blob_id uuid NOT NULL REFERENCES blobs,
    bytes_total bigint NOT NULL DEFAULT 0,
    bytes_read bigint NOT NULL DEFAULT 0,
    rows_read integer NOT NULL DEFAULT 0,
    permits_seen integer NOT NULL DEFAULT 0,
    permits_applied integer NOT NULL DEFAULT 0,
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
    permit_no text COLLATE "C" NOT NULL,
    bad boolean NOT NULL,
    row_hash text COLLATE "C" NOT NULL,
    head_hash text COLLATE "C" NOT NULL,
    head_search text, holder_sort text, site_search text,
    status text, service_kind text, register_code text, permit_kind text, call_sign text,
    valid_from date, valid_to date,
    holder_name text, holder_kind text, holder_ref text,
    site_no text, site_name text, station_class text, address text, cadastre_no text,
    lat numeric, lon numeric, ground_m numeric, structure_m numeric,
    antenna_make text, antenna_model text, polarization text, azimuth_deg numeric, gain_dbi numeric,
    ant_height_m numeric, freq_mhz numeric, rx_freq_mhz numeric, tolerance numeric, eirp_dbm numeric,
    emission text, bandwidth_khz numeric,
    PRIMARY KEY (import_id, row_no)
);
CREATE INDEX import_rows_permit ON import_rows (import_id, permit_no);

CREATE TABLE import_permits (
    import_id uuid REFERENCES imports,
    permit_no text COLLATE "C",
    content_hash text NOT NULL,
    rows integer NOT NULL,
    outcome text CHECK (outcome IN ('created', 'changed', 'unchanged', 'rejected')),
    PRIMARY KEY (import_id, permit_no)
);
CREATE INDEX import_permits_waiting ON import_permits (import_id, permit_no) WHERE outcome IS NULL;

CREATE TABLE import_problems (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    import_id uuid NOT NULL REFERENCES imports,
    row_no integer NOT NULL,
    permit_no text,
    column_name text,
    value text,
    code text NOT NULL,
    params jsonb NOT NULL DEFAULT '{}',
    severity text NOT NULL CHECK (severity IN ('error', 'warning'))
);
CREATE INDEX import_problems_row ON import_problems (import_id, row_no, id);

CREATE TABLE register_holders (
    ref text PRIMARY KEY,
    client_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('natural', 'legal'))
);
"""


def upgrade() -> None:
    create_chassis_tables(op.get_bind())
    op.get_bind().exec_driver_sql(PERMITS)
    op.get_bind().exec_driver_sql(IMPORTS)

"""Clients, users, who acts for whom, sessions, terms, and the audit trail."""

from alembic import op

from chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None

CLIENTS = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE clients (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('natural', 'legal')),
    name text NOT NULL,
    reg_no text,
    person_code text,
    external_ref text,
    address text,
    email text,
    invoice_email text,
    phone text,
    language text NOT NULL CHECK (language IN ('lv', 'en')),
    search_text text NOT NULL,
    sort_key text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX clients_by_name ON clients (sort_key, id);
CREATE INDEX clients_by_age ON clients (created_at, id);
CREATE INDEX clients_search ON clients USING gin (search_text gin_trgm_ops);

CREATE TABLE client_codes (
    kind text NOT NULL CHECK (kind IN ('reg_no', 'person_code', 'external_ref')),
    value text NOT NULL,
    client_id uuid NOT NULL REFERENCES clients,
    since timestamptz NOT NULL DEFAULT now(),
    until timestamptz,
    PRIMARY KEY (kind, value)
);
CREATE INDEX client_codes_of ON client_codes (client_id);

CREATE TABLE client_data (
    client_id uuid NOT NULL REFERENCES clients,
    field text NOT NULL,
    origin text NOT NULL,
    confirmed_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, field)
);
"""

USERS = """
CREATE TABLE users (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('customer', 'staff')),
    email text NOT NULL,
    email_key text NOT NULL UNIQUE,
    name text NOT NULL,
    phone text,
    language text NOT NULL CHECK (language IN ('lv', 'en')),
    status text NOT NULL CHECK (status IN ('active', 'blocked')),
    search_text text NOT NULL,
    sort_key text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_sign_in_at timestamptz
);
CREATE INDEX users_by_name ON users (sort_key, id);
CREATE INDEX users_search ON users USING gin (search_text gin_trgm_ops);

CREATE TABLE staff_roles (
    user_id uuid NOT NULL REFERENCES users,
    role text NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, role)
);

CREATE TABLE passwords (
    user_id uuid PRIMARY KEY REFERENCES users,
    hash text NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE TABLE sign_in_guards (
    subject text PRIMARY KEY,
    failures integer NOT NULL,
    locks integer NOT NULL,
    locked_until timestamptz,
    last_attempt_at timestamptz NOT NULL
);

CREATE TABLE user_blocks (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    what text NOT NULL CHECK (what IN ('blocked', 'unblocked')),
    reason text NOT NULL,
    note text,
    by_user uuid,
    by_name text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX user_blocks_of ON user_blocks (user_id, at DESC);

CREATE TABLE representations (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES clients,
    user_id uuid NOT NULL REFERENCES users,
    role text NOT NULL CHECK (role IN ('main', 'additional')),
    valid_from date NOT NULL,
    valid_to date CHECK (valid_to >= valid_from),
    ground text NOT NULL,
    granted_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    ended_by text,
    end_reason text,
    end_note text
);
CREATE INDEX representations_of_client ON representations (client_id);
CREATE INDEX representations_of_user ON representations (user_id);
CREATE UNIQUE INDEX representations_one_open ON representations (client_id, user_id) WHERE ended_at IS NULL;

CREATE TABLE representation_rights (
    representation_id uuid NOT NULL REFERENCES representations,
    right_name text NOT NULL,
    scope_kind text NOT NULL CHECK (scope_kind IN ('client', 'permit', 'contract')),
    scope_id text NOT NULL,
    PRIMARY KEY (representation_id, right_name, scope_kind, scope_id)
);
"""

SESSIONS_AND_TERMS = """
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    secret_hash bytea NOT NULL UNIQUE,
    user_id uuid NOT NULL REFERENCES users,
    client_id uuid,
    audience text NOT NULL CHECK (audience IN ('customer', 'staff')),
    method text NOT NULL,
    assurance text NOT NULL CHECK (assurance IN ('low', 'substantial', 'high')),
    address text,
    user_agent text NOT NULL,
    device text NOT NULL,
    started_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text
);
CREATE INDEX sessions_open_of_user ON sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_old ON sessions (ends_at);

CREATE TABLE terms_versions (
    id uuid PRIMARY KEY,
    audience text NOT NULL CHECK (audience IN ('customer', 'staff')),
    title text NOT NULL,
    text text NOT NULL,
    text_sha256 text NOT NULL,
    approved_on date NOT NULL,
    valid_from date NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (audience, valid_from)
);

CREATE TABLE terms_acceptances (
    user_id uuid NOT NULL REFERENCES users,
    terms_id uuid NOT NULL REFERENCES terms_versions,
    text_sha256 text NOT NULL,
    accepted_at timestamptz NOT NULL,
    address text,
    session_id uuid,
    PRIMARY KEY (user_id, terms_id)
);
"""

AUDIT = """
CREATE TABLE audit_records (
    seq bigint PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    at timestamptz NOT NULL,
    service text NOT NULL,
    action text NOT NULL,
    outcome text NOT NULL,
    disclosure boolean NOT NULL,
    actor_kind text NOT NULL,
    actor text NOT NULL,
    client uuid,
    right_name text,
    object_kind text,
    object_id text,
    session_id uuid,
    correlation_id text NOT NULL,
    actor_name text,
    address text,
    detail text,
    actor_search text NOT NULL,
    personal_salt bytea,
    personal_hash bytea NOT NULL,
    chain bytea NOT NULL
);
CREATE INDEX audit_by_time ON audit_records (at, seq);
CREATE INDEX audit_by_client ON audit_records (client, seq);
CREATE INDEX audit_by_actor ON audit_records (actor, seq);
CREATE INDEX audit_by_object ON audit_records (object_id, seq);
CREATE INDEX audit_by_action ON audit_records (action text_pattern_ops, seq);
CREATE INDEX audit_by_address ON audit_records (address, seq);
CREATE INDEX audit_by_name ON audit_records USING gin (actor_search gin_trgm_ops);
CREATE INDEX audit_disclosures ON audit_records (client, seq) WHERE disclosure;

CREATE TABLE audit_head (
    sole boolean PRIMARY KEY CHECK (sole),
    seq bigint NOT NULL,
    chain bytea NOT NULL
);
INSERT INTO audit_head (sole, seq, chain) VALUES (true, 0, '\\x');

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$;
CREATE TRIGGER audit_records_stay BEFORE UPDATE OR DELETE ON audit_records
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_records_whole BEFORE TRUNCATE ON audit_records
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
"""


def upgrade() -> None:
    create_chassis_tables()
    for script in (CLIENTS, USERS, SESSIONS_AND_TERMS, AUDIT):
        op.get_bind().exec_driver_sql(script)

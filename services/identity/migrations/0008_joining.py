"""Applications for portal use, declarations, identity documents that were seen."""

from alembic import op

revision = "0008"
down_revision = "0007"

SCRIPT = """
CREATE SEQUENCE access_application_numbers;

CREATE TABLE access_applications (
    id uuid PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    version integer NOT NULL,
    state text NOT NULL CHECK (state IN ('submitted', 'signed', 'approved', 'refused', 'lapsed')),
    client_kind text NOT NULL CHECK (client_kind IN ('natural', 'legal')),
    client_name text NOT NULL,
    user_name text NOT NULL,
    user_email text NOT NULL,
    language text NOT NULL CHECK (language IN ('lv', 'en')),
    data jsonb NOT NULL,
    terms_id uuid NOT NULL REFERENCES terms_versions,
    address text,
    submitted_at timestamptz NOT NULL,
    original_received_on date,
    client_id uuid REFERENCES clients,
    user_id uuid REFERENCES users,
    decided_at timestamptz,
    decided_by uuid,
    decided_by_name text,
    refusal_reason text,
    decision_note text,
    search_text text NOT NULL,
    CHECK (state <> 'approved' OR (original_received_on IS NOT NULL AND client_id IS NOT NULL AND user_id IS NOT NULL)),
    CHECK (state <> 'refused' OR refusal_reason IS NOT NULL)
);
CREATE INDEX access_applications_newest ON access_applications (submitted_at DESC, id DESC);
CREATE INDEX access_applications_open ON access_applications (submitted_at) WHERE state IN ('submitted', 'signed');
CREATE INDEX access_applications_search ON access_applications USING gin (search_text gin_trgm_ops);

CREATE TABLE application_originals (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES access_applications ON DELETE CASCADE,
    blob_id uuid NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'e_address', 'paper')),
    received_on date NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    size integer NOT NULL CHECK (size > 0),
    received integer NOT NULL,
    sha256 text,
    note text,
    started_at timestamptz NOT NULL,
    recorded_at timestamptz,
    recorded_by uuid,
    recorded_by_name text NOT NULL
);
CREATE INDEX application_originals_of ON application_originals (application_id, started_at);

CREATE TABLE declaration_texts (
    sha256 text PRIMARY KEY,
    text text NOT NULL
);

CREATE TABLE declarations (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    text_sha256 text NOT NULL REFERENCES declaration_texts,
    terms_id uuid REFERENCES terms_versions,
    user_id uuid REFERENCES users,
    application_id uuid REFERENCES access_applications ON DELETE CASCADE,
    declared_at timestamptz NOT NULL,
    address text,
    CHECK (user_id IS NOT NULL OR application_id IS NOT NULL)
);
CREATE INDEX declarations_of_user ON declarations (user_id);
CREATE INDEX declarations_of_application ON declarations (application_id);

CREATE TABLE identity_checks (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    client_id uuid NOT NULL REFERENCES clients,
    document text NOT NULL,
    last_digits text NOT NULL,
    seen_on date NOT NULL,
    seen_by uuid,
    seen_by_name text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX identity_checks_of ON identity_checks (user_id);
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SCRIPT)

"""Exports and erasures of people; the audit trail lets go of its personal parts, and of nothing else."""

from alembic import op

revision = "0016"
down_revision = "0015"

SCRIPT = """
CREATE TABLE person_exports (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    language text NOT NULL,
    state text NOT NULL CHECK (state IN ('gathering', 'ready', 'expired')),
    asked_at timestamptz NOT NULL,
    ready_at timestamptz,
    expires_at timestamptz,
    blob_id uuid,
    size bigint,
    sha256 text
);
CREATE INDEX person_exports_of ON person_exports (user_id, asked_at DESC);
CREATE UNIQUE INDEX person_exports_one ON person_exports (user_id) WHERE state = 'gathering';
CREATE INDEX person_exports_expiring ON person_exports (expires_at) WHERE state = 'ready';

CREATE TABLE person_export_parts (
    export_id uuid NOT NULL REFERENCES person_exports ON DELETE CASCADE,
    service text NOT NULL,
    blob_id uuid,
    rows integer NOT NULL,
    tries integer NOT NULL,
    next_try_at timestamptz NOT NULL,
    done_at timestamptz,
    PRIMARY KEY (export_id, service)
);
CREATE INDEX person_export_parts_due ON person_export_parts (next_try_at) WHERE done_at IS NULL;

CREATE TABLE erasures (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    clients uuid[] NOT NULL,
    state text NOT NULL CHECK (state IN ('asked', 'erasing', 'reporting', 'checking', 'done', 'refused')),
    names text[] NOT NULL,
    marks text[] NOT NULL,
    email text,
    language text NOT NULL,
    obligations jsonb NOT NULL,
    report jsonb NOT NULL,
    asked_at timestamptz NOT NULL,
    asked_by text NOT NULL CHECK (asked_by IN ('person', 'staff')),
    decided_at timestamptz,
    decided_by uuid,
    decision_note text,
    state_since timestamptz NOT NULL,
    checks integer NOT NULL,
    done_at timestamptz
);
CREATE UNIQUE INDEX erasures_one ON erasures (user_id) WHERE state <> 'refused';
CREATE INDEX erasures_open ON erasures (state_since) WHERE state NOT IN ('done', 'refused');
CREATE INDEX erasures_newest ON erasures (asked_at DESC, id DESC);

CREATE TABLE erasure_steps (
    erasure_id uuid NOT NULL REFERENCES erasures ON DELETE CASCADE,
    service text NOT NULL,
    tables jsonb NOT NULL,
    traces jsonb NOT NULL,
    tries integer NOT NULL,
    problem text,
    next_try_at timestamptz NOT NULL,
    done_at timestamptz,
    PRIMARY KEY (erasure_id, service)
);

CREATE TABLE audit_forgotten (
    seq bigint PRIMARY KEY,
    batch uuid NOT NULL
);
CREATE INDEX audit_forgotten_batch ON audit_forgotten (batch);
CREATE INDEX audit_unforgotten ON audit_records (at) WHERE personal_salt IS NOT NULL;
CREATE INDEX audit_looks_at_user ON audit_records (object_id, seq) WHERE disclosure AND object_kind = 'user';
CREATE INDEX audit_by_service ON audit_records (service, seq);

CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- What names a person may be taken away, whole and for good (C13, B-15); nothing else ever changes.
        IF NEW.actor_name IS NULL AND NEW.address IS NULL AND NEW.detail IS NULL AND NEW.personal_salt IS NULL
            AND NEW.actor_search = ''
            AND (to_jsonb(NEW) - '{actor_name,address,detail,personal_salt,actor_search}'::text[])
                = (to_jsonb(OLD) - '{actor_name,address,detail,personal_salt,actor_search}'::text[]) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit trail is append-only';
END $$;
"""


def upgrade() -> None:
    op.execute(SCRIPT)

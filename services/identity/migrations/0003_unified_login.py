"""Linked logins, logins under way, tokens that were seen."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE linked_logins (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    provider text,
    subject text,
    person_code text CHECK (person_code ~ '^[0-9]{11}$'),
    name text NOT NULL,
    assurance text CHECK (assurance IN ('low', 'substantial', 'high')),
    how text NOT NULL CHECK (how IN ('first_login', 'profile', 'registration', 'application')),
    linked_at timestamptz NOT NULL,
    last_used_at timestamptz,
    ended_at timestamptz,
    ended_by text,
    CHECK ((provider IS NULL) = (subject IS NULL)),
    CHECK (subject IS NOT NULL OR person_code IS NOT NULL)
);
CREATE UNIQUE INDEX linked_logins_subject ON linked_logins (provider, subject)
    WHERE ended_at IS NULL AND subject IS NOT NULL;
CREATE UNIQUE INDEX linked_logins_code ON linked_logins (person_code)
    WHERE ended_at IS NULL AND provider IS NULL;
CREATE INDEX linked_logins_any_code ON linked_logins (person_code) WHERE ended_at IS NULL;
CREATE INDEX linked_logins_of ON linked_logins (user_id);

CREATE TABLE login_attempts (
    id uuid PRIMARY KEY,
    provider text NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('sign_in', 'link', 'register')),
    state_hash bytea NOT NULL UNIQUE,
    browser_hash bytea NOT NULL,
    target text NOT NULL,
    user_id uuid,
    contract_no text,
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    answered_at timestamptz,
    waits_for text CHECK (waits_for IN ('email', 'link', 'entry')),
    identity jsonb,
    client_id uuid,
    tries integer NOT NULL DEFAULT 0,
    done_at timestamptz
);
CREATE INDEX login_attempts_old ON login_attempts (expires_at);

CREATE TABLE seen_assertions (
    provider text NOT NULL,
    assertion_hash bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (provider, assertion_hash)
);
CREATE INDEX seen_assertions_old ON seen_assertions (expires_at);
"""


def upgrade() -> None:
    op.execute(TABLES)

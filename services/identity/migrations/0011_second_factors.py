"""Second factors of people, and what a session knows of them: which was given, what is still owed, when confirmed."""

from alembic import op

revision = "0011"
down_revision = "0010"

TABLES = """
ALTER TABLE users ADD COLUMN second_factor_required boolean NOT NULL DEFAULT false;

ALTER TABLE sessions ADD COLUMN second_factor text CHECK (second_factor IN ('totp', 'webauthn', 'recovery'));
ALTER TABLE sessions ADD COLUMN gate text CHECK (gate IN ('give', 'enrol'));
ALTER TABLE sessions ADD COLUMN stepped_up_at timestamptz;

CREATE TABLE totp_factors (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    sealed_secret bytea NOT NULL,
    last_step bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_used_at timestamptz,
    session_id uuid NOT NULL
);
CREATE UNIQUE INDEX totp_factors_in_force ON totp_factors (user_id) WHERE confirmed_at IS NOT NULL;
CREATE UNIQUE INDEX totp_factors_begun ON totp_factors (user_id) WHERE confirmed_at IS NULL;

CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users,
    code_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE security_keys (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    name text NOT NULL,
    credential_id bytea NOT NULL UNIQUE,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    transports text[] NOT NULL,
    aaguid text NOT NULL,
    backed_up boolean NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE INDEX security_keys_of_user ON security_keys (user_id);

CREATE TABLE key_challenges (
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('register', 'authenticate')),
    challenge bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (session_id, purpose)
);
"""


def upgrade() -> None:
    op.execute(TABLES)

"""Levels that rights demand; logins by which somebody confirms anew, with what they had typed."""

from alembic import op

revision = "0022"
down_revision = "0021"

SCRIPT = """
CREATE TABLE right_levels (
    right_name text PRIMARY KEY,
    level text NOT NULL CHECK (level IN ('substantial', 'high')),
    ground text NOT NULL,
    asked_by text NOT NULL,
    approved_by text NOT NULL,
    since timestamptz NOT NULL
);
ALTER TABLE login_attempts ADD COLUMN session_id uuid;
ALTER TABLE login_attempts ADD COLUMN kept text;
ALTER TABLE login_attempts DROP CONSTRAINT login_attempts_purpose_check;
ALTER TABLE login_attempts ADD CONSTRAINT login_attempts_purpose_check
    CHECK (purpose IN ('sign_in', 'link', 'register', 'confirm'));
"""


def upgrade() -> None:
    op.execute(SCRIPT)

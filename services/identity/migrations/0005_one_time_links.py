"""One-time links; users without password login; passwords that open nothing."""

from alembic import op

revision = "0005"
down_revision = "0004"

SCRIPT = """
ALTER TABLE users
    ADD COLUMN password_allowed boolean NOT NULL DEFAULT true,
    ADD COLUMN must_change_password boolean NOT NULL DEFAULT false,
    ADD COLUMN blocked_reason text;
CREATE INDEX users_pending ON users (created_at) WHERE status = 'pending';
ALTER TABLE passwords ADD COLUMN blocked_at timestamptz, ADD COLUMN reminded_at timestamptz;

CREATE TABLE one_time_links (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    purpose text NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    ended_at timestamptz,
    code_tries integer NOT NULL DEFAULT 0
);
CREATE INDEX one_time_links_of_user ON one_time_links (user_id, created_at);
CREATE INDEX one_time_links_open ON one_time_links (email_key) WHERE used_at IS NULL AND ended_at IS NULL;
CREATE INDEX one_time_links_old ON one_time_links (expires_at);

CREATE TABLE link_requests (
    id uuid PRIMARY KEY,
    email_key text NOT NULL,
    audience text NOT NULL,
    address text,
    created_at timestamptz NOT NULL
);
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SCRIPT)

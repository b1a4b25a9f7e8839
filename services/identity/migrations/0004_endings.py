"""Access ends in more ways than a block: for a time, for good, and with a second pair of eyes."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("""
ALTER TABLE users DROP CONSTRAINT IF EXISTS users_status_check;
ALTER TABLE users ADD CONSTRAINT users_status_check
    CHECK (status IN ('pending', 'active', 'blocked', 'discontinued', 'deleted'));
ALTER TABLE users ADD COLUMN blocked_until date;
CREATE INDEX users_blocked_until ON users (blocked_until) WHERE status = 'blocked';

ALTER TABLE user_blocks DROP CONSTRAINT IF EXISTS user_blocks_what_check;
ALTER TABLE user_blocks ADD CONSTRAINT user_blocks_what_check CHECK (what IN (
    'blocked', 'unblocked', 'discontinued', 'reinstated', 'deletion_asked', 'deletion_refused', 'deleted'));
ALTER TABLE user_blocks ADD COLUMN until date, ADD COLUMN status_before text;

CREATE TABLE approvals (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    object_id uuid NOT NULL,
    object_name text NOT NULL,
    reason text NOT NULL,
    note text,
    details jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL CHECK (state IN ('waiting', 'approved', 'refused', 'withdrawn', 'lapsed')),
    asked_by uuid NOT NULL REFERENCES users,
    asked_by_name text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    lapses_at timestamptz NOT NULL,
    decided_by uuid REFERENCES users,
    decided_by_name text,
    decided_at timestamptz,
    decision_note text,
    CHECK (decided_by IS DISTINCT FROM asked_by OR state = 'withdrawn')
);
CREATE UNIQUE INDEX approvals_waiting ON approvals (kind, object_id) WHERE state = 'waiting';
CREATE INDEX approvals_newest ON approvals (asked_at DESC, id DESC);
""")

"""Somebody who closes their own access takes a step that stands in its history (S1-41)."""

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.execute("""
ALTER TABLE user_blocks DROP CONSTRAINT IF EXISTS user_blocks_what_check;
ALTER TABLE user_blocks ADD CONSTRAINT user_blocks_what_check CHECK (what IN (
    'blocked', 'unblocked', 'discontinued', 'reinstated', 'deletion_asked', 'deletion_refused', 'deleted',
    'access_closed'));
CREATE INDEX passwords_revoked ON passwords (user_id) WHERE blocked_at IS NOT NULL;
""")

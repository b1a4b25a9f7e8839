"""Attempts refused while sign-in is closed are counted, not looked at."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute("ALTER TABLE sign_in_guards ADD COLUMN refused bigint NOT NULL DEFAULT 0")

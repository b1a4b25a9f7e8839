"""Attempts refused while sign-in is closed are counted, not looked at."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute("ALTER TABLE sign_in_guards ADD COLUMN refused bigint NOT NULL DEFAULT 0")

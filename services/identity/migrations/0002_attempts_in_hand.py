"""Attempts to sign in that are being looked at are counted apart from those that failed."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE sign_in_guards ADD COLUMN pending integer NOT NULL DEFAULT 0")

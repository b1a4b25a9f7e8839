"""A message may carry a one-time link, whose secret is asked for at the moment of sending."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE messages ADD COLUMN link_id uuid")

"""When an erasure searched last, so that a search after an outage waits like any other."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.execute("ALTER TABLE erasures ADD COLUMN searched_at timestamptz")

"""What certainly names a person who is erased, for whom they acted, and what they were called before."""

from alembic import op

revision = "0027"
down_revision = "0026"

SCRIPT = """
ALTER TABLE erasures
    ADD COLUMN sure text[] NOT NULL DEFAULT '{}',
    ADD COLUMN acted_for uuid[] NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN former text[] NOT NULL DEFAULT '{}';
"""


def upgrade() -> None:
    op.execute(SCRIPT)

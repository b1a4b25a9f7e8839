"""A link may be asked for to close an access that others know."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("ALTER TABLE link_requests ADD COLUMN about text NOT NULL DEFAULT 'access'")

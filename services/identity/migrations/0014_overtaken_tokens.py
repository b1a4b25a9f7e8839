"""A session counts its changes, so that a token signed before one is known as old; representations can be changed."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute("ALTER TABLE sessions ADD COLUMN generation integer NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE representations ADD COLUMN version integer NOT NULL DEFAULT 1")
    op.execute("ALTER TABLE representation_rights ADD COLUMN scope_no text")

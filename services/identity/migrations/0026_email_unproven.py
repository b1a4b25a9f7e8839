"""An e-mail that was only typed, at a first unified login, until its owner proves it."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.execute("ALTER TABLE users ADD COLUMN email_unproven boolean NOT NULL DEFAULT false")

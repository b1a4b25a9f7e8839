"""Whether a client is a person who is erased is asked whenever somebody is to be told something."""

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.execute("CREATE INDEX erasures_clients ON erasures USING gin (clients)")

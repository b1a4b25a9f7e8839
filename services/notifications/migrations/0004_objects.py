"""What a message is about, so that a reader whose right is for named permits sees those messages only."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for name in ("permits", "contracts"):
        op.add_column("messages", sa.Column(name, ARRAY(sa.Uuid), nullable=False, server_default="{}"))

"""Contracts are concluded by approved applications; their numbers go on where the imported ones cannot reach."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("CREATE SEQUENCE contract_numbers START 500001")
    op.add_column("contracts", sa.Column("case_id", sa.Uuid, unique=True))

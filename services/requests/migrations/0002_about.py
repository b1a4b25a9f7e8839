"""A request can be about a permit or a contract; whoever has a right for that one reaches the request."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("cases", sa.Column("about_kind", sa.Text))
    op.add_column("cases", sa.Column("about_id", sa.Uuid))
    op.add_column("cases", sa.Column("about_no", sa.Text))
    op.create_check_constraint("cases_about", "cases", "num_nulls(about_kind, about_id, about_no) IN (0, 3)")

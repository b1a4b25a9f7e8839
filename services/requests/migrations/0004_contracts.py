"""A request can lead to a contract, as it can to a permit."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("cases", sa.Column("contract_id", sa.Uuid))
    op.add_column("cases", sa.Column("contract_no", sa.Text))
    op.create_check_constraint("cases_contract", "cases", "num_nulls(contract_id, contract_no) IN (0, 2)")
    # What is left over from the time when only permits could be late.
    op.drop_index("cases_waiting_for_permit", "cases")
    op.create_index("cases_waiting_for_outcome", "cases", ["decided_at"], postgresql_where=sa.text("ball = 'system'"))

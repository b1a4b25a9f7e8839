"""A case whose moments are missing, or whose ball nobody has heard of, would break the list it stands in."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_check_constraint("cases_moments", "cases", "case_no IS NULL OR num_nulls(submitted_at, changed_at) = 0")
    op.create_check_constraint("cases_ball", "cases", "ball IN ('client', 'staff', 'system', 'nobody')")

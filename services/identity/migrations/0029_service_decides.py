"""What is said of customer service: it decides requests, too, those whose form names it."""

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.execute("""
        UPDATE role_permissions SET permission = 'cases.decide'
        WHERE role = 'customer_service' AND permission = 'cases.see'
    """)

"""What staff are told goes to an address of theirs and is in nobody's inbox."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("""
ALTER TABLE messages DROP CONSTRAINT a_message_is_somebodys;
ALTER TABLE messages ADD CONSTRAINT a_message_is_somebodys
    CHECK (client_id IS NOT NULL OR user_id IS NOT NULL OR kind LIKE 'application\\_%'
        OR kind LIKE 'staff\\_%');
""")

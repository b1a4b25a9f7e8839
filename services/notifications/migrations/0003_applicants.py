"""Somebody who applies for portal use is neither a client nor a user yet, and is told by e-mail all the same."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("""
ALTER TABLE messages DROP CONSTRAINT a_message_is_somebodys;
ALTER TABLE messages ADD CONSTRAINT a_message_is_somebodys
    CHECK (client_id IS NOT NULL OR user_id IS NOT NULL OR kind LIKE 'application\\_%');
""")

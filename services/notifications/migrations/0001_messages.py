"""Messages, readers, deliveries, tries, preferences."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

from chassis.tables import create_chassis_tables

revision = "0001"
down_revision = None

MOMENT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    create_chassis_tables(op.get_bind())
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("client_id", sa.Uuid),
        sa.Column("user_id", sa.Uuid),
        sa.Column("right", sa.Text),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
        sa.Column("sms", sa.Text, nullable=False),
        sa.Column("link", sa.Text),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("client_id IS NOT NULL OR user_id IS NOT NULL", name="a_message_is_somebodys"),
    )
    op.create_index("messages_of_client", "messages", ["client_id", "created_at", "id"])
    op.create_index(
        "messages_of_user", "messages", ["user_id", "created_at", "id"],
        postgresql_where=sa.text("user_id IS NOT NULL"),
    )  # fmt: skip
    op.create_index("messages_old", "messages", ["created_at"])
    op.create_table(
        "message_reads",
        sa.Column("message_id", sa.Uuid, sa.ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("read_at", MOMENT, nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("message_id", sa.Uuid, sa.ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("client_id", sa.Uuid),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("next_try_at", MOMENT),
        sa.Column("lease_until", MOMENT),
        sa.Column("sent_at", MOMENT),
        sa.Column("failure", sa.Text),
        sa.Column("provider_ref", sa.Text),
        sa.CheckConstraint("status IN ('queued', 'sending', 'sent', 'failed')", name="known_status"),
        sa.CheckConstraint("status <> 'sent' OR sent_at IS NOT NULL", name="sent_has_a_moment"),
    )
    waiting = sa.text("status IN ('queued', 'sending')")
    op.create_index("deliveries_due", "deliveries", ["next_try_at"], postgresql_where=waiting)
    op.create_index("deliveries_newest", "deliveries", ["created_at", "id"])
    op.create_index("deliveries_by_status", "deliveries", ["status", "created_at", "id"])
    op.create_table(
        "attempts",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "delivery_id", sa.Uuid, sa.ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_table(
        "preferences",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("group", sa.Text, primary_key=True),
        sa.Column("email", sa.Boolean, nullable=False),
        sa.Column("sms", sa.Boolean, nullable=False),
    )
    op.create_table(
        "client_phones",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("phone", sa.Text, nullable=False),
    )

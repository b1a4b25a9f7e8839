"""Forms, cases, clock, timeline, confirmations, attachments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

from chassis.tables import create_chassis_tables

revision = "0001"
down_revision = None

MOMENT = TIMESTAMP(timezone=True)

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER timeline_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON timeline
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER confirmations_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON confirmations
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION keep_definition() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a published form version never changes'; END $$;
CREATE TRIGGER form_versions_kept BEFORE UPDATE OR DELETE ON form_versions
  FOR EACH ROW EXECUTE FUNCTION keep_definition();
"""


def upgrade() -> None:
    create_chassis_tables(op.get_bind())
    op.create_table(
        "form_versions",
        sa.Column("form", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("definition", JSONB, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("published_at", MOMENT, nullable=False, server_default=sa.func.now()),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("client_name", sa.Text, nullable=False, server_default=""),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("form_version", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("ball", sa.Text, nullable=False),
        sa.Column("clock", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("summary", sa.Text, nullable=False, server_default=""),
        sa.Column("search", sa.Text, nullable=False, server_default=""),
        sa.Column("started_by", sa.Uuid, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.Column("expires_on", sa.Date),
        sa.Column("case_no", sa.Text, unique=True),
        sa.Column("submitted_at", MOMENT),
        sa.Column("changed_at", MOMENT),
        sa.Column("clock_started", sa.Date),
        sa.Column("due_date", sa.Date),
        sa.Column("contact", JSONB, nullable=False, server_default="{}"),
        sa.Column("assignee", sa.Uuid),
        sa.Column("assignee_name", sa.Text),
        sa.Column("question", sa.Text),
        sa.Column("conditions", sa.Text, nullable=False, server_default=""),
        sa.Column("refusal_reason", sa.Text, nullable=False, server_default=""),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("decided_at", MOMENT),
        sa.Column("attention", sa.Text),
        sa.Column("permit_id", sa.Uuid),
        sa.Column("permit_no", sa.Text),
        sa.ForeignKeyConstraint(["form", "form_version"], ["form_versions.form", "form_versions.version"]),
        sa.CheckConstraint("(status = 'draft') = (case_no IS NULL)", name="a_number_once_submitted"),
    )
    submitted = sa.text("case_no IS NOT NULL")
    op.create_index("cases_of_client", "cases", ["client_id", "submitted_at", "id"], postgresql_where=submitted)
    op.create_index("cases_newest", "cases", ["submitted_at", "id"], postgresql_where=submitted)
    op.create_index(
        "cases_due", "cases", ["due_date", "id"], postgresql_where=sa.text("case_no IS NOT NULL AND ball <> 'nobody'")
    )
    op.create_index("drafts_of_client", "cases", ["client_id", "saved_at"], postgresql_where=sa.text("case_no IS NULL"))
    op.create_index("drafts_expiring", "cases", ["expires_on"], postgresql_where=sa.text("case_no IS NULL"))
    op.create_index("cases_waiting_for_permit", "cases", ["decided_at"], postgresql_where=sa.text("ball = 'system'"))
    op.create_table(
        "clock_pauses",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("stopped", sa.Date, nullable=False),
        sa.Column("resumed", sa.Date),
    )
    op.create_table(
        "timeline",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("actor_name", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False, server_default=""),
        sa.Column("params", JSONB, nullable=False, server_default="{}"),
        sa.Column("attachments", ARRAY(sa.Uuid), nullable=False, server_default="{}"),
        sa.Column("internal", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "confirmations",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("user_name", sa.Text, nullable=False),
        sa.Column("client_id", sa.Uuid),
        sa.Column("session", sa.Uuid),
        sa.Column("assurance", sa.Text),
        sa.Column("address", sa.Text),
        sa.Column("form_version", sa.Integer, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("statement", JSONB, nullable=False),
        sa.Column("document", JSONB, nullable=False),
    )
    op.create_table(
        "attachments",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("blob_id", sa.Uuid, sa.ForeignKey("blobs.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("document", sa.Text),
        sa.Column("media_type", sa.Text),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("received", sa.Integer, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("sha256", sa.Text),
        sa.Column("added_by", sa.Uuid, nullable=False),
        sa.Column("added_by_name", sa.Text, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
    )
    op.create_table(
        "case_invoices",
        sa.Column("invoice_id", sa.Uuid, primary_key=True),
        sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.id"), nullable=False, index=True),
        sa.Column("number", sa.Text, nullable=False),
    )
    op.create_table(
        "case_numbers",
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("last", sa.Integer, nullable=False),
    )
    op.execute(APPEND_ONLY)

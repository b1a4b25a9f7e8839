"""Former words of clients, proven e-mails apart from typed names (B-15); the trail is counted from one (B-21)."""

from alembic import op

revision = "0030"
down_revision = "0029"

SCRIPT = """
ALTER TABLE users ADD COLUMN former_emails text[] NOT NULL DEFAULT '{}';
UPDATE users SET former_emails = ARRAY(SELECT one FROM unnest(former) one WHERE one LIKE '%@%'),
    former = ARRAY(SELECT one FROM unnest(former) one WHERE one NOT LIKE '%@%') WHERE former <> '{}';
ALTER TABLE clients
    ADD COLUMN former text[] NOT NULL DEFAULT '{}',
    ADD COLUMN former_contacts text[] NOT NULL DEFAULT '{}';
-- What stands there already is for verify-audit to find, not for a migration to stumble over.
ALTER TABLE audit_records ADD CONSTRAINT audit_records_counted CHECK (seq > 0) NOT VALID;
"""


def upgrade() -> None:
    op.execute(SCRIPT)

"""The course of a case lets a transaction that erases a person take the name out, and drafts go whole."""

from alembic import op

revision = "0003"
down_revision = "0002"

SCRIPT = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('portal.erasing', true) = 'on' AND TG_OP IN ('UPDATE', 'DELETE') THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
"""


def upgrade() -> None:
    op.execute(SCRIPT)

"""The history of a permit lets a transaction that erases a person take the name out."""

from alembic import op

revision = "0003"
down_revision = "0002"

SCRIPT = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('portal.erasing', true) = 'on' AND TG_OP IN ('UPDATE') THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the history of a permit is append-only';
END $$;
"""


def upgrade() -> None:
    op.execute(SCRIPT)

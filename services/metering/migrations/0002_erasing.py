"""Readings let a transaction that erases a person take the name out; nothing else changes them."""

from alembic import op

revision = "0002"
down_revision = "0001"

SCRIPT = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('portal.erasing', true) = 'on' AND TG_OP IN ('UPDATE') THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'readings are append-only';
END $$;
"""


def upgrade() -> None:
    op.execute(SCRIPT)

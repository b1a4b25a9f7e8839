"""Append-only history lets a transaction that erases a person take the name out; the ledger never does."""

from alembic import op

revision = "0005"
down_revision = "0004"

SCRIPT = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('portal.erasing', true) = 'on' AND TG_OP = 'UPDATE'
        AND TG_TABLE_NAME IN ('invoice_history', 'payment_history') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE OR REPLACE FUNCTION guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('portal.erasing', true) = 'on' AND TG_OP = 'UPDATE'
        AND (to_jsonb(NEW) - '{customer,open}'::text[])
        = (to_jsonb(OLD) - '{customer,open}'::text[]) AND (NEW.customer - '{email,phone}'::text[])
        = (OLD.customer - '{email,phone}'::text[]) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR (to_jsonb(NEW) - '{paid,open,overdue_told_at}'::text[])
        <> (to_jsonb(OLD) - '{paid,open,overdue_told_at}'::text[]) THEN
        RAISE EXCEPTION 'invoice % is issued and cannot change', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


def upgrade() -> None:
    op.execute(SCRIPT)

"""The double-entry ledger: appended to, never changed; every set balances or nothing is committed."""

from alembic import op

revision = "0004"
down_revision = "0003"

LEDGER = """
CREATE TABLE posting_sets (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    at timestamptz NOT NULL DEFAULT now(),
    -- The fact that is booked, e.g. invoice:<id>; unique, so that one fact is never booked twice.
    source text NOT NULL UNIQUE,
    what text NOT NULL
);

CREATE TABLE postings (
    set_id uuid NOT NULL REFERENCES posting_sets,
    position integer NOT NULL CHECK (position > 0),
    account text NOT NULL,
    client_id uuid,
    debit numeric(14, 2) NOT NULL DEFAULT 0 CHECK (debit >= 0),
    credit numeric(14, 2) NOT NULL DEFAULT 0 CHECK (credit >= 0),
    PRIMARY KEY (set_id, position),
    CHECK ((debit > 0) <> (credit > 0))
);
CREATE INDEX postings_client ON postings (client_id, account) INCLUDE (debit, credit) WHERE client_id IS NOT NULL;
CREATE INDEX postings_account ON postings (account) INCLUDE (debit, credit);

CREATE TRIGGER posting_sets_guard BEFORE UPDATE OR DELETE ON posting_sets
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER postings_guard BEFORE UPDATE OR DELETE ON postings
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER posting_sets_keep BEFORE TRUNCATE ON posting_sets
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER postings_keep BEFORE TRUNCATE ON postings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Looked at when the transaction commits, because the lines of a set come one after the other.
CREATE FUNCTION check_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    key uuid := CASE TG_TABLE_NAME WHEN 'posting_sets' THEN (to_jsonb(NEW) ->> 'id')::uuid
                                   ELSE (to_jsonb(NEW) ->> 'set_id')::uuid END;
    lines integer;
    difference numeric;
BEGIN
    SELECT count(*), coalesce(sum(debit - credit), 0) INTO lines, difference FROM postings WHERE set_id = key;
    IF lines < 2 OR difference <> 0 THEN
        RAISE EXCEPTION 'posting set % does not balance (% lines, difference %)', key, lines, difference
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER posting_sets_balance AFTER INSERT ON posting_sets
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_balance();
-- And again for each line, so that nothing can be added to a set that was balanced before.
CREATE CONSTRAINT TRIGGER postings_balance AFTER INSERT ON postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_balance();
"""


def upgrade() -> None:
    op.execute(LEDGER)

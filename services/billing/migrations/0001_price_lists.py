"""Price lists: drafts that change, published versions that never do."""

from alembic import op

from chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None

PRICE_LISTS = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE price_lists (
    id uuid PRIMARY KEY,
    version integer NOT NULL DEFAULT 1,
    title text NOT NULL,
    legal_basis text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    state text NOT NULL CHECK (state IN ('draft', 'published')),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    published_at timestamptz,
    published_by text,
    CHECK (valid_to IS NULL OR valid_to >= valid_from),
    CHECK ((state = 'published') = (published_at IS NOT NULL)),
    -- One list at most rules on any day.
    CONSTRAINT price_lists_overlap EXCLUDE USING gist (daterange(valid_from, valid_to, '[]') WITH &&)
        WHERE (state = 'published')
);
CREATE INDEX price_lists_by_day ON price_lists (valid_from DESC, id DESC);

CREATE TABLE price_items (
    price_list_id uuid NOT NULL REFERENCES price_lists ON DELETE CASCADE,
    position integer NOT NULL CHECK (position > 0),
    code text NOT NULL,
    name_lv text NOT NULL,
    name_en text NOT NULL,
    unit_lv text NOT NULL,
    unit_en text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('one_off', 'monthly')),
    occasion text CHECK (occasion IN ('issue', 'extension', 'project', 'other')),
    basis text NOT NULL CHECK (basis IN ('permit', 'mhz', 'assignment', 'station')),
    service_kind text,
    permit_kind text,
    price numeric(14, 4) NOT NULL CHECK (price >= 0),
    vat_category text NOT NULL CHECK (vat_category IN ('O', 'E', 'S')),
    PRIMARY KEY (price_list_id, position),
    UNIQUE (price_list_id, code),
    CHECK (kind = 'monthly' OR occasion IS NOT NULL)
);
"""

# A published list is law for the invoices made by it. Its end may be set once, when the next version begins.
IMMUTABLE = """
CREATE FUNCTION guard_price_list() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'published' AND (TG_OP = 'DELETE'
        OR to_jsonb(NEW) - 'valid_to' - 'version' <> to_jsonb(OLD) - 'valid_to' - 'version'
        OR (OLD.valid_to IS NOT NULL AND NEW.valid_to IS DISTINCT FROM OLD.valid_to)) THEN
        RAISE EXCEPTION 'price list % is published and cannot change', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER price_lists_guard BEFORE UPDATE OR DELETE ON price_lists
    FOR EACH ROW EXECUTE FUNCTION guard_price_list();

CREATE FUNCTION guard_price_item() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE list uuid := CASE TG_OP WHEN 'INSERT' THEN NEW.price_list_id ELSE OLD.price_list_id END;
BEGIN
    IF EXISTS (SELECT FROM price_lists WHERE id = list AND state = 'published') THEN
        RAISE EXCEPTION 'price list % is published and cannot change', list USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER price_items_guard BEFORE INSERT OR UPDATE OR DELETE ON price_items
    FOR EACH ROW EXECUTE FUNCTION guard_price_item();
"""


def upgrade() -> None:
    create_chassis_tables(op)
    op.execute(PRICE_LISTS)
    op.execute(IMMUTABLE)

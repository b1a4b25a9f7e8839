"""Invoices, which never change once issued, and the runs that make them month by month."""

from alembic import op

revision = "0002"
down_revision = "0001"

INVOICES = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

-- Numbers without gaps: the row is locked by the transaction that takes numbers, so a rollback gives them back.
CREATE TABLE number_series (
    series text NOT NULL,
    year integer NOT NULL,
    last integer NOT NULL DEFAULT 0 CHECK (last >= 0),
    PRIMARY KEY (series, year)
);

CREATE TABLE fee_runs (
    id uuid PRIMARY KEY,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    state text NOT NULL CHECK (state IN ('collecting', 'issuing', 'finished', 'failed')),
    price_list_id uuid NOT NULL REFERENCES price_lists,
    issued_on date NOT NULL,
    cursor text,
    permit_count integer NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now(),
    started_by text NOT NULL,
    finished_at timestamptz,
    problem text NOT NULL DEFAULT '',
    tries integer NOT NULL DEFAULT 0,
    next_try_at timestamptz
);
CREATE UNIQUE INDEX fee_runs_one_at_a_time ON fee_runs (month) WHERE state IN ('collecting', 'issuing');
CREATE INDEX fee_runs_going ON fee_runs (started_at) WHERE state IN ('collecting', 'issuing');

CREATE TABLE invoices (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    series text NOT NULL,
    year integer NOT NULL,
    sequence integer NOT NULL CHECK (sequence > 0),
    reference text NOT NULL UNIQUE,
    client_id uuid NOT NULL,
    client_name text NOT NULL,
    search text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('monthly', 'one_off')),
    month date,
    issued_on date NOT NULL,
    due_on date NOT NULL,
    vat_category text NOT NULL CHECK (vat_category IN ('O', 'E', 'S')),
    vat_rate numeric(5, 2) NOT NULL,
    net numeric(14, 2) NOT NULL CHECK (net > 0),
    vat numeric(14, 2) NOT NULL CHECK (vat >= 0),
    total numeric(14, 2) NOT NULL CHECK (total = net + vat),
    paid numeric(14, 2) NOT NULL DEFAULT 0,
    open numeric(14, 2) NOT NULL GENERATED ALWAYS AS (total - paid) STORED,
    supplier jsonb NOT NULL,
    customer jsonb NOT NULL,
    price_list_id uuid NOT NULL REFERENCES price_lists,
    legal_basis text NOT NULL,
    case_id uuid,
    permit_id uuid,
    fee_run_id uuid REFERENCES fee_runs,
    issued_at timestamptz NOT NULL DEFAULT now(),
    issued_by text NOT NULL,
    overdue_told_at timestamptz,
    UNIQUE (series, year, sequence),
    CHECK (paid >= 0 AND paid <= total),
    CHECK (due_on >= issued_on),
    CHECK ((kind = 'monthly') = (month IS NOT NULL))
);
-- One invoice per client, month and VAT treatment, however often a run is started.
CREATE UNIQUE INDEX invoices_once_a_month ON invoices (client_id, month, vat_category) WHERE kind = 'monthly';
CREATE UNIQUE INDEX invoices_once_a_permit ON invoices (permit_id, vat_category) WHERE kind = 'one_off';
CREATE INDEX invoices_month ON invoices (month) WHERE kind = 'monthly';
CREATE INDEX invoices_client_issued ON invoices (client_id, issued_on DESC, id DESC);
CREATE INDEX invoices_issued ON invoices (issued_on DESC, id DESC);
CREATE INDEX invoices_due ON invoices (due_on, id);
CREATE INDEX invoices_total ON invoices (total, id);
CREATE INDEX invoices_open ON invoices (client_id, due_on) WHERE paid < total;
CREATE INDEX invoices_untold ON invoices (due_on) WHERE paid < total AND overdue_told_at IS NULL;
CREATE INDEX invoices_run ON invoices (fee_run_id) WHERE fee_run_id IS NOT NULL;
CREATE INDEX invoices_search ON invoices USING gin (search gin_trgm_ops);

CREATE FUNCTION guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (to_jsonb(NEW) - '{paid,open,overdue_told_at}'::text[])
        <> (to_jsonb(OLD) - '{paid,open,overdue_told_at}'::text[]) THEN
        RAISE EXCEPTION 'invoice % is issued and cannot change', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoices_guard BEFORE UPDATE OR DELETE ON invoices FOR EACH ROW EXECUTE FUNCTION guard_invoice();

CREATE TABLE invoice_lines (
    invoice_id uuid NOT NULL REFERENCES invoices,
    position integer NOT NULL CHECK (position > 0),
    code text NOT NULL,
    name_lv text NOT NULL,
    name_en text NOT NULL,
    unit_lv text NOT NULL,
    unit_en text NOT NULL,
    quantity numeric(14, 4) NOT NULL CHECK (quantity > 0),
    unit_price numeric(14, 4) NOT NULL CHECK (unit_price >= 0),
    net numeric(14, 2) NOT NULL CHECK (net >= 0),
    permit_id uuid,
    permit_no text,
    PRIMARY KEY (invoice_id, position)
);
CREATE INDEX invoice_lines_permit ON invoice_lines (permit_no text_pattern_ops);
CREATE TRIGGER invoice_lines_guard BEFORE UPDATE OR DELETE ON invoice_lines
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE invoice_history (
    id uuid PRIMARY KEY,
    invoice_id uuid NOT NULL REFERENCES invoices,
    at timestamptz NOT NULL DEFAULT now(),
    what text NOT NULL,
    by text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT ''
);
CREATE INDEX invoice_history_of ON invoice_history (invoice_id, at);
CREATE TRIGGER invoice_history_guard BEFORE UPDATE OR DELETE ON invoice_history
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Rendered once per language and layout; can be thrown away at any time.
CREATE TABLE invoice_documents (
    invoice_id uuid NOT NULL REFERENCES invoices,
    language text NOT NULL CHECK (language IN ('lv', 'en')),
    layout text NOT NULL,
    body bytea NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (invoice_id, language, layout)
);
"""

FEE_RUNS = """
-- What permits said of the month, kept as the evidence each invoice rests on.
CREATE TABLE fee_basis (
    fee_run_id uuid NOT NULL REFERENCES fee_runs,
    permit_id uuid NOT NULL,
    permit_no text NOT NULL,
    client_id uuid NOT NULL,
    client_name text NOT NULL,
    service_kind text NOT NULL,
    permit_kind text NOT NULL,
    station_count integer NOT NULL,
    assignment_count integer NOT NULL,
    bandwidth_khz numeric NOT NULL,
    days_in_force integer NOT NULL,
    days_in_month integer NOT NULL,
    PRIMARY KEY (fee_run_id, permit_id)
);
CREATE INDEX fee_basis_client ON fee_basis (fee_run_id, client_id);

CREATE TABLE fee_run_clients (
    fee_run_id uuid NOT NULL REFERENCES fee_runs,
    client_id uuid NOT NULL,
    client_name text NOT NULL,
    outcome text NOT NULL DEFAULT 'waiting'
        CHECK (outcome IN ('waiting', 'issued', 'skipped', 'nothing', 'problem')),
    invoice_id uuid REFERENCES invoices,
    invoice_count integer NOT NULL DEFAULT 0,
    number text NOT NULL DEFAULT '',
    total numeric(14, 2),
    problem text NOT NULL DEFAULT '',
    PRIMARY KEY (fee_run_id, client_id)
);
CREATE INDEX fee_run_clients_outcome ON fee_run_clients (fee_run_id, outcome, client_id);
"""


def upgrade() -> None:
    op.execute(INVOICES)
    op.execute(FEE_RUNS)

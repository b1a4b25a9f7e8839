"""Payments: what was chosen, what the bank said, and money that fits nothing."""

from alembic import op

revision = "0003"
down_revision = "0002"

PAYMENTS = """
CREATE TABLE payments (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL,
    client_name text NOT NULL,
    search text NOT NULL,
    state text NOT NULL CHECK (state IN ('created', 'pending', 'paid', 'failed', 'cancelled', 'expired')),
    amount numeric(14, 2) NOT NULL CHECK (amount > 0),
    currency text NOT NULL DEFAULT 'EUR',
    -- Ours, unique, known before the bank hears of the payment: with it a payment is found again after any crash.
    reference text NOT NULL UNIQUE,
    provider text NOT NULL,
    provider_ref text,
    redirect_url text,
    reason text NOT NULL DEFAULT '',
    language text NOT NULL DEFAULT 'lv',
    started_by text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    finished_at timestamptz,
    next_poll_at timestamptz,
    polls integer NOT NULL DEFAULT 0,
    -- One process at a time talks to the bank about a payment.
    claimed_until timestamptz,
    UNIQUE (provider, provider_ref),
    CHECK ((state IN ('created', 'pending')) = (finished_at IS NULL))
);
CREATE INDEX payments_client ON payments (client_id, started_at DESC, id DESC);
CREATE INDEX payments_started ON payments (started_at DESC, id DESC);
CREATE INDEX payments_to_poll ON payments (next_poll_at) WHERE next_poll_at IS NOT NULL;
CREATE INDEX payments_search ON payments USING gin (search gin_trgm_ops);

CREATE TABLE payment_parts (
    payment_id uuid NOT NULL REFERENCES payments,
    invoice_id uuid NOT NULL REFERENCES invoices,
    number text NOT NULL,
    amount numeric(14, 2) NOT NULL CHECK (amount > 0),
    applied numeric(14, 2) NOT NULL DEFAULT 0 CHECK (applied >= 0 AND applied <= amount),
    position integer NOT NULL,
    active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (payment_id, invoice_id)
);
-- An invoice is in one unfinished payment at most, whoever asks at the same moment.
CREATE UNIQUE INDEX payment_parts_one_active ON payment_parts (invoice_id) WHERE active;
CREATE INDEX payment_parts_invoice ON payment_parts (invoice_id);

CREATE TABLE payment_history (
    id uuid PRIMARY KEY,
    payment_id uuid NOT NULL REFERENCES payments,
    at timestamptz NOT NULL DEFAULT now(),
    what text NOT NULL,
    by text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT ''
);
CREATE INDEX payment_history_of ON payment_history (payment_id, at);
CREATE TRIGGER payment_history_guard BEFORE UPDATE OR DELETE ON payment_history
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Every notice with a good signature, as it came: evidence when a bank and we disagree.
CREATE TABLE payment_notices (
    id uuid PRIMARY KEY,
    provider text NOT NULL,
    provider_ref text NOT NULL,
    reference text NOT NULL,
    body bytea NOT NULL,
    signature text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    outcome text NOT NULL
);
CREATE INDEX payment_notices_ref ON payment_notices (provider, provider_ref);
CREATE TRIGGER payment_notices_guard BEFORE UPDATE OR DELETE ON payment_notices
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE suspense (
    id uuid PRIMARY KEY,
    payment_id uuid REFERENCES payments,
    client_id uuid,
    client_name text NOT NULL DEFAULT '',
    provider text NOT NULL,
    provider_ref text NOT NULL,
    amount numeric(14, 2) NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    return_key text,
    return_asked_at timestamptz,
    returned_at timestamptz,
    returned_by text NOT NULL DEFAULT '',
    -- The same money is held once, however often the bank tells of it.
    UNIQUE (provider, provider_ref)
);
CREATE INDEX suspense_open ON suspense (at DESC, id DESC) WHERE returned_at IS NULL;
"""


def upgrade() -> None:
    op.execute(PAYMENTS)

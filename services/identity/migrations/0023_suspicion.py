"""Failed sign-ins by source, and what was held on suspicion."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute("""
CREATE TABLE sign_in_failures (
    source text NOT NULL,
    subject text NOT NULL,
    network text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (source, subject)
);
CREATE INDEX sign_in_failures_subject ON sign_in_failures (subject, at);
CREATE INDEX sign_in_failures_at ON sign_in_failures (at);

CREATE TABLE sign_in_holds (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('account', 'address')),
    subject text NOT NULL,
    user_id uuid REFERENCES users,
    evidence integer NOT NULL,
    refused bigint NOT NULL DEFAULT 0,
    began_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    lifted_at timestamptz,
    lifted_by text,
    note text,
    CHECK ((kind = 'account') = (user_id IS NOT NULL))
);
CREATE INDEX sign_in_holds_open ON sign_in_holds (subject, ends_at) WHERE lifted_at IS NULL;
CREATE INDEX sign_in_holds_newest ON sign_in_holds (began_at DESC, id DESC);
CREATE INDEX sign_in_holds_user ON sign_in_holds (user_id) WHERE user_id IS NOT NULL;
""")

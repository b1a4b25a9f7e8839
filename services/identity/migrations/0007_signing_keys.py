"""Signing keys that rotate: several at a time, their private halves encrypted under the root key."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("""
    CREATE TABLE signing_keys (
        id text PRIMARY KEY,
        state text NOT NULL CHECK (state IN ('next', 'active', 'retiring', 'retired')),
        public text NOT NULL,
        sealed bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        activated_at timestamptz,
        expires_at timestamptz,
        retired_at timestamptz,
        withdrawn_because text,
        CHECK ((state = 'retired') = (sealed IS NULL))
    );
    CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (state) WHERE state IN ('active', 'next');
    """)

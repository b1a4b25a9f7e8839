"""Where users sign in from, so that an unusual place is seen; old passwords found without reading all."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.execute("""
CREATE TABLE known_places (
    user_id uuid NOT NULL REFERENCES users,
    device text NOT NULL,
    network text NOT NULL,
    seen_on date NOT NULL,
    PRIMARY KEY (user_id, device, network)
);
CREATE INDEX known_places_seen ON known_places (seen_on);
CREATE INDEX passwords_age ON passwords (changed_at) WHERE blocked_at IS NULL;
""")

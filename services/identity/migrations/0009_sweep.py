"""What the sweep has announced."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("""
CREATE TABLE planned_endings (
    kind text NOT NULL CHECK (kind IN ('mandate', 'basis', 'idle')),
    object_id uuid NOT NULL,
    found_on date NOT NULL,
    ends_on date NOT NULL,
    told integer[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (kind, object_id)
);
CREATE INDEX planned_endings_next ON planned_endings (ends_on, object_id);
CREATE INDEX representations_ending ON representations (valid_to) WHERE ended_at IS NULL;
""")

"""Tables every service has: outbox, inbox, idempotency keys, blobs."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, JSONB, TIMESTAMP, UUID


@dataclass(frozen=True)
class ChassisTables:
    """The chassis's own tables inside one service's metadata."""

    outbox: sa.Table
    inbox: sa.Table
    idempotency: sa.Table
    blobs: sa.Table
    blob_chunks: sa.Table


def chassis_tables(metadata: sa.MetaData) -> ChassisTables:
    """Return the chassis's tables, added to `metadata` at the first call."""
    if "outbox" in metadata.tables:
        t = metadata.tables
        return ChassisTables(t["outbox"], t["inbox"], t["idempotency"], t["blobs"], t["blob_chunks"])
    moment = TIMESTAMP(timezone=True)
    outbox = sa.Table(
        "outbox",
        metadata,
        # The position is the order of publishing; the id is what consumers remember.
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("id", UUID(as_uuid=True), nullable=False, unique=True),
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("routing_key", sa.Text, nullable=False),
        sa.Column("aggregate", sa.Text, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("envelope", BYTEA, nullable=False),
        sa.Column("created_at", moment, nullable=False, server_default=sa.func.now()),
        sa.Column("published_at", moment),
        sa.Index("outbox_unpublished", "position", postgresql_where=sa.text("published_at IS NULL")),
        sa.Index("outbox_published_at", "published_at", postgresql_where=sa.text("published_at IS NOT NULL")),
    )
    inbox = sa.Table(
        "inbox",
        metadata,
        sa.Column("event_id", UUID(as_uuid=True), primary_key=True),
        sa.Column("handler", sa.Text, primary_key=True),
        sa.Column("handled_at", moment, nullable=False, server_default=sa.func.now(), index=True),
    )
    idempotency = sa.Table(
        "idempotency",
        metadata,
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("actor", sa.Text, primary_key=True),
        sa.Column("method", sa.Text, primary_key=True),
        sa.Column("request_hash", sa.Text, nullable=False),
        sa.Column("reply", JSONB),
        sa.Column("created_at", moment, nullable=False, server_default=sa.func.now(), index=True),
    )
    blobs = sa.Table(
        "blobs",
        metadata,
        sa.Column("id", UUID(as_uuid=True), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("chunks", sa.Integer, nullable=False, server_default="0"),
        sa.Column("sha256", sa.Text),
        sa.Column("complete", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("created_at", moment, nullable=False, server_default=sa.func.now()),
    )
    blob_chunks = sa.Table(
        "blob_chunks",
        metadata,
        sa.Column("blob_id", UUID(as_uuid=True), sa.ForeignKey("blobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("data", BYTEA, nullable=False),
    )
    return ChassisTables(outbox, inbox, idempotency, blobs, blob_chunks)


# Rings the relay without a round trip of its own, at commit; the relay also polls, so a lost ring loses nothing.
OUTBOX_BELL = """
CREATE FUNCTION ring_outbox() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('outbox', ''); RETURN NULL; END $$;
CREATE TRIGGER outbox_bell AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION ring_outbox();
"""


def create_chassis_tables(connection: sa.Connection) -> None:
    """Create the chassis's tables; called by every service's first migration with `op.get_bind()`."""
    metadata = sa.MetaData()
    chassis_tables(metadata)
    metadata.create_all(connection)
    connection.exec_driver_sql(OUTBOX_BELL)

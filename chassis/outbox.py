"""The relay's side of one service's outbox: lock, bell, rows, marks, measures, tidying up."""

from __future__ import annotations

from typing import Any

import psycopg2
import psycopg2.extras

from chassis import telemetry

LOCK = 7_261_002  # advisory lock: one relay per outbox
STATEMENT_TIMEOUT_MS = 15_000

# Published events stay in the stream for 30 days; the inbox must remember longer than anything can be replayed.
KEEP = {
    "outbox": "published_at < now() - interval '3 days'",
    "inbox": "handled_at < now() - interval '60 days'",
    "idempotency": "created_at < now() - interval '3 days'",
}
TIDY_ROWS = 5000


class OutboxBusy(Exception):
    """Another relay holds this outbox."""


class Outbox:
    """One connection in autocommit mode; every statement is bounded. Raises psycopg2.Error."""

    def __init__(self, service: str, dsn: str) -> None:
        self.service = service
        self._dsn = dsn.replace("postgresql+psycopg2://", "postgresql://", 1)
        self._connection: Any = None

    def open(self) -> None:
        """Connect, take the lock, listen for the bell. Raises OutboxBusy."""
        self._connection = psycopg2.connect(
            self._dsn,
            application_name="relay",
            connect_timeout=3,
            options=f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC",
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
            tcp_user_timeout=10_000,
        )
        self._connection.autocommit = True
        if not self._one("SELECT pg_try_advisory_lock(%s)", (LOCK,))[0]:
            raise OutboxBusy(self.service)
        self._run("LISTEN outbox")

    def close(self) -> None:
        """Drop the connection, and with it the lock."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def fileno(self) -> int:
        """Return the socket the bell rings on."""
        number: int = self._connection.fileno()
        return number

    def hear(self) -> None:
        """Take the bell's ringing off the connection."""
        self._connection.poll()
        self._connection.notifies.clear()

    def unpublished(self, limit: int) -> list[dict[str, Any]]:
        """Return the next rows to publish, in the order they were written."""
        with self._connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(
                "SELECT position, id::text AS id, exchange, routing_key, aggregate, event_type, envelope FROM outbox"
                " WHERE published_at IS NULL ORDER BY position LIMIT %s",
                (limit,),
            )
            rows: list[dict[str, Any]] = cursor.fetchall()
        return rows

    def mark(self, positions: list[int]) -> None:
        """Note that these rows are with the broker."""
        if positions:
            self._run("UPDATE outbox SET published_at = now() WHERE position = ANY(%s)", (positions,))

    def measure(self) -> None:
        """Set the gauges: rows waiting, age of the oldest in seconds."""
        count, age = self._one(
            "SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM outbox"
            " WHERE published_at IS NULL"
        )
        telemetry.OUTBOX_PENDING.labels(self.service).set(count)
        telemetry.OUTBOX_AGE.labels(self.service).set(float(age))

    def tidy(self) -> None:
        """Delete what nobody needs any more, a few thousand rows at a time."""
        for table, condition in KEEP.items():
            self._run(
                f"DELETE FROM {table} WHERE ctid IN (SELECT ctid FROM {table} WHERE {condition} LIMIT {TIDY_ROWS})"  # noqa: S608
            )

    def _run(self, statement: str, parameters: tuple[Any, ...] = ()) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)

    def _one(self, statement: str, parameters: tuple[Any, ...] = ()) -> Any:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchone()

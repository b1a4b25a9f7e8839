"""One service's database: a pool that yields, units of work that commit once, reads that cost one round trip.

A unit of work writes the facts, the events that tell of them (outbox), the event it answers to (inbox), the audit
records and the idempotent reply in one commit, or nothing at all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event as sa_event
from sqlalchemy import exc
from sqlalchemy.orm import Session

from chassis import audit, context
from chassis.caller import Caller, Delivery
from chassis.disclosures import Disclosures
from chassis.errors import PortalError
from chassis.settings import database_url
from chassis.tables import chassis_tables
from chassis.telemetry import get_logger
from chassis.unit_of_work import UnitOfWork

log = get_logger(__name__)

IDLE_SECONDS_BEFORE_PING = 1.0
STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 10_000


def _engine(url: str, service: str, *, size: int, autocommit: bool) -> sa.Engine:
    options: dict[str, Any] = {}
    if autocommit:
        # One round trip per read: no BEGIN, no ROLLBACK at return (stack facts, section 5, lever 3).
        options = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
    # What stands in a statement may be somebody's data, and errors go to the log.
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        pool_size=size,
        max_overflow=size,
        pool_timeout=5,
        pool_recycle=1800,
        connect_args={
            "application_name": service,
            "connect_timeout": 3,
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}"
            f" -c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
            # A server that vanished without a word is noticed within seconds, not hours.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        },
        **options,
    )
    _ping_idle_connections(engine)
    return engine


def _ping_idle_connections(engine: sa.Engine) -> None:
    """Test a pooled connection before use only when it has been idle: a busy one needs no extra round trip."""

    @sa_event.listens_for(engine, "checkin")
    def remember(dbapi_connection: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    @sa_event.listens_for(engine, "checkout")
    def ping(dbapi_connection: Any, record: Any, proxy: Any) -> None:
        used_at = record.info.get("used_at")
        if used_at is None or time.monotonic() - used_at < IDLE_SECONDS_BEFORE_PING:
            return
        try:
            cursor = dbapi_connection.cursor()
            cursor.execute("SELECT 1")
            cursor.close()
            if not dbapi_connection.autocommit:
                dbapi_connection.rollback()
        except engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]
            raise exc.DisconnectionError("the connection died while idle") from error


@contextmanager
def _coded() -> Iterator[None]:
    """Turn a database that is away, overloaded or too slow into coded errors the caller can act on."""
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        state = getattr(getattr(error, "orig", None), "pgcode", None)
        if state in ("57014", "55P03"):
            raise PortalError("deadline") from error
        log.warning("database unavailable", error=str(error).splitlines()[0])
        raise PortalError("unavailable") from error


class Database:
    """The database of `service`; `metadata` is the service's own tables."""

    def __init__(self, service: str, metadata: sa.MetaData, url: str | None = None, pool_size: int = 10) -> None:
        self.service = service
        self.metadata = metadata
        self.tables = chassis_tables(metadata)
        self.url = url or database_url(service)
        self.engine = _engine(self.url, service, size=pool_size, autocommit=False)
        self.read_engine = _engine(self.url, service, size=pool_size, autocommit=True)
        self._disclosures = Disclosures(service, self._write_records)

    @contextmanager
    def unit_of_work(self, who: Caller | Delivery) -> Iterator[UnitOfWork]:
        """Open a transaction for `who`: commit at a clean end of the block, roll back when it raises.

        With a Delivery the inbox row is written first; raises AlreadyHandled when the event was done before.
        Raises PortalError unavailable / deadline when the database is away or too slow.
        """
        with _coded(), Session(self.engine, expire_on_commit=False, autoflush=True) as session, session.begin():
            unit = UnitOfWork(self.service, self.tables, session, who)
            unit.enter_inbox()
            yield unit
            unit.write_messages()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open an autocommit connection for Core selects: one round trip a statement, no transaction around them."""
        with _coded(), self.read_engine.connect() as connection:
            yield connection

    def disclosed(
        self,
        action: str,
        *,
        caller: Caller,
        on: tuple[str, object],
        client: UUID | None = None,
        right: str | None = None,
    ) -> None:
        """Record that `caller` was shown somebody's data.

        Staff and machines: written before the answer leaves, once however many calls one page makes. The client's own
        people: gathered and written within a second, once per person and object in 15 minutes, so that looking at
        one's own permit costs no commit.
        """
        circumstances = context.current()
        record = audit.record(
            self.service,
            caller,
            action,
            on=on,
            client=client,
            right=right,
            disclosure=True,
            correlation_id=circumstances.correlation_id,
            address=circumstances.address,
        )
        if caller.kind == "user" and (client is None or client == caller.client):
            self._disclosures.gather(record)
        elif caller.kind in ("staff", "machine") and self._disclosures.first_of_request(record):
            try:
                self._write_records([record])
            except BaseException:  # a timeout of the loop too: a call that is handed out again must write it
                self._disclosures.not_written(record)
                raise

    def refused(
        self,
        action: str,
        *,
        caller: Caller,
        on: tuple[str, object] | None = None,
        client: UUID | None = None,
        right: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Record an attempt that was refused, in a transaction of its own (the deed's own was rolled back)."""
        circumstances = context.current()
        self._write_records(
            [
                audit.record(
                    self.service,
                    caller,
                    action,
                    on=on,
                    client=client,
                    right=right,
                    outcome="refused",
                    detail=detail,
                    correlation_id=circumstances.correlation_id,
                    address=circumstances.address,
                )
            ]
        )

    def _write_records(self, records: list[audit.AuditRecord]) -> None:
        with self.unit_of_work(Caller(kind="service", service=self.service, name=f"service:{self.service}")) as unit:
            unit.records.extend(records)

    def ping(self) -> None:
        """Raise PortalError unavailable when the database does not answer."""
        with self.reading() as connection:
            connection.execute(sa.text("SELECT 1"))

    def close(self) -> None:
        """Write what is gathered and close the pools."""
        self._disclosures.flush()
        self.engine.dispose()
        self.read_engine.dispose()

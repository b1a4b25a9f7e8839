"""Fee runs: what permits said, and what became of each client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.billing import messages as m
from services.billing.domain import prices
from services.billing.store.bulk import table_of
from services.billing.store.tables import FeeBasis, FeeRun, FeeRunClient
from services.permits.messages import FeeBasis as Told

GOING = ("collecting", "issuing")


def _count(outcome: str) -> sa.ColumnElement[int]:
    return sa.func.count().filter(FeeRunClient.outcome == outcome)


_COUNTS = (
    sa.select(
        FeeRunClient.fee_run_id,
        sa.func.count().label("clients"),
        (sa.func.count() - _count("waiting")).label("done"),
        _count("skipped").label("skipped"),
        _count("problem").label("problems"),
        sa.func.sum(FeeRunClient.invoice_count).label("invoices"),
        sa.func.coalesce(sa.func.sum(FeeRunClient.total).filter(FeeRunClient.outcome == "issued"), 0).label("total"),
    )
    .where(FeeRunClient.fee_run_id == FeeRun.id)
    .group_by(FeeRunClient.fee_run_id)
    .lateral()
)
_ROWS = sa.select(FeeRun.__table__, _COUNTS).outerjoin(_COUNTS, sa.true())


def shown(row: Any) -> m.FeeRun:
    """Return a run as it is shown."""
    return m.FeeRun(
        fee_run_id=row.id,
        month=row.month,
        state=row.state,
        started_at=row.started_at,
        started_by=row.started_by,
        finished_at=row.finished_at,
        permit_count=row.permit_count,
        client_count=row.clients or 0,
        done_count=row.done or 0,
        invoice_count=row.invoices or 0,
        skipped_count=row.skipped or 0,
        problem_count=row.problems or 0,
        total=row.total or Decimal("0.00"),
        problem=row.problem,
    )


def one(connection: sa.Connection | Session, fee_run_id: UUID) -> Any | None:
    """Return a run, None when there is none."""
    return connection.execute(_ROWS.where(FeeRun.id == fee_run_id)).first()


def page(connection: sa.Connection, before: tuple[Any, ...] | None, limit: int) -> list[Any]:
    """Return runs, newest first."""
    statement = _ROWS
    if before is not None:
        statement = statement.where(sa.tuple_(FeeRun.started_at, FeeRun.id) < sa.tuple_(*map(sa.literal, before)))
    return list(connection.execute(statement.order_by(FeeRun.started_at.desc(), FeeRun.id.desc()).limit(limit)))


def going(connection: sa.Connection, moment: datetime) -> list[Any]:
    """Return the runs with work to do now, oldest first."""
    return list(
        connection.execute(
            sa.select(FeeRun.__table__)
            .where(FeeRun.state.in_(GOING), sa.or_(FeeRun.next_try_at.is_(None), FeeRun.next_try_at <= moment))
            .order_by(FeeRun.started_at)
        )
    )


def results(connection: sa.Connection, request: m.FeeRunReport, after: tuple[Any, ...] | None, limit: int) -> list[Any]:
    """Return what a run did, by client name."""
    statement = sa.select(FeeRunClient.__table__).where(FeeRunClient.fee_run_id == request.fee_run_id)
    if request.outcome is not None:
        statement = statement.where(FeeRunClient.outcome == request.outcome)
    if after is not None:
        place = sa.tuple_(*map(sa.literal, after))
        statement = statement.where(sa.tuple_(FeeRunClient.client_name, FeeRunClient.client_id) > place)
    order = (FeeRunClient.client_name, FeeRunClient.client_id)
    return list(connection.execute(statement.order_by(*order).limit(limit)))


def keep_basis(session: Session, fee_run_id: UUID, told: Sequence[Told]) -> int:
    """Keep a page of what permits said; a page that comes again adds nothing. Returns how many were new."""
    if not told:
        return 0
    kept = (
        session.connection()
        .execute(
            insert(table_of(FeeBasis)).on_conflict_do_nothing().returning(FeeBasis.permit_id),
            [
                {
                    "fee_run_id": fee_run_id,
                    "permit_id": permit.permit_id,
                    "permit_no": permit.permit_no,
                    "client_id": permit.holder_client_id,
                    "client_name": permit.holder_name,
                    "service_kind": permit.service_kind,
                    "permit_kind": permit.permit_kind,
                    "station_count": permit.station_count,
                    "assignment_count": permit.assignment_count,
                    "bandwidth_khz": permit.bandwidth_khz,
                    "days_in_force": permit.days_in_force,
                    "days_in_month": permit.days_in_month,
                }
                for permit in told
            ],
        )
        .all()
    )
    names = {permit.holder_client_id: permit.holder_name for permit in told}
    session.connection().execute(
        insert(table_of(FeeRunClient)).on_conflict_do_nothing(),
        [{"fee_run_id": fee_run_id, "client_id": key, "client_name": name} for key, name in names.items()],
    )
    return len(kept)


def waiting(connection: sa.Connection | Session, fee_run_id: UUID, count: int) -> list[Any]:
    """Return clients that wait for their invoices."""
    return list(
        connection.execute(
            sa.select(FeeRunClient.client_id, FeeRunClient.client_name)
            .where(FeeRunClient.fee_run_id == fee_run_id, FeeRunClient.outcome == "waiting")
            .order_by(FeeRunClient.client_id)
            .limit(count)
        )
    )


def basis_of(
    connection: sa.Connection | Session, fee_run_id: UUID, client_ids: Sequence[UUID]
) -> dict[UUID, list[prices.FeePermit]]:
    """Return the permits of clients as their fees see them, by permit number."""
    found: dict[UUID, list[prices.FeePermit]] = {client_id: [] for client_id in client_ids}
    b = FeeBasis
    rows = connection.execute(
        sa.select(
            b.client_id, b.permit_id, b.permit_no, b.service_kind, b.permit_kind, b.bandwidth_khz,
            b.assignment_count, b.station_count, b.days_in_force, b.days_in_month,
        )
        .where(b.fee_run_id == fee_run_id, b.client_id.in_(client_ids))
        .order_by(b.client_id, b.permit_no)
    )  # fmt: skip
    for client_id, *permit in rows:
        found[client_id].append(prices.FeePermit(*permit))
    return found


_OUTCOME = (
    sa.update(table_of(FeeRunClient))
    .where(
        FeeRunClient.fee_run_id == sa.bindparam("run"),
        FeeRunClient.client_id == sa.bindparam("client"),
    )
    .values(
        outcome=sa.bindparam("outcome"),
        invoice_id=sa.bindparam("invoice_id"),
        invoice_count=sa.bindparam("invoice_count"),
        number=sa.bindparam("number"),
        total=sa.bindparam("total"),
        problem=sa.bindparam("problem"),
    )
)


def set_outcomes(session: Session, outcomes: Sequence[dict[str, Any]]) -> None:
    """Write down what became of clients: keys as the columns, and `run`, `client`."""
    if outcomes:
        session.connection().execute(_OUTCOME, outcomes)

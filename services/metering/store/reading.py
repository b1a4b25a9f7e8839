"""Reads of contracts, meters and readings."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import sqlalchemy as sa

from chassis.caller import Objects
from chassis.errors import PortalError
from services.metering.messages import Meter, Reading
from services.metering.store.tables import acts, contracts, meters, readings

_c, _m, _r = contracts.c, meters.c, readings.c
MOST_PARTS = 100

_METER_COUNT = sa.select(sa.func.count()).where(_m.contract_id == _c.id).scalar_subquery().label("meter_count")
CONTRACTS = sa.select(contracts, _METER_COUNT)
ACTS = (
    sa.select(acts)
    .where(acts.c.contract_id == sa.bindparam("contract_id"))
    .order_by(acts.c.registered_on.desc(), acts.c.act_no)
    .limit(MOST_PARTS)
)
METER = sa.select(meters, _c.client_id, _c.contract_no).join(contracts, _c.id == _m.contract_id)
_LAST = sa.select(readings).where(_r.meter_id == _m.id).order_by(_r.read_on.desc()).limit(1).lateral("last")
METERS = (
    sa.select(meters, *(column.label(f"last_{column.name}") for column in _LAST.c))
    .select_from(meters.outerjoin(_LAST, sa.true()))
    .where(_m.contract_id == sa.bindparam("contract_id"))
    .order_by(_m.removed_on.is_not(None), _m.meter_no)
    .limit(MOST_PARTS)
)
READINGS = (
    sa.select(readings)
    .where(_r.meter_id == sa.bindparam("meter_id"), _r.read_on < sa.bindparam("before", type_=sa.Date))
    .order_by(_r.read_on.desc())
    .limit(sa.bindparam("limit"))
)


def find(connection: sa.Connection, number: str | None, client: uuid.UUID | None) -> list[sa.Row[Any]]:
    """Return contracts by number and client, either of them None for any; at most 100."""
    statement = sa.select(_c.id, _c.contract_no, _c.client_id, _c.concluded_on, _c.ended_on)
    if number is not None:
        statement = statement.where(_c.contract_no.in_({number, number.upper(), number.lower()}))
    if client is not None:
        statement = statement.where(_c.client_id == client)
    return list(connection.execute(statement.order_by(_c.contract_no).limit(MOST_PARTS)))


def _within(client: uuid.UUID | None, named: Objects | None) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of contracts the caller may see: of the client, and of the named ones when it is limited.

    They are part of the search, so that anybody else's contract is not there at all.
    """
    found: list[sa.ColumnElement[bool]] = []
    if client is not None:
        found.append(_c.client_id == client)
    if named is not None:
        found.append(_c.id.in_(sorted(named.contracts)))
    return found


def contract_page(
    client: uuid.UUID | None, named: Objects | None, pattern: str, after: str | None
) -> tuple[sa.Select[Any], dict[str, Any]]:
    """Return the statement of a page of contracts and its values."""
    statement = CONTRACTS.where(*_within(client, named))
    values: dict[str, Any] = {}
    if pattern:
        statement = statement.where(_c.search.like(sa.bindparam("pattern")))
        values["pattern"] = pattern
    if after:
        statement = statement.where(_c.contract_no > sa.bindparam("after"))
        values["after"] = after
    return statement.order_by(_c.contract_no).limit(sa.bindparam("limit")), values


def named(client: uuid.UUID, ids: list[uuid.UUID], numbers: list[str]) -> sa.Select[Any]:
    """Return the statement of a client's contracts with these ids or numbers."""
    either = sa.or_(_c.id.in_(ids), sa.func.lower(_c.contract_no).in_([number.lower() for number in numbers]))
    return sa.select(_c.id, _c.contract_no, _c.address).where(_c.client_id == client, either).order_by(_c.contract_no)


def contract_of(
    connection: sa.Connection, contract_id: uuid.UUID, client: uuid.UUID | None, named: Objects | None
) -> sa.Row[Any]:
    """Return a contract. Raises PortalError not_found, also for another client's and one that was not named."""
    row = connection.execute(CONTRACTS.where(_c.id == contract_id, *_within(client, named))).first()
    if row is None:
        raise PortalError("not_found")
    return row


def meter_of(
    connection: sa.Connection, meter_id: uuid.UUID, client: uuid.UUID | None, named: Objects | None
) -> sa.Row[Any]:
    """Return a meter with its client. Raises PortalError not_found, also for one of a contract out of reach."""
    row = connection.execute(METER.where(_m.id == meter_id, *_within(client, named))).first()
    if row is None:
        raise PortalError("not_found")
    return row


def to_reading(row: Any, prefix: str = "") -> Reading:
    """Return a row of readings as it is shown."""
    names = ("read_on", "value", "consumption", "warnings", "submitted_at", "submitted_by", "confirmed_by")
    return Reading(reading_id=getattr(row, f"{prefix}id"), **{name: getattr(row, f"{prefix}{name}") for name in names})


def to_meter(row: sa.Row[Any], today: date) -> Meter:
    """Return a row of METERS as it is shown."""
    return Meter(
        meter_id=row.id,
        meter_no=row.meter_no,
        service=row.service,
        unit=row.unit,
        digits=row.digits,
        installed_on=row.installed_on,
        removed_on=row.removed_on,
        verified_until=row.verified_until,
        verification_days_left=(row.verified_until - today).days,
        last=to_reading(row, "last_") if row.last_id else None,
    )

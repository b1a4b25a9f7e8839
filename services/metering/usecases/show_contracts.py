"""Contracts, and the readings of their meters."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from chassis.access import only, scoped_client
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.errors import PortalError
from chassis.ids import decode_cursor, encode_cursor
from chassis.text import like
from services.metering.messages import (
    Act,
    Contract,
    ContractName,
    ContractNames,
    ContractPage,
    ContractRow,
    GetContract,
    ListContracts,
    ListReadings,
    NameContracts,
    ReadingPage,
)
from services.metering.store import reading

NO_LIMIT = date(9999, 12, 31)
# Either right shows a contract and its meters.
SHOWING = ("readings.submit", "finance.see")


def page(db: Database, request: ListContracts, caller: Caller) -> ContractPage:
    """Return a page of contracts: a customer's own client's, or all of them for staff."""
    client = scoped_client(caller, request.client_id)
    after = str(decode_cursor(request.after, 1)[0]) if request.after else None
    pattern = like(request.search) if request.search else ""
    statement, values = reading.contract_page(client, only(caller, *SHOWING), pattern, after)
    with db.reading() as connection:
        rows = connection.execute(statement, {**values, "limit": request.limit + 1}).all()
    shown = rows[: request.limit]
    if caller.kind != "user":
        db.disclosed("metering.contract.list", caller=caller, on=("client", client or "all"), client=client)
    following = encode_cursor([shown[-1].contract_no]) if len(rows) > request.limit else None
    return ContractPage(items=[_row(row) for row in shown], next=following)


def one(db: Database, request: GetContract, caller: Caller) -> Contract:
    """Return a contract with its meters and acts. Raises PortalError not_found."""
    today = riga_today()
    place = {"contract_id": request.contract_id}
    with db.reading() as connection:
        row = reading.contract_of(connection, request.contract_id, scoped_client(caller), only(caller, *SHOWING))
        meters = [reading.to_meter(meter, today) for meter in connection.execute(reading.METERS, place)]
        acts = [Act.model_validate(dict(act._mapping)) for act in connection.execute(reading.ACTS, place)]
    db.disclosed("metering.contract.view", caller=caller, on=("contract", row.id), client=row.client_id)
    return Contract(**dict(_row(row)), meters=meters, acts=acts)


def name(db: Database, request: NameContracts) -> ContractNames:
    """Return those of the contracts that are the client's."""
    statement = reading.named(request.client_id, request.contract_ids, request.contract_nos)
    with db.reading() as connection:
        rows = connection.execute(statement).all()
    return ContractNames(
        items=[ContractName(contract_id=row.id, contract_no=row.contract_no, address=row.address) for row in rows]
    )


def readings(db: Database, request: ListReadings, caller: Caller) -> ReadingPage:
    """Return the readings of a meter, newest first. Raises PortalError not_found, malformed (after)."""
    before = NO_LIMIT
    if request.after:
        try:
            before = date.fromisoformat(str(decode_cursor(request.after, 1)[0]))
        except ValueError as error:
            raise PortalError("malformed", field="after") from error
    with db.reading() as connection:
        meter = reading.meter_of(connection, request.meter_id, scoped_client(caller), only(caller, *SHOWING))
        place = {"meter_id": request.meter_id, "before": before, "limit": request.limit + 1}
        rows = connection.execute(reading.READINGS, place).all()
    db.disclosed("metering.reading.list", caller=caller, on=("meter", meter.id), client=meter.client_id)
    shown = rows[: request.limit]
    following = encode_cursor([shown[-1].read_on.isoformat()]) if len(rows) > request.limit else None
    return ReadingPage(items=[reading.to_reading(row) for row in shown], next=following)


def _row(row: sa.Row) -> ContractRow:
    fields = dict(row._mapping)
    return ContractRow(contract_id=fields.pop("id"), **fields)

"""Numbers for the overview."""

from __future__ import annotations

import orjson

from chassis.access import only, scoped_client
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_today
from services.permits.messages import GetPermitCounts, PermitFilter
from services.permits.store import reading

ENDING_SHOWN = 5


def run(db: Database, request: GetPermitCounts, caller: Caller) -> bytes:
    """Return the JSON of PermitCounts: how many permits a client has, and those that end first."""
    client, named = scoped_client(caller, request.client_id), only(caller, "permits.see")
    today = riga_today()
    shape, values = reading.where(PermitFilter(expiring_within_days=request.days), client, named, today)
    ending, _ = reading.page(shape, "valid_to", None)
    statement = reading.COUNTS if client is None else reading.OWN_COUNTS if named is None else reading.NAMED_COUNTS
    with db.reading() as connection:
        counts = connection.execute(statement, values).mappings().one()
        soon = connection.execute(ending, {**values, "limit": ENDING_SHOWN}).mappings().all()
    return orjson.dumps(
        {**{str(k): v for k, v in counts.items()}, "ending": [reading.shown(row, today) for row in soon]}
    )

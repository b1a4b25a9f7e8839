"""One permit with all its technical parameters, and the pages of its larger parts."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
import sqlalchemy as sa

from chassis.access import only, scoped_client
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.errors import PortalError
from services.permits.messages import GetPermit, ListAssignments, ListStations
from services.permits.store import parts, reading

_EMPTY = orjson.Fragment(b"[]")


def run(db: Database, request: GetPermit, caller: Caller) -> bytes:
    """Return the JSON of a Permit in one round trip.

    Raises PortalError not_found, also for another client's permit; required when neither id nor number is given.
    """
    client, named = scoped_client(caller), only(caller, "permits.see")
    place: dict[str, Any] = {} if client is None else {"client": client}
    if named is not None:
        place["objects"] = list(named.permits)
    if request.permit_id is not None:
        statements = (reading.PERMIT_BY_ID, reading.OWN_PERMIT_BY_ID, reading.NAMED_PERMIT_BY_ID)
        place["permit_id"] = request.permit_id
    elif request.permit_no:
        statements = (reading.PERMIT_BY_NO, reading.OWN_PERMIT_BY_NO, reading.NAMED_PERMIT_BY_NO)
        place["permit_no"] = request.permit_no
    else:
        raise PortalError("required", field="permit_id")
    with db.reading() as connection:
        row = connection.execute(statements[len(place) - 1], place).mappings().first()
    if row is None:
        raise PortalError("not_found")
    permit = reading.shown(row, riga_today())
    for name in ("stations", "assignments", "equipment", "history", "conditions"):
        # The database keeps or writes them as JSON already.
        permit[name] = orjson.Fragment(row[name]) if row[name] else _EMPTY
    permit["next_station"] = _more(row["station_count"])
    permit["next_assignment"] = _more(row["assignment_count"])
    db.disclosed("permits.permit.view", caller=caller, on=("permit", row["permit_id"]), client=row["holder_client_id"])
    return orjson.dumps(permit)


def assignments(db: Database, request: ListAssignments, caller: Caller) -> bytes:
    """Return the JSON of an AssignmentPage. Raises PortalError not_found."""
    return _part(db, request, caller, parts.MORE_ASSIGNMENTS, "assignment_no")


def stations(db: Database, request: ListStations, caller: Caller) -> bytes:
    """Return the JSON of a StationPage. Raises PortalError not_found."""
    return _part(db, request, caller, parts.MORE_STATIONS, "station_no")


def check_access(connection: sa.Connection, permit_id: uuid.UUID, caller: Caller) -> sa.Row[Any]:
    """Return holder and number of a permit the caller may see. Raises PortalError not_found."""
    named = only(caller, "permits.see")
    place = {
        "permit_id": permit_id,
        "client": scoped_client(caller),
        "objects": None if named is None else list(named.permits),
    }
    row = connection.execute(reading.HOLDER, place).first()
    if row is None:
        raise PortalError("not_found")
    return row


def _part(
    db: Database, request: ListAssignments | ListStations, caller: Caller, statement: sa.TextClause, key: str
) -> bytes:
    place = {"permit_id": request.permit_id, "after": request.after, "limit": request.limit + 1}
    with db.reading() as connection:
        holder = check_access(connection, request.permit_id, caller)
        rows = connection.execute(statement, place).mappings().all()
    items = [dict(row) for row in rows[: request.limit]]
    following = str(items[-1][key]) if len(rows) > request.limit else None
    db.disclosed("permits.permit.view", caller=caller, on=("permit", request.permit_id), client=holder.holder_client_id)
    return orjson.dumps({"items": items, "next": following})


def _more(count: int) -> int | None:
    # Numbers begin at 1 and have no gaps.
    return parts.PARTS_AT_ONCE if count > parts.PARTS_AT_ONCE else None

"""What billing computes monthly fees from."""

from __future__ import annotations

import uuid
from typing import Any

from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from chassis.ids import decode_cursor, encode_cursor
from services.permits.domain.fees import Month, days_in_force
from services.permits.messages import FeeBasis, FeeBasisPage, GetFeeBasisPage
from services.permits.store import fee_basis


def run(db: Database, request: GetFeeBasisPage, caller: Caller) -> FeeBasisPage:
    """Return permits in force on at least one day of the month, one client's after the other, at most 1000.

    Raises PortalError malformed for a month that is not named by its first day, or a wrong cursor.
    """
    try:
        month = Month(request.month)
    except ValueError as error:
        raise PortalError("malformed", field="month") from error
    place: dict[str, Any] = {"first": month.first, "last": month.last, "limit": request.limit + 1}
    if request.after:
        client, place["after_no"] = decode_cursor(request.after, 2)
        try:
            place["after_client"] = uuid.UUID(str(client))
        except ValueError as error:
            raise PortalError("malformed", field="after") from error
    if request.client_id:
        place["client"] = request.client_id
    statement = {
        (False, False): fee_basis.FIRST_PAGE,
        (True, False): fee_basis.NEXT_PAGE,
        (False, True): fee_basis.OWN_FIRST_PAGE,
        (True, True): fee_basis.OWN_NEXT_PAGE,
    }[bool(request.after), bool(request.client_id)]
    with db.reading() as connection:
        rows = connection.execute(statement, place).mappings().all()
    shown = rows[: request.limit]
    items = []
    for row in shown:
        days = days_in_force(month, row["valid_from"], row["valid_to"], row["ended_on"])
        if days:
            items.append(FeeBasis(**row, days_in_force=days, days_in_month=month.days))
    more = len(rows) > request.limit
    following = encode_cursor([shown[-1]["holder_client_id"], shown[-1]["permit_no"]]) if more else None
    return FeeBasisPage(items=items, next=following)

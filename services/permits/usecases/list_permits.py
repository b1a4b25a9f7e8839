"""A page of permits, searched, filtered and sorted."""

from __future__ import annotations

import orjson

from chassis.access import only, scoped_client
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.ids import encode_cursor
from services.permits.messages import ListPermits
from services.permits.store import reading


def run(db: Database, request: ListPermits, caller: Caller) -> bytes:
    """Return the JSON of a PermitPage: a customer's own client's permits, or all of them for staff."""
    client = scoped_client(caller, request.client_id)
    today = riga_today()
    shape, values = reading.where(request, client, only(caller, "permits.see"), today)
    statement, place = reading.page(shape, request.sort, request.after, total=request.with_total)
    with db.reading() as connection:
        rows = connection.execute(statement, {**values, **place, "limit": request.limit + 1}).mappings().all()
    items = [reading.shown(row, today) for row in rows[: request.limit]]
    following = None
    if len(rows) > request.limit:
        following = encode_cursor([items[-1][name] for name in items[-1] if name.startswith("sort_")])
    # An empty page carries no row to read the total from.
    total = (rows[0]["total"] if rows else 0) if request.with_total else None
    if caller.kind != "user":
        db.disclosed("permits.permit.list", caller=caller, on=("client", client or "all"), client=client)
    return orjson.dumps({"items": items, "next": following, "total": total})

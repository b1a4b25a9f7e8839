"""A client's permits by id or number, for services that name permits."""

from __future__ import annotations

from chassis.database import Database
from services.permits.messages import FindPermits, FoundPermit, FoundPermits
from services.permits.store import reading


def run(db: Database, request: FindPermits) -> FoundPermits:
    """Return those of the permits that the client holds or held."""
    numbers = [number.lower() for number in request.permit_nos]
    place = {"client": request.client_id, "ids": request.permit_ids, "numbers": numbers}
    with db.reading() as connection:
        rows = connection.execute(reading.FOUND, place).all()
    return FoundPermits(items=[FoundPermit(permit_id=row.id, permit_no=row.permit_no, place=row.place) for row in rows])

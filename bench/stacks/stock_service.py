"""The permit read as a stock nameko service would do it: `@rpc`, the ORM, relations loaded when touched."""

from __future__ import annotations

import os
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from nameko.rpc import rpc
from sqlalchemy.orm import registry, relationship, sessionmaker

from services.permits.store import tables as t

mapper = registry(metadata=t.metadata)


class Station:
    pass


class Antenna:
    pass


class Assignment:
    pass


class Equipment:
    pass


class History:
    pass


class Permit:
    pass


mapper.map_imperatively(Station, t.stations)
mapper.map_imperatively(Antenna, t.antennas)
mapper.map_imperatively(Assignment, t.assignments)
mapper.map_imperatively(Equipment, t.equipment)
mapper.map_imperatively(History, t.history)
mapper.map_imperatively(
    Permit,
    t.permits,
    properties={
        "stations": relationship(Station, order_by=t.stations.c.station_no, viewonly=True),
        "antennas": relationship(Antenna, viewonly=True),
        "assignments": relationship(Assignment, order_by=t.assignments.c.assignment_no, viewonly=True),
        "equipment": relationship(Equipment, viewonly=True),
        "history": relationship(History, order_by=t.history.c.id, viewonly=True),
    },
)

engine = sa.create_engine(os.environ["DATABASE_URL"], pool_size=16, max_overflow=16)
Session = sessionmaker(engine)
CHILDREN = ("stations", "antennas", "assignments", "equipment", "history")


def plain(value: Any) -> Any:
    """Return what JSON can carry."""
    return str(value) if isinstance(value, (Decimal, UUID, date, datetime)) else value


def row(thing: Any) -> dict[str, Any]:
    """Return a mapped object's columns."""
    return {column.key: plain(getattr(thing, column.key)) for column in sa.inspect(type(thing)).mapper.column_attrs}


class StockPermits:
    """The service."""

    name = "bench_stock_permits"

    @rpc
    def get_permit(self, permit_id: str, client_id: str) -> dict[str, Any] | None:
        """Return a permit of the client with all its children, or None."""
        with Session() as session:
            found = session.get(Permit, UUID(permit_id))
            if found is None or str(found.holder_client_id) != client_id:  # type: ignore[attr-defined]
                return None
            return row(found) | {name: [row(child) for child in getattr(found, name)] for name in CHILDREN}

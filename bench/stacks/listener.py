"""A service that only counts events, each in a unit of work of its own."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from chassis.events import subscribe
from chassis.messages import Event
from chassis.service import DatabaseDependency
from chassis.tables import chassis_tables

metadata = sa.MetaData()
chassis_tables(metadata)


class Counted(Event, type="bench.counter.counted", aggregate="counter"):
    """One of fifty counters went up."""

    counter: str
    number: int


class Service:
    name = "bench"
    db = DatabaseDependency(metadata)

    @subscribe(Counted)
    def on_counted(self, event: Counted, delivery: Any) -> None:
        with self.db.unit_of_work(delivery):
            pass

"""A service that listens to echo: notes what it hears, fails when the event says so."""

from __future__ import annotations

import os
import time
from typing import Any

import echo_messages as m
import eventlet
import sqlalchemy as sa

from chassis.access import public
from chassis.dead_letters import dead_letter_doors
from chassis.events import subscribe
from chassis.messages import Done, Message, Request
from chassis.rpc import serves
from chassis.service import BusDependency, DatabaseDependency
from chassis.tables import chassis_tables
from chassis.timers import every

metadata = sa.MetaData()
chassis_tables(metadata)
heard = sa.Table(
    "heard",
    metadata,
    sa.Column("position", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("bell", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("correlation", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
)
ticks = sa.Table("ticks", metadata, sa.Column("at", sa.Float, nullable=False), sa.Column("pid", sa.Integer))


class Ring(Request[Done], rpc="hall.ring", timeout=5.0):
    """Emits an event of its own and fails afterwards when told to."""

    bell: str
    count: int = 1
    fail: bool = False


class Slept(Message):
    seconds: float


class SleepInDatabase(Request[Done], rpc="hall.sleep_in_database", timeout=10.0):
    seconds: float


@dead_letter_doors
class Service:
    name = "hall"
    db = DatabaseDependency(metadata)
    bus = BusDependency()

    @subscribe(m.Rang)
    def on_rang(self, event: m.Rang, delivery: Any) -> None:
        if event.bell.startswith("fail") and delivery.attempt <= int(event.bell.removeprefix("fail-")):
            raise RuntimeError(f"not yet: {event.bell}")
        if event.bell.startswith("slow"):
            eventlet.sleep(0.3)
        with self.db.unit_of_work(delivery) as uow:
            uow.session.execute(
                sa.insert(heard).values(
                    bell=event.bell,
                    number=event.number,
                    attempt=delivery.attempt,
                    correlation=delivery.correlation_id,
                    pid=os.getpid(),
                )
            )

    @serves(Ring, allow=public)
    def ring(self, request: Ring, caller: Any) -> Done:
        with self.db.unit_of_work(caller) as uow:
            for number in range(request.count):
                uow.emit(m.Rang(bell=request.bell, number=number))
            if request.fail:
                raise RuntimeError("after all not")
        return Done()

    @serves(SleepInDatabase, allow=public)
    def sleep_in_database(self, request: SleepInDatabase, caller: Any) -> None:
        with self.db.reading() as connection:
            connection.execute(sa.text("SELECT pg_sleep(:s)"), {"s": request.seconds})

    @every(seconds=0.3)
    def tick(self, caller: Any) -> None:
        with self.db.unit_of_work(caller) as uow:
            uow.session.execute(sa.insert(ticks).values(at=time.time(), pid=os.getpid()))

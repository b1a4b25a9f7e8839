"""Contracts are the client's own; a doubtful reading is kept only when somebody confirms it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.demo_ids import CLIENT_NATURAL, CLIENT_WATER, demo_id
from chassis.errors import PortalError
from services.metering import demo
from services.metering.messages import GetContract, ListContracts, ListReadings, Reading, SubmitReading
from services.metering.store import tables
from services.metering.usecases import show_contracts, submit_reading

RIGHTS = frozenset({"readings.submit"})
ILZE = Caller(kind="user", user=uuid.UUID(int=2), client=CLIENT_WATER, rights=RIGHTS, name="Ilze Liepiņa")
PETERIS = Caller(kind="user", user=uuid.UUID(int=3), client=CLIENT_NATURAL, rights=RIGHTS, name="Pēteris Bērziņš")
METER = demo_id("meter:UD-448120")
NEARLY_FULL = demo_id("meter:UD-448131")


@pytest.fixture(scope="module")
def metering_url(new_database: Callable[..., str]) -> str:
    return new_database("metering")


@pytest.fixture
def db(metering_url: str) -> Iterator[Database]:
    database = Database("metering", tables.metadata, metering_url, pool_size=4)
    names = ", ".join(t.name for t in tables.metadata.sorted_tables)
    with database.engine.begin() as connection:
        connection.execute(sa.text(f"TRUNCATE {names} CASCADE"))
    demo.load(database)
    yield database
    database.close()


def submit(db: Database, value: str | Decimal, meter: uuid.UUID = METER, caller: Caller = ILZE, **more: Any) -> Reading:
    return submit_reading.run(db, SubmitReading(meter_id=meter, value=Decimal(value), **more), caller)


def last(db: Database, meter: uuid.UUID = METER) -> Reading:
    return show_contracts.readings(db, ListReadings(meter_id=meter, limit=1), ILZE).items[0]


@pytest.mark.requirement("S2-23")
def test_a_client_sees_the_own_contracts_only(db: Database) -> None:
    own = show_contracts.page(db, ListContracts(), ILZE).items
    assert [c.contract_no for c in own] == ["L-10021", "L-10022"]
    other = show_contracts.page(db, ListContracts(), PETERIS).items[0]
    with pytest.raises(PortalError, match="not_found"):
        show_contracts.one(db, GetContract(contract_id=other.contract_id), ILZE)
    with pytest.raises(PortalError, match="not_found"):
        submit(db, "400", demo_id("meter:UD-517702"))
    with pytest.raises(PortalError, match="not_found"):
        show_contracts.readings(db, ListReadings(meter_id=METER), PETERIS)


@pytest.mark.requirement("S2-24")
@pytest.mark.requirement("S2-25")
@pytest.mark.requirement("S2-26")
def test_a_contract_shows_meters_verification_services_and_acts(db: Database) -> None:
    row = show_contracts.page(db, ListContracts(search="dzirnavu"), ILZE).items[0]
    contract = show_contracts.one(db, GetContract(contract_id=row.contract_id), ILZE)
    assert {s.service for s in contract.services} == {"cold_water", "sewerage", "electricity"}
    assert {m.meter_no: m.verification_days_left for m in contract.meters} == {"UD-448120": 410, "EL-7730015": 1200}
    assert all(m.last for m in contract.meters)
    assert [a.kind for a in contract.acts] == ["sealing", "inspection"]


def test_contracts_page_by_key(db: Database) -> None:
    first = show_contracts.page(db, ListContracts(limit=1), ILZE)
    second = show_contracts.page(db, ListContracts(limit=1, after=first.next), ILZE)
    assert [*first.items, *second.items][1].contract_no == "L-10022" and second.next is None


@pytest.mark.requirement("S2-01")
@pytest.mark.requirement("S2-10")
def test_consumption_is_computed_and_the_history_grows(db: Database) -> None:
    before = last(db)
    kept = submit(db, before.value + 80)
    assert (kept.consumption, kept.warnings, kept.submitted_by) == (80, [], "Ilze Liepiņa")
    assert last(db).reading_id == kept.reading_id


@pytest.mark.requirement("S2-11")
@pytest.mark.requirement("S2-12")
@pytest.mark.requirement("B-04")
@pytest.mark.parametrize(("change", "code"), [(-10, "lower_than_previous"), (900, "much_higher")])
def test_a_doubtful_reading_is_asked_about_and_who_confirmed_is_kept(db: Database, change: int, code: str) -> None:
    before = last(db)
    with pytest.raises(PortalError) as doubt:
        submit(db, before.value + change)
    assert doubt.value.code == "metering.reading_unlikely"
    assert [error.code for error in doubt.value.errors] == [f"metering.{code}"]
    assert last(db).reading_id == before.reading_id
    kept = submit(db, before.value + change, confirmed=True)
    assert (kept.warnings, kept.confirmed_by) == ([f"metering.{code}"], "Ilze Liepiņa")
    assert kept.consumption == max(change, 0)


def test_a_dial_that_starts_anew_needs_no_confirmation(db: Database) -> None:
    before = last(db, NEARLY_FULL)
    kept = submit(db, "20", NEARLY_FULL)
    assert kept.consumption == 100_000 - before.value + 20


@pytest.mark.parametrize(
    ("value", "day", "code"),
    [
        ("100000", 0, "more_digits"),
        ("2300", 1, "day_ahead"),
        ("2300", -60, "before_previous"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(db: Database, value: str, day: int, code: str) -> None:
    with pytest.raises(PortalError) as refused:
        submit(db, value, read_on=riga_today() + timedelta(days=day), confirmed=True)
    assert refused.value.code == f"metering.{code}"
    assert refused.value.field in ("value", "read_on")


def test_one_reading_a_day_and_the_same_key_twice_is_one_reading(db: Database) -> None:
    value = last(db).value + 80
    first = submit(db, value, idempotency_key="reading-1")
    assert submit(db, value, idempotency_key="reading-1") == first
    with pytest.raises(PortalError, match="day_taken"):
        submit(db, value + 1, idempotency_key="reading-2")


def test_a_removed_meter_takes_no_readings(db: Database) -> None:
    with db.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE meters SET removed_on = :day WHERE id = :id"), {"day": date(2026, 1, 1), "id": METER}
        )
    with pytest.raises(PortalError, match="meter_removed"):
        submit(db, "9000")


def test_readings_cannot_be_rewritten(db: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE readings SET value = 0"))


def test_a_submitted_reading_is_told_and_audited(db: Database) -> None:
    submit(db, last(db).value + 80)
    with db.reading() as connection:
        told = connection.scalars(sa.text("SELECT event_type FROM outbox ORDER BY position")).all()
    assert "lv.portal.metering.reading.submitted.v1" in told

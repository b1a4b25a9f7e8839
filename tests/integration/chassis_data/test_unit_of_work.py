"""The unit of work against a real PostgreSQL: everything in one commit, or nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa

from chassis import blobs
from chassis.caller import AlreadyHandled, Caller, Delivery
from chassis.database import Database
from chassis.errors import PortalError
from chassis.messages import Event, IdempotencyKey, Message, Request
from chassis.tables import create_chassis_tables

ANNA = Caller(kind="user", user=uuid4(), client=uuid4(), name="Anna")
JURIS = Caller(kind="user", user=uuid4(), client=ANNA.client, name="Juris")


class Counted(Event, type="trial.number.counted", aggregate="number"):
    number: int


class Answer(Message):
    number: int


class Count(Request[Answer], rpc="trial.count"):
    number: int
    idempotency_key: IdempotencyKey | None = None


@pytest.fixture(scope="module")
def db(new_database: Callable[..., str]) -> Iterator[Database]:
    database = Database("trial", sa.MetaData(), url=new_database())
    with database.engine.begin() as connection:
        create_chassis_tables(connection)
    yield database
    database.close()


def outbox(db: Database) -> list[dict[str, object]]:
    with db.reading() as connection:
        rows = connection.execute(sa.select(db.tables.outbox.c.envelope).order_by(db.tables.outbox.c.position))
        return [json.loads(bytes(row.envelope)) for row in rows]


def count(db: Database, request: Count, caller: Caller = ANNA) -> Answer:
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, Answer)
        if done is not None:
            return done
        unit.emit(Counted(number=request.number))
        return unit.remember(request, Answer(number=request.number))


def test_an_event_is_written_with_the_fact_and_not_without_it(db: Database) -> None:
    before = len(outbox(db))
    with pytest.raises(RuntimeError), db.unit_of_work(ANNA) as unit:
        unit.emit(Counted(number=1))
        raise RuntimeError("the deed failed")
    assert len(outbox(db)) == before
    count(db, Count(number=1))
    envelope = outbox(db)[-1]
    assert len(outbox(db)) == before + 1
    assert envelope["specversion"] == "1.0" and envelope["type"] == "lv.portal.trial.number.counted.v1"
    assert envelope["actor"] == str(ANNA.user) and envelope["data"] == {"number": 1}


def test_the_same_key_does_the_work_once_and_answers_the_same(db: Database) -> None:
    before = len(outbox(db))
    request = Count(number=7, idempotency_key="key-00000001")
    assert count(db, request) == count(db, request) == Answer(number=7)
    assert len(outbox(db)) == before + 1


def test_the_same_key_with_other_data_is_refused(db: Database) -> None:
    count(db, Count(number=1, idempotency_key="key-00000002"))
    with pytest.raises(PortalError, match="idempotency_key_reused"):
        count(db, Count(number=2, idempotency_key="key-00000002"))


def test_two_people_may_use_the_same_key(db: Database) -> None:
    request = Count(number=3, idempotency_key="key-00000003")
    before = len(outbox(db))
    count(db, request, ANNA)
    count(db, request, JURIS)
    assert len(outbox(db)) == before + 2


def test_twenty_at_once_with_one_key_do_the_work_once(db: Database) -> None:
    before = len(outbox(db))
    request = Count(number=9, idempotency_key="key-00000004")
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(count(db, request))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [Answer(number=9)] * 20
    assert len(outbox(db)) == before + 1


def test_a_failed_deed_leaves_its_key_free(db: Database) -> None:
    request = Count(number=4, idempotency_key="key-00000005")
    with pytest.raises(RuntimeError), db.unit_of_work(ANNA) as unit:
        assert unit.replayed(request, Answer) is None
        raise RuntimeError("the deed failed")
    assert count(db, request) == Answer(number=4)


def test_an_event_that_comes_twice_is_handled_once(db: Database) -> None:
    delivery = Delivery(
        event_id=uuid4(), handler="trial.on_something", caller=ANNA, time=datetime.now(UTC), correlation_id="c"
    )
    with db.unit_of_work(delivery) as unit:
        unit.emit(Counted(number=11))
    with pytest.raises(AlreadyHandled), db.unit_of_work(delivery):
        pytest.fail("the body must not run again")


def test_a_handler_that_failed_may_try_again(db: Database) -> None:
    delivery = Delivery(
        event_id=uuid4(), handler="trial.on_something", caller=ANNA, time=datetime.now(UTC), correlation_id="c"
    )
    with pytest.raises(RuntimeError), db.unit_of_work(delivery):
        raise RuntimeError("the handler failed")
    with db.unit_of_work(delivery) as unit:
        unit.emit(Counted(number=12))


def test_the_audit_record_says_who_what_and_by_which_right(db: Database) -> None:
    with db.unit_of_work(ANNA) as unit:
        unit.audit("trial.number.count", on=("number", 5), right="finance.see", detail={"why": "test"})
    record = outbox(db)[-1]["data"]["records"][0]  # type: ignore[index]
    assert record["actor"] == str(ANNA.user) and record["client"] == str(ANNA.client)
    assert (record["action"], record["object_kind"], record["object_id"]) == ("trial.number.count", "number", "5")
    assert (record["right"], record["outcome"], record["detail"]) == ("finance.see", "done", {"why": "test"})


def test_staff_looking_at_data_is_written_at_once_and_own_looking_once(db: Database) -> None:
    engineer = Caller(kind="staff", user=uuid4(), roles=frozenset({"permit_engineer"}))
    before = len(outbox(db))
    db.disclosed("trial.number.view", caller=engineer, on=("number", 1), client=ANNA.client)
    assert len(outbox(db)) == before + 1
    for _ in range(5):
        db.disclosed("trial.number.view", caller=ANNA, on=("number", 1), client=ANNA.client)
    db._disclosures.flush()
    assert len(outbox(db)) == before + 2
    assert len(outbox(db)[-1]["data"]["records"]) == 1  # type: ignore[index]


def test_a_database_that_is_away_is_a_coded_error() -> None:
    away = Database("trial", sa.MetaData(), url="postgresql+psycopg2://nobody@127.0.0.1:1/none")
    with pytest.raises(PortalError, match="unavailable"):
        away.ping()


def test_a_file_grows_in_pieces_that_may_come_twice(db: Database) -> None:
    with db.unit_of_work(ANNA) as unit:
        blob = blobs.start_blob(unit.session, db.tables, name="a.bin", media_type="application/octet-stream")
        first, second = b"a" * 600_000, b"b" * 10
        assert blobs.append_chunk(unit.session, db.tables, blob, first, offset=0, max_bytes=10**6) == 600_000
        assert blobs.append_chunk(unit.session, db.tables, blob, first, offset=0, max_bytes=10**6) == 600_000
        assert blobs.append_chunk(unit.session, db.tables, blob, second, offset=600_000, max_bytes=10**6) == 600_010
        with pytest.raises(PortalError, match="conflict"):
            blobs.append_chunk(unit.session, db.tables, blob, second, offset=700_000, max_bytes=10**6)
        with pytest.raises(PortalError, match="too_large"):
            blobs.append_chunk(unit.session, db.tables, blob, b"c" * 400_000, offset=600_010, max_bytes=10**6)
        done = blobs.finish_blob(unit.session, db.tables, blob)
        pieces = list(blobs.read_blob(unit.session.connection(), db.tables, blob))
    assert done.size == 600_010 and b"".join(pieces) == first + second
    assert max(map(len, pieces)) <= blobs.ROW_BYTES

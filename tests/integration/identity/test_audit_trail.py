"""The audit trail: appended once, in one chain, by many at the same time; any tampering is found and named."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from chassis.audit import AuditRecord, AuditRecorded
from chassis.caller import Caller, Delivery, service_caller
from chassis.database import Database
from chassis.days import riga_day
from chassis.person_messages import Person
from services.identity.messages import ListAudit, ListDisclosures
from services.identity.store import tables
from services.identity.usecases import append_audit, forgetting, search_audit, verify_chain

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
AUDITOR = Caller(kind="staff", user=uuid.UUID(int=9), roles=frozenset({"auditor"}), name="Zane")


@pytest.fixture
def db(new_database: Callable[..., str]) -> Iterator[Database]:
    """A database of its own for every test: a broken chain stays broken."""
    database = Database("identity", tables.metadata, new_database("identity"), pool_size=12)
    yield database
    database.close()


def record(**values: Any) -> AuditRecord:
    known: dict[str, Any] = {
        "id": uuid.uuid4(), "at": AT, "service": "billing", "action": "billing.invoice.issue", "actor_kind": "staff",
        "actor": str(uuid.UUID(int=5)), "actor_name": "Dace Grāmatvede", "object_kind": "invoice", "object_id": "R-1",
        "address": "10.0.0.5", "session": uuid.UUID(int=8), "client": uuid.UUID(int=3), "right": "finance.see",
        "correlation_id": "c0ffee", "detail": {"total": "12.50", "lines": [1, 2], "rate": 0.21, "big": 1e22},
    }  # fmt: skip
    return AuditRecord.model_validate(known | values)


def append(db: Database, *records: AuditRecord, event_id: uuid.UUID | None = None) -> None:
    event = AuditRecorded(service="billing", records=list(records))
    delivery = Delivery(event_id or uuid.uuid4(), "identity.on_audit_recorded", service_caller("billing"), AT, "abc")
    append_audit.run(db, event, delivery)


def without_guard(db: Database, statement: str) -> None:
    """Do what an intruder with the owner's rights would: switch the trigger off and change a row."""
    with db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE audit_records DISABLE TRIGGER ALL"))
        assert connection.execute(sa.text(statement)).rowcount >= 1
        connection.execute(sa.text("ALTER TABLE audit_records ENABLE TRIGGER ALL"))


def test_the_chain_verifies_and_repeats_are_left_out(db: Database) -> None:
    assert verify_chain.run(db).good == 0
    first = [record() for _ in range(3)]
    append(db, *first)
    append(db, *first, record())
    append(db, first[0])
    verdict = verify_chain.run(db)
    assert (verdict.fault, verdict.good) == (None, 4)


def test_every_part_of_a_record_can_be_read_again(db: Database) -> None:
    kept = record(disclosure=True, outcome="refused")
    append(db, kept)
    (row,) = search_audit.search(db, ListAudit(), AUDITOR).items
    assert (row.record_id, row.at, row.service, row.action, row.outcome) == (
        kept.id, kept.at, "billing", "billing.invoice.issue", "refused",
    )  # fmt: skip
    assert (row.actor_kind, row.actor_id, row.actor_name) == ("staff", uuid.UUID(int=5), "Dace Grāmatvede")
    assert (row.client_id, row.session_id, row.right) == (kept.client, kept.session, "finance.see")
    assert (row.object_type, row.object_id, row.address) == ("invoice", "R-1", "10.0.0.5")
    assert (row.correlation_id, row.detail) == ("c0ffee", kept.detail)


def test_many_writers_make_one_chain(db: Database) -> None:
    batches = [[record() for _ in range(25)] for _ in range(24)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda batch: append(db, *batch), batches))
    verdict = verify_chain.run(db)
    assert (verdict.fault, verdict.good) == (None, 600)


@pytest.mark.parametrize(
    "change",
    [
        "action = 'billing.invoice.void'", "actor_name = 'Cits'", "actor = 'x'", "at = at + interval '1 microsecond'",
        "detail = replace(detail, '12.50', '12.51')", "outcome = 'refused'", "address = NULL", "disclosure = true",
        "client = gen_random_uuid()", "id = gen_random_uuid()", "object_id = 'R-2'", "right_name = 'x'",
        "correlation_id = 'y'", "personal_salt = NULL, actor_name = 'Cits', personal_hash = sha256('x')",
        "chain = sha256('x')", "session_id = gen_random_uuid()", "service = 'permits'", "actor_kind = 'user'",
    ],
)  # fmt: skip
def test_one_changed_field_of_one_record_is_found_and_named(db: Database, change: str) -> None:
    append(db, *[record() for _ in range(20)])
    without_guard(db, f"UPDATE audit_records SET {change} WHERE seq = 13")
    verdict = verify_chain.run(db)
    assert (verdict.fault, verdict.seq, verdict.good) == ("changed", 13, 12)


@pytest.mark.parametrize("seq", [0, -5])
def test_a_record_before_the_first_is_found(db: Database, seq: int) -> None:
    """Whoever may write may not slip one in below the numbers that are counted."""
    append(db, *[record() for _ in range(3)])
    assert verify_chain.run(db).fault is None
    names = [c.name for c in tables.AuditEntry.__table__.columns]
    values = ", ".join({"seq": str(seq), "id": "gen_random_uuid()"}.get(name, name) for name in names)
    statement = f"INSERT INTO audit_records ({', '.join(names)}) SELECT {values} FROM audit_records WHERE seq = 1"
    with db.engine.begin() as connection, pytest.raises(exc.IntegrityError):
        connection.execute(sa.text(statement))
    with db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE audit_records DROP CONSTRAINT audit_records_counted"))
        connection.execute(sa.text(statement))
    verdict = verify_chain.run(db)
    assert (verdict.fault, verdict.seq, verdict.good) == ("inserted", seq, 0)


def _columns() -> list[str]:
    return [column.name for column in tables.AuditEntry.__table__.columns]


@pytest.mark.parametrize("column", _columns())
def test_one_changed_byte_of_any_column_is_found(db: Database, column: str) -> None:
    """Every column, each through the shape of its own type: the first and the last byte of what is kept."""
    append(db, *[record() for _ in range(5)])
    kind = str(tables.AuditEntry.__table__.c[column].type).upper()
    if kind == "BYTEA":
        changes = [f"set_byte({column}, {at}, get_byte({column}, {at}) # 1)" for at in ("0", f"length({column}) - 1")]
    elif isinstance(tables.AuditEntry.__table__.c[column].type, sa.Uuid):
        changes = [f"overlay({column}::text placing translate(substr({column}::text, {at}, 1), '0123456789abcdef',"
                   f" '123456789abcdef0') from {at})::uuid" for at in (1, 36)]  # fmt: skip
    elif kind == "BIGINT":
        changes = [f"{column} + 1000"]
    elif kind == "BOOLEAN":
        changes = [f"NOT {column}"]
    elif kind.startswith("TIMESTAMP"):
        changes = [f"{column} + interval '1 microsecond'"]
    else:
        changes = [f"overlay({column} placing 'Q' from 1)", f"overlay({column} placing 'Q' from length({column}))"]
    for change in changes:
        with db.engine.connect() as connection:
            kept = connection.execute(sa.text("SELECT * FROM audit_records WHERE seq = 3")).mappings().one()
        without_guard(db, f"UPDATE audit_records SET {column} = {change} WHERE seq = 3")
        verdict = verify_chain.run(db)
        assert (verdict.fault, verdict.seq) in {("changed", 3), ("missing", 3)}, change
        with db.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE audit_records DISABLE TRIGGER ALL"))
            connection.execute(
                sa.update(tables.AuditEntry.__table__)
                .where(sa.text("id = :kept OR seq = 3 OR seq = 1003").bindparams(kept=kept["id"]))
                .values({tables.AuditEntry.__table__.c[name]: value for name, value in kept.items()})
            )
            connection.execute(sa.text("ALTER TABLE audit_records ENABLE TRIGGER ALL"))
        assert verify_chain.run(db).fault is None, "the test did not put it back"


def test_old_records_lose_their_names_and_the_chain_says_so(db: Database) -> None:
    append(db, *[record(at=AT - timedelta(days=700)) for _ in range(3)], record(at=datetime.now(UTC)))
    assert forgetting.forget_old(db, AUDITOR) == 3
    verdict = verify_chain.run(db)
    assert (verdict.fault, verdict.good, verdict.forgotten) == (None, 5, 3)
    with db.reading() as connection:
        names = connection.execute(sa.text("SELECT actor_name FROM audit_records ORDER BY seq")).scalars().all()
    assert names[:4] == [None, None, None, "Dace Grāmatvede"]
    assert forgetting.forget_old(db, AUDITOR) == 0


def test_taking_names_away_without_saying_so_is_found(db: Database) -> None:
    append(db, *[record() for _ in range(3)])
    without_guard(
        db, "UPDATE audit_records SET actor_name = NULL, address = NULL, detail = NULL, personal_salt = NULL,"
        " actor_search = '' WHERE seq = 2",
    )  # fmt: skip
    assert (verify_chain.run(db).fault, verify_chain.run(db).seq) == ("changed", 2)


def test_a_missing_record_is_found_in_the_middle_and_at_the_end(db: Database) -> None:
    append(db, *[record() for _ in range(20)])
    without_guard(db, "DELETE FROM audit_records WHERE seq = 20")
    assert dataclasses.astuple(verify_chain.run(db))[2:4] == ("missing", 20)
    without_guard(db, "DELETE FROM audit_records WHERE seq = 7")
    assert dataclasses.astuple(verify_chain.run(db))[2:4] == ("missing", 7)


def test_a_chain_made_anew_from_a_changed_record_does_not_fit_its_noted_end(db: Database) -> None:
    append(db, record(), record())
    forged = append_audit.links([record(actor_name="Cits"), record()], 0, b"")
    without_guard(db, "DELETE FROM audit_records")
    with db.unit_of_work(Caller()) as unit:
        unit.session.execute(sa.insert(tables.AuditEntry), forged)
    assert verify_chain.run(db).fault == "the end of the chain is another one than was noted"


def test_the_database_itself_refuses_to_change_or_delete(db: Database) -> None:
    append(db, record())
    for statement in ("UPDATE audit_records SET outcome = 'x'", "DELETE FROM audit_records", "TRUNCATE audit_records"):
        with pytest.raises(exc.DBAPIError, match="append-only"), db.engine.begin() as connection:
            connection.execute(sa.text(statement))


def test_the_command_says_which_record_is_broken(db: Database) -> None:
    append(db, record(), record())

    def command() -> subprocess.CompletedProcess[str]:
        import os

        env = os.environ | {"DATABASE_URL_IDENTITY": db.url.replace("+psycopg2", ""), "PROFILE": "local"}
        arguments = [sys.executable, "-W", "ignore", "-m", "services.identity.verify_audit"]
        return subprocess.run(arguments, env=env, capture_output=True, text=True, timeout=60)

    done = command()
    assert done.returncode == 0 and "2 records" in done.stdout
    without_guard(db, "UPDATE audit_records SET detail = '{}' WHERE seq = 2")
    done = command()
    assert done.returncode == 1 and "record 2" in done.stdout and "changed" in done.stdout


def test_the_trail_is_searched_by_everything_and_paged_by_key(db: Database) -> None:
    client = uuid.uuid4()
    append(
        db,
        record(actor_name="Ģirts Šķēle", action="permits.permit.view", client=client),
        record(address="10.0.0.9", outcome="refused", object_id="R-2"),
        record(at=AT + timedelta(days=3)),
        record(actor=str(uuid.UUID(int=42)), action="billing.invoice"),
    )

    def seqs(**wanted: Any) -> list[int]:
        return [row.seq for row in search_audit.search(db, ListAudit(**wanted), AUDITOR).items]

    assert seqs() == [4, 3, 2, 1]
    assert seqs(person="girts skele") == [1]
    assert seqs(person=str(uuid.UUID(int=42))) == [4]
    assert seqs(client_id=client) == [1]
    assert seqs(action="billing.invoice") == [4, 3, 2]
    assert seqs(action="billing.inv") == []
    assert seqs(address="10.0.0.9") == [2]
    assert seqs(outcome="refused", object_id="R-2", object_type="invoice") == [2]
    assert seqs(from_day=riga_day(AT) + timedelta(days=1)) == [3]
    assert seqs(to_day=riga_day(AT), limit=2) == [4, 2]
    page = search_audit.search(db, ListAudit(limit=3), AUDITOR)
    assert page.next is not None
    rest = search_audit.search(db, ListAudit(limit=3, after=page.next), AUDITOR)
    assert ([row.seq for row in rest.items], rest.next) == ([1], None)


def test_people_see_who_looked_at_their_data_and_not_what_others_see(db: Database) -> None:
    mine, other, myself = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    looked: dict[str, Any] = {"disclosure": True, "action": "permits.permit.view", "object_kind": "permit"}
    append(
        db,
        record(client=mine, **looked),
        record(client=other, **looked),
        record(client=mine),  # a deed, not a look
        record(client=mine, actor_kind="user", actor=str(myself), **looked),
        record(client=mine, actor_kind="user", actor=str(uuid.uuid4()), actor_name="Juris", **looked),
        record(client=mine, actor_kind="service", actor="service:billing", **looked),
    )
    caller = Caller(kind="user", user=myself, client=mine)
    rows = search_audit.disclosures(db, ListDisclosures(), caller).items
    assert [(row.who, row.as_what) for row in rows] == [("Juris", "user"), ("Dace Grāmatvede", "staff")]


@pytest.mark.parametrize(("name", "forgotten"), [("Jānis Vienādais", 2), ("Ao", 1)], ids=["common", "too short"])
def test_of_a_name_that_others_bear_only_the_persons_own_records_are_forgotten(
    db: Database, name: str, forgotten: int
) -> None:
    user, client = uuid.uuid4(), uuid.UUID(int=3)
    append(
        db,
        record(actor=str(user), actor_kind="user"),
        record(detail={"who": name}),  # of the person's client
        record(detail={"who": "kāds cits"}),
        record(detail={"who": name}, client=uuid.UUID(int=4)),  # a namesake's
    )
    person = Person(user=user, clients=[client], names=[name], common=[name], pseudonym="-")
    with db.unit_of_work(AUDITOR) as unit:
        assert forgetting.forget_person(unit.session, person, AUDITOR) == forgotten
    assert verify_chain.run(db).fault is None
    details = [row.detail for row in search_audit.search(db, ListAudit(), AUDITOR).items if row.detail]
    assert {"who": "kāds cits"} in details
    assert sum(detail == {"who": name} for detail in details) == 3 - forgotten

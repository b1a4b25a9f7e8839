"""Register files become permits: whole, repeatable, permit by permit, and never when broken."""

from __future__ import annotations

import csv
import gzip
import io
import random
import uuid

import pytest
import sqlalchemy as sa

from chassis.database import Database
from chassis.errors import PortalError
from chassis.imports import work
from chassis.unit_of_work import UnitOfWork
from services.identity.messages import UpsertClients
from services.permits.messages import (
    AppendImportChunk,
    ImportReport,
    ListImportProblems,
    StartImport,
)
from services.permits.store import import_apply, import_tables, tables
from services.permits.store.imports import KIT
from services.permits.usecases import work_import
from tests.integration.permits.conftest import (
    DATA,
    ENGINEER,
    REGISTER,
    TIMER,
    Identity,
    count,
    hand_over,
    import_file,
    permit,
)

LATVIAN = (DATA / "register_lv.csv").read_bytes()
ERRORS = (DATA / "register_lv_errors.csv").read_bytes()
needs_register = pytest.mark.skipif(
    not REGISTER.exists(), reason=f"the real register is not on this machine: {REGISTER}"
)


def events(db: Database) -> list[str]:
    with db.reading() as connection:
        return list(connection.scalars(sa.text("SELECT event_type FROM outbox WHERE exchange = 'permits.events'")))


def content_of(db: Database) -> list[tuple[object, ...]]:
    """Everything an import may write, without ids and times."""
    statement = sa.text(
        "SELECT p.permit_no, p.status, p.valid_to, p.content_hash, p.version, a.assignment_no, a.freq_mhz,"
        " s.name, n.make"
        " FROM permits p JOIN assignments a ON a.permit_id = p.id"
        " JOIN stations s ON s.permit_id = p.id AND s.station_no = a.station_no"
        " JOIN antennas n ON n.permit_id = p.id AND n.antenna_no = a.antenna_no ORDER BY p.permit_no, a.assignment_no"
    )
    with db.reading() as connection:
        return [tuple(row) for row in connection.execute(statement)]


def test_licences_become_permits_with_all_their_parts(db: Database, identity: Identity) -> None:
    done = import_file(db, identity, LATVIAN, "register_lv.csv")
    assert (done.status, done.created, done.rejected, done.error_rows, done.warning_rows) == ("done", 4, 0, 0, 1)
    link = permit(db, "LV-0001")
    assert (link.state, link.service_kind, link.permit_kind) == ("in_force", "fixed", "use")
    assert [(s.name, s.address, str(s.lat)) for s in link.stations] == [
        ("Rīga, Zaķusala", "Zaķusalas krastmala 1, Rīga", "56.9241"),
        ("Ogre, Pārogre", "Zilokalnu prospekts 31, Ogre", "56.8236"),
    ]
    first = link.assignments[0]
    assert (first.emission, str(first.freq_mhz), str(first.rx_freq_mhz)) == ("28M0D7W", "7428", "7589")
    assert (first.bandwidth_khz, str(first.azimuth_deg), first.antenna_make) == (28000, "92.5", "Ziemeļantena")
    assert link.bandwidth_khz == 56000
    assert [step.what for step in link.history] == ["registered"]
    assert permit(db, "LV-0003").state == "cancelled"
    assert permit(db, "LV-0004").stations[0].cadastre_no == "09000070001"


def test_spellings_of_one_holder_are_one_client(db: Database, identity: Identity) -> None:
    import_file(db, identity, LATVIAN)
    asked = [r for r in identity.asked if isinstance(r, UpsertClients)]
    assert sorted(client.kind for request in asked for client in request.clients) == ["legal", "legal", "natural"]
    assert permit(db, "LV-0001").holder_client_id == permit(db, "LV-0004").holder_client_id


def test_the_second_import_changes_nothing_and_says_so(db: Database, identity: Identity) -> None:
    import_file(db, identity, LATVIAN)
    before, asked = content_of(db), len(identity.asked)
    again = import_file(db, identity, LATVIAN)
    assert (again.created, again.changed, again.unchanged, again.unchanged_file) == (0, 0, 4, True)
    assert content_of(db) == before
    assert len(identity.asked) == asked


def test_the_same_rows_in_another_order_and_spelling_of_numbers_change_nothing(
    db: Database, identity: Identity
) -> None:
    import_file(db, identity, LATVIAN)
    header, *rows = LATVIAN.decode().splitlines()
    random.Random(7).shuffle(rows)
    shuffled = "\r\n".join([header, *rows]).replace("21.03.2024.", "2024-03-21")
    again = import_file(db, identity, b"\xef\xbb\xbf" + shuffled.encode())
    assert (again.changed, again.unchanged) == (0, 4)


def test_a_changed_permit_is_changed_alone_and_its_history_says_what(db: Database, identity: Identity) -> None:
    import_file(db, identity, LATVIAN)
    before = permit(db, "LV-0003").version
    changed = import_file(db, identity, LATVIAN.replace(b"20.03.2029.", b"20.03.2030."))
    assert (changed.changed, changed.unchanged, changed.unchanged_file) == (1, 3, False)
    link = permit(db, "LV-0001")
    assert link.version == 2 and permit(db, "LV-0003").version == before
    assert link.history[0].what == "changed"
    assert link.history[0].changes == {"valid_to": ("2029-03-20", "2030-03-20")}
    assert link.assignment_count == len(link.assignments) == 2


def test_a_permit_with_a_wrong_row_is_left_alone_and_the_others_come_in(db: Database, identity: Identity) -> None:
    done = import_file(db, identity, ERRORS)
    assert (done.status, done.created, done.rejected) == ("done", 1, 6)
    assert done.error_rows == 7
    with db.reading() as connection:
        assert connection.scalars(sa.select(tables.permits.c.permit_no)).all() == ["LV-1001"]


def test_the_report_names_row_column_value_code_and_sentence(db: Database, identity: Identity) -> None:
    done = import_file(db, identity, ERRORS)
    part = KIT.report(db, ImportReport(import_id=done.import_id, language="lv"), ENGINEER)
    rows = list(csv.reader(io.StringIO(part.text.removeprefix("\ufeff")), delimiter=";"))
    assert rows[0] == ["Rinda", "Atļauja", "Kolonna", "Vērtība", "Smagums", "Kods", "Paskaidrojums"]
    assert [
        "3",
        "LV-1002",
        "freq_mhz",
        "septiņi",
        "kļūda",
        "permits.number_malformed",
        "“septiņi” nav skaitlis.",
    ] in rows
    assert {row[1] for row in rows[1:]} == {"LV-1002", "LV-1003", "LV-1004", "LV-1005", "LV-1006", "", "LV-1007"}
    disagree = [row for row in rows if row[5] == "permits.rows_disagree"]
    assert {(row[0], row[2]) for row in disagree} == {("8", "status"), ("8", "holder")}
    assert part.next is None


def test_a_correct_permit_survives_a_later_file_with_errors_in_it(db: Database, identity: Identity) -> None:
    import_file(db, identity, LATVIAN)
    before = content_of(db)
    done = import_file(db, identity, LATVIAN.replace(b";7428;0,002", b";abc;0,002"))
    assert (done.rejected, done.unchanged, done.changed) == (1, 3, 0)
    assert content_of(db) == before


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "permits.file_empty"),
        (LATVIAN.replace(b"freq_mhz", b"frekvence"), "permits.file_header"),
        (LATVIAN.decode().encode("cp1257"), "permits.file_encoding"),
        (gzip.compress(LATVIAN * 40)[:-30], "permits.file_truncated"),
        (LATVIAN + b'"open quote', "permits.file_not_csv"),
        (b"PK\x03\x04" + bytes(range(256)), "permits.file_encoding"),
    ],
)
def test_a_broken_file_changes_nothing_and_says_why(
    db: Database, identity: Identity, content: bytes, code: str
) -> None:
    import_file(db, identity, LATVIAN)
    before = content_of(db)
    broken = import_file(db, identity, content)
    assert (broken.status, broken.created, broken.changed) == ("failed", 0, 0)
    assert broken.error_code == code
    assert broken.error and not broken.error.startswith("permits.")
    assert content_of(db) == before
    assert count(db, import_tables.import_rows) == 0


def test_an_import_tells_one_event_however_many_permits(db: Database, identity: Identity) -> None:
    import_file(db, identity, LATVIAN)
    assert events(db) == ["lv.portal.permits.import.finished.v1"]


def test_a_permit_the_portal_issued_is_never_changed_by_a_file(db: Database, identity: Identity) -> None:
    import_file(db, identity, LATVIAN)
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE permits SET source = 'decision' WHERE permit_no = 'LV-0001'"))
    before = content_of(db)
    done = import_file(db, identity, LATVIAN.replace(b"20.03.2029.", b"20.03.2030."))
    assert (done.rejected, done.changed) == (1, 0)
    found, _ = KIT.problem_page(db, ListImportProblems(import_id=done.import_id), ENGINEER)
    assert [p.code for p in found if p.severity == "error"] == ["permits.held_by_decision"]
    assert content_of(db) == before


def test_a_holder_identity_refuses_keeps_only_its_permits_out(db: Database, identity: Identity) -> None:
    identity.refused.add("register:legal:udensroze biedriba")
    refused = import_file(db, identity, LATVIAN)
    assert (refused.created, refused.rejected) == (3, 1)


def test_identity_away_leaves_the_import_waiting_and_nothing_is_lost(db: Database, identity: Identity) -> None:
    import_id = hand_over(db, LATVIAN)
    identity.away = True
    assert work_import.run(db, identity, TIMER) == 0  # type: ignore[arg-type]
    state = KIT.one(db, import_id, ENGINEER)
    assert (state.status, state.created) == ("applying", 0)
    identity.away = False
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE imports SET lease_until = now()"))
    assert work_import.run(db, identity, TIMER) == 1  # type: ignore[arg-type]
    assert KIT.one(db, import_id, ENGINEER).created == 4


class Killed(BaseException):
    """What kill -9 does to the worker: nothing after it runs."""


@pytest.mark.parametrize("at", ["reading", "applying"])
def test_a_worker_killed_in_the_middle_is_resumed_without_doubles(
    db: Database, identity: Identity, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    monkeypatch.setattr(work, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(work_import, "PERMITS_AT_ONCE", 1)
    import_id = hand_over(db, LATVIAN)
    calls = iter(range(100))
    place, name = (work, "_keep") if at == "reading" else (import_apply, "apply")
    real = getattr(place, name)

    def die_at_the_second(*args: object, **kwargs: object) -> object:
        if next(calls) == 1:
            raise Killed
        return real(*args, **kwargs)

    monkeypatch.setattr(place, name, die_at_the_second)
    with pytest.raises(Killed):
        work_import.run(db, identity, TIMER)  # type: ignore[arg-type]
    assert work_import.run(db, identity, TIMER) == 0, "the dead worker's lease still holds"  # type: ignore[arg-type]
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE imports SET lease_until = now()"))
    assert work_import.run(db, identity, TIMER) == 1  # type: ignore[arg-type]
    state = KIT.one(db, import_id, ENGINEER)
    assert (state.status, state.created, state.changed, state.rows_read) == ("done", 4, 0, 5)
    assert count(db, tables.history) == 4
    assert events(db) == ["lv.portal.permits.import.finished.v1"]


def test_a_worker_that_lost_its_lease_writes_nothing_more(
    db: Database, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = hand_over(db, LATVIAN)
    real = work_import.PermitRegister.plan

    def stolen(self: work_import.PermitRegister, job: work.Job, unit: UnitOfWork) -> None:
        with db.engine.begin() as connection:
            connection.execute(sa.text("UPDATE imports SET lease_owner = :me"), {"me": uuid.uuid4()})
        real(self, job, unit)

    monkeypatch.setattr(work_import.PermitRegister, "plan", stolen)
    assert work_import.run(db, identity, TIMER) == 0  # type: ignore[arg-type]
    assert KIT.one(db, import_id, ENGINEER).status == "reading"
    assert count(db, tables.permits) == 0


def test_parts_may_be_sent_twice_but_not_skipped(db: Database) -> None:
    opened = KIT.start(db, StartImport(name="x.csv"), ENGINEER)
    part = AppendImportChunk(import_id=opened.import_id, offset=0, data="YWJj")
    assert KIT.append(db, part, ENGINEER).bytes_total == 3
    assert KIT.append(db, part, ENGINEER).bytes_total == 3
    with pytest.raises(PortalError, match="conflict"):
        KIT.append(db, AppendImportChunk(import_id=opened.import_id, offset=9, data="YWJj"), ENGINEER)


def test_a_file_over_the_limit_is_refused_before_it_is_sent(db: Database) -> None:
    with pytest.raises(PortalError, match="file_too_large"):
        KIT.start(db, StartImport(name="x.csv", size=10**12), ENGINEER)

"""Whose clients and words they are when a person is erased (decision 43)."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from chassis import person_erasing
from chassis.caller import Caller, service_caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.person_messages import Person
from chassis.text import fold
from services.identity.messages import ChangeClient, UpdateProfile
from services.identity.store import clients, external_tables, tables, users
from services.identity.store.import_tables import import_rows
from services.identity.store.personal import PERSONAL
from services.identity.usecases import keep_client, profile, work_erasures
from services.identity.usecases.people import common_names, person_of
from tests.integration.identity.conftest import ADMIN, NOBODY, People


def link(db: Database, user: tables.User, code: str | None, name: str = "") -> None:
    with db.unit_of_work(NOBODY) as unit:
        unit.session.add(
            external_tables.LinkedLogin(user_id=user.id, person_code=code, name=name or user.name, how="profile",
                                        linked_at=now())
        )  # fmt: skip


def a_code() -> str:
    return f"326{uuid.uuid4().int % 10**8:08d}"


def person(db: Database, user: tables.User) -> Person:
    """The person as the work in the background has it."""
    with db.reading() as connection:
        found = person_of(connection, user.id, "Dzēsta persona 1")
        common = common_names(connection, found.names, found.sure, user.id, found.clients)
    return found.model_copy(update={"common": common})


def natural(people: People, db: Database, name: str, code: str | None, **more: Any) -> uuid.UUID:
    made = people.client(name, kind="natural", person_code=code, **more)
    if code:
        with db.unit_of_work(NOBODY) as unit:
            clients.add_codes(unit.session, {("person_code", code): made})
    return made


def change(db: Database, people: People, client_id: uuid.UUID, **values: Any) -> None:
    with db.reading() as connection:
        version = connection.execute(sa.select(tables.Client.version).where(tables.Client.id == client_id)).scalar_one()
    request = ChangeClient(client_id=client_id, version=version, ground="iesniegums", **values)
    keep_client.change(db, request, dataclasses.replace(ADMIN, user=people.user(kind="staff").id))


def test_a_client_whose_code_changed_is_still_the_person(db: Database, people: People) -> None:
    old, new = a_code(), a_code()
    user = people.user(name="Zelma Ozoliņa")
    mine = natural(people, db, "Zelma Ozoliņa", old)
    people.represents(user, mine)
    link(db, user, old)
    change(db, people, mine, person_code=new)
    found = person(db, user)
    assert found.clients == [mine]
    assert {old, new} <= set(found.sure_marks)


def test_what_a_client_was_called_before_is_known(db: Database, people: People) -> None:
    mark = uuid.uuid4().hex[:8]
    code, old, new = a_code(), f"Līga Meitene-{mark}", f"Līga Precēta-{mark}"
    mails = [f"veca.{mark}@klients.example", f"jauna.{mark}@klients.example"]
    user = people.user(name=new)
    mine = natural(people, db, old, code, email=mails[0], phone="+37129111222")
    people.represents(user, mine)
    link(db, user, code, name=new)
    change(db, people, mine, name=new, email=mails[1], phone="+37129111333")
    found = person(db, user)
    assert {old, new} <= set(found.sure_names)
    assert {*mails, "+37129111222", "+37129111333"} <= set(found.marks)
    assert not set(mails) & set(found.sure_marks), "nobody proved an address of the register"
    namesake = people.user(name=old)
    assert old in person(db, user).common, namesake.name
    person_erasing.erase(db, PERSONAL, found, service_caller("identity"), force=True)
    with db.reading() as connection:
        row = connection.execute(sa.select(tables.Client.__table__).where(tables.Client.id == mine)).one()
    assert (row.former, row.former_contacts) == ([], [])


def test_names_that_are_typed_never_make_a_proven_address_forgotten(db: Database, people: People) -> None:
    proven = f"pirmais.{uuid.uuid4().hex[:8]}@darbs.example"
    user = people.user(name="Vārds Nulle")
    me = Caller(kind="user", user=user.id, name=user.name)
    with db.unit_of_work(NOBODY) as unit:
        held = unit.session.get(tables.User, user.id)
        assert held is not None
        users.remember_email(held, proven)
    for number in range(12):
        profile.update(db, UpdateProfile(name=f"Vārds Numurs{number} {uuid.uuid4().hex[:6]}"), me)
    profile.update(db, UpdateProfile(name="cita@persona.example"), me)
    profile.update(db, UpdateProfile(name="Vārds Pēdējais"), me)
    found = person(db, user)
    assert proven in found.sure_marks
    assert "cita@persona.example" not in found.sure, "a name that looks like an address was proven by nobody"


@pytest.mark.parametrize("typed", ["Vidzeme", "Anna Vidzeme"])
def test_a_name_that_was_typed_takes_nothing_from_rows_of_a_firm(db: Database, people: People, typed: str) -> None:
    firm = people.client("SIA Vidzemes Tīkli")
    leaves, stays = people.user(name=typed), people.user(name="Cits Lietotājs")
    people.represents(leaves, firm, role="additional", rights=("permits.see",))
    held = people.represents(stays, firm, role="additional", rights=("permits.see",))
    row = tables.Representation.__table__.c
    with db.unit_of_work(NOBODY) as unit:
        unit.session.execute(
            sa.update(tables.Representation).where(row.id == held).values(granted_by="Anna Vidzeme", end_note=typed)
        )
    person_erasing.erase(db, PERSONAL, person(db, leaves), service_caller("identity"), force=True)
    with db.reading() as connection:
        kept = connection.execute(sa.select(row.granted_by, row.end_note).where(row.id == held)).one()
    assert tuple(kept) == ("Anna Vidzeme", typed)


def test_an_import_under_way_does_not_write_the_person_back(db: Database, people: People) -> None:
    code, other = a_code(), a_code()
    user = people.user(name="Imanta Ielasītā")
    people.represents(user, natural(people, db, "Imanta Ielasītā", code))
    link(db, user, code)
    run = uuid.uuid4()
    rows = [("natural", "Imanta Ielasītā", code), ("natural", "Kāds Cits", other), ("legal", "SIA Firma", None)]
    with db.engine.begin() as connection:
        # The run itself is of no matter here.
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        connection.execute(
            sa.insert(import_rows),
            [
                {"import_id": run, "row_no": number, "warned": False,
                 "record": {"kind": kind, "name": name, "person_code": its}}
                for number, (kind, name, its) in enumerate(rows)
            ],
        )  # fmt: skip
    with db.unit_of_work(NOBODY) as unit:
        clients.lock_register(unit.session)  # an import is writing a batch
        with pytest.raises(PortalError, match="deadline"), db.unit_of_work(NOBODY) as erasing:
            erasing.session.execute(sa.text("SET LOCAL lock_timeout = '100ms'"))
            work_erasures._within(erasing, db, person(db, user), NOBODY)
    person_erasing.erase(db, PERSONAL, person(db, user), service_caller("identity"), force=True)
    with db.reading() as connection:
        left = connection.execute(sa.select(import_rows.c.row_no).where(import_rows.c.import_id == run)).scalars().all()
    assert sorted(left) == [1, 2]


def test_the_offices_own_tables_are_searched(db: Database, people: People) -> None:
    """A member of staff stays by name in office; a customer named there by others goes, or is listed."""
    mark, code = uuid.uuid4().hex[:8], a_code()
    user = people.user(name=f"Žanete Kontakts-{mark}")
    people.represents(user, natural(people, db, user.name, code))
    link(db, user, code)
    at = now()
    with db.engine.begin() as connection:
        connection.execute(
            sa.insert(tables.metadata.tables["machine_clients"]).values(
                id=uuid.uuid4(), version=1, name=f"ERP {mark}", status="active", contact=user.email, scopes=[],
                note=f"zvanīt {user.name}", created_by=user.name, search_text=fold(user.name),
            )
        )  # fmt: skip
        connection.execute(
            sa.insert(tables.metadata.tables["portal_notices"]).values(
                id=uuid.uuid4(), text_lv=f"Paldies {user.name}", text_en="-", closes=False, starts_at=at,
                ends_at=at + timedelta(days=1), made_by="Andris", made_at=at,
            )
        )  # fmt: skip
    who = person(db, user)
    before = {(one.table, one.column, one.reason) for one in person_erasing.traces(db, PERSONAL, who).items}
    assert {("machine_clients", "contact", None), ("portal_notices", "text_lv", None)} <= before
    person_erasing.erase(db, PERSONAL, who, service_caller("identity"), force=True)
    office = {"machine_clients", "machine_secrets", "portal_notices"}
    left = {(one.table, one.column, one.reason) for one in person_erasing.traces(db, PERSONAL, who).items}
    assert {one for one in left if one[0] in office} == {("machine_clients", "created_by", "duty")}

"""Clients: registered again and again, found with and without Latvian letters, kept by their people and by staff."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from chassis.text import sort_key
from services.identity.messages import (
    ClientRecord,
    GetClient,
    GetClients,
    ListClients,
    ListUsers,
    UpdateClientContacts,
    UpsertClients,
    UpsertedClients,
)
from services.identity.usecases import clients, keep_client, register_clients, users
from tests.integration.identity.conftest import ADMIN, SERVICE, People, events

SERVICE_STAFF = Caller(kind="staff", user=uuid.UUID(int=5), roles=frozenset({"customer_service"}), name="Laura")
ENGINEER = Caller(kind="staff", user=uuid.UUID(int=6), roles=frozenset({"permit_engineer"}), name="Mārtiņš")


def register(db: Database, *records: dict[str, Any], source: str = "register") -> UpsertedClients:
    known = [ClientRecord.model_validate({"kind": "legal", "name": "SIA Ābols"} | record) for record in records]
    return register_clients.run(db, UpsertClients(source=source, clients=known), SERVICE)


def outcomes(reply: UpsertedClients) -> list[str]:
    return [item.outcome for item in reply.items]


def ref() -> str:
    return f"H-{uuid.uuid4().hex[:12]}"


def test_registering_the_same_holders_again_changes_nothing_and_says_so(db: Database) -> None:
    batch = [{"external_ref": ref(), "name": f"SIA {n}", "email": f"a{n}@x.lv"} for n in range(200)]
    first = register(db, *batch)
    assert set(outcomes(first)) == {"created"}
    again = register(db, *batch)
    assert set(outcomes(again)) == {"unchanged"}
    assert [i.client_id for i in again.items] == [i.client_id for i in first.items]
    some = first.items[7].client_id
    assert len(events(db, "identity.client.created", some)) == 1 and not events(db, "identity.client.updated", some)


def test_a_changed_name_is_an_update_and_a_known_code_finds_the_client(db: Database) -> None:
    number = ref()
    (first,) = register(db, {"external_ref": number, "name": "SIA Vecais"}).items
    (renamed,) = register(db, {"external_ref": number, "name": "SIA Jaunais", "reg_no": "LV40003032949"}).items
    assert (renamed.outcome, renamed.client_id) == ("updated", first.client_id)
    (by_number,) = register(db, {"name": "SIA Jaunais", "reg_no": "40003032949"}).items
    assert (by_number.outcome, by_number.client_id) == ("unchanged", first.client_id)


def test_personal_codes_change_and_the_old_one_still_matches(db: Database) -> None:
    number = ref()
    person = {"external_ref": number, "kind": "natural", "name": "Līga Ābele"}
    (first,) = register(db, person | {"person_code": "010180-10018"}).items
    (changed,) = register(db, person | {"person_code": "320000-12345"}).items
    assert (changed.outcome, changed.client_id) == ("updated", first.client_id)
    (old,) = register(db, {"kind": "natural", "name": "Līga Ābele", "person_code": "01018010018"}).items
    assert old.client_id == first.client_id


def test_one_record_that_is_wrong_does_not_stop_the_others(db: Database) -> None:
    twice = ref()
    reply = register(
        db,
        {"external_ref": ref(), "reg_no": "40003032948"},
        {"external_ref": twice},
        {"external_ref": twice},
        {"external_ref": ref(), "email": "not an address"},
    )
    assert outcomes(reply) == ["refused", "created", "unchanged", "refused"]
    assert (reply.items[0].field, reply.items[0].error) == ("reg_no", "identity.reg_no_invalid")


def test_two_imports_at_once_create_each_client_once(db: Database) -> None:
    batch = [{"external_ref": ref(), "name": f"SIA {n}"} for n in range(50)]
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: register(db, *batch), range(4)))
    assert len({tuple(i.client_id for i in reply.items) for reply in replies}) == 1
    assert sum(outcomes(reply).count("created") for reply in replies) == 50


def test_a_register_does_not_overwrite_what_the_client_entered(db: Database, people: People) -> None:
    number, staff = ref(), replace(ADMIN, user=people.user("staff").id)
    (item,) = register(db, {"external_ref": number, "email": "old@x.lv"}).items
    change = UpdateClientContacts(client_id=item.client_id, version=1, email="own@x.lv", phone="67332179")
    updated = keep_client.update_contacts(db, change, staff)
    assert (updated.email, updated.phone, updated.version) == ("own@x.lv", "+37167332179", 2)
    assert outcomes(register(db, {"external_ref": number, "email": "old@x.lv"})) == ["unchanged"]
    assert outcomes(register(db, {"external_ref": number, "address": "Rīga"})) == ["updated"]
    with pytest.raises(PortalError, match="stale"):
        keep_client.update_contacts(db, change, staff)
    origins = {d.field: d.origin for d in clients.get(db, GetClient(client_id=item.client_id), ADMIN).data}
    assert (origins["email"], origins["address"]) == ("staff", "register")


def test_staff_find_clients_with_and_without_latvian_letters(people: People, db: Database) -> None:
    mark = uuid.uuid4().hex[:8]
    wanted = people.client(f"SIA Šķūņu Ūdens {mark}", address="Ērgļi", person_code=None, external_ref=f"K-{mark}")
    people.client(f"SIA Cits {mark}")
    for words in (f"šķūņu ūdens {mark}", f"SKUNU UDENS {mark}", f"K-{mark}", f"dens {mark}"):
        found = clients.search(db, ListClients(query=words)).items
        assert [row.client_id for row in found] == [wanted], words
    assert clients.search(db, ListClients(query=f"100% {mark}")).items == []


@pytest.mark.parametrize("sort", ["name", "-name", "created", "-created"])
def test_pages_by_key_show_every_client_once_in_order(people: People, db: Database, sort: str) -> None:
    mark = uuid.uuid4().hex[:8]
    names = [
        f"{word} {mark}"
        for word in ("Čiks", "Cits", "Ābols", "Zāle", "Žanis", "Avots", "Ķīlis", "Kaste", "Yps", "Iela")
    ]
    for name in names:
        people.client(name)
    seen, after = [], None
    while True:
        page = clients.search(db, ListClients(query=mark, sort=sort, after=after, limit=3))
        seen += [row.name for row in page.items]
        after = page.next
        if after is None:
            break
    expected = sorted(names, key=sort_key) if "name" in sort else names
    assert seen == (expected[::-1] if sort.startswith("-") else expected)


def test_cursors_somebody_made_up_are_refused(db: Database) -> None:
    for after in ("x", "WzFd", "WyJhIiwiYiJd"):
        for work, request in ((clients.search, ListClients(after=after)), (users.search, ListUsers(after=after))):
            with pytest.raises(PortalError, match="malformed"):
                work(db, request)


def test_another_clients_data_are_not_there_for_a_customer(people: People, db: Database) -> None:
    user = people.user()
    own, foreign = people.client("SIA Savs"), people.client("SIA Svešs")
    people.represents(user, own)
    caller = people.caller(people.sign_in(user))
    assert clients.get(db, GetClient(), caller).client_id == own
    for request in (GetClient(client_id=foreign), GetClient(client_id=uuid.uuid4())):
        with pytest.raises(PortalError, match="not_found"):
            clients.get(db, request, caller)
    with pytest.raises(PortalError, match="not_found"):
        keep_client.update_contacts(db, UpdateClientContacts(client_id=foreign, version=1, email="a@x.lv"), caller)


def test_only_those_who_keep_clients_see_whole_personal_codes(people: People, db: Database) -> None:
    client = people.client("Līga Ābele", kind="natural", person_code="01018010018")
    shown = {
        caller.name: clients.get(db, GetClient(client_id=client), caller).person_code
        for caller in (SERVICE_STAFF, ENGINEER)
    }
    assert shown == {"Laura": "010180-10018", "Mārtiņš": "010180-•••••"}


def test_cards_name_the_people_who_may_be_addressed_today(people: People, db: Database) -> None:
    client = people.client()
    active, blocked = people.user(), people.user(status="blocked")
    people.represents(active, client)
    people.represents(blocked, client, "additional")
    request = GetClients(client_ids=[client, uuid.uuid4()], with_users=True)
    (card,) = clients.cards(db, request).items
    assert [person.user_id for person in card.users] == [active.id]

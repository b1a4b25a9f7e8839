"""An erasure step by step, with the other services played by a stand-in."""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from chassis.caller import Caller, service_caller
from chassis.database import Database
from chassis.days import now
from chassis.person_messages import Obligations, PersonErased, PersonTraces, Trace
from services.identity import messages as m
from services.identity.store import external_tables, import_tables, tables
from services.identity.store.person_tables import Erasure
from services.identity.usecases import (
    approvals,
    clients,
    ending,
    erasure,
    import_clients,
    register_clients,
    work_erasures,
)
from tests.integration.identity.conftest import ADMIN, NOBODY, People, code_of, events

WORK = service_caller("identity")


class Others:
    """Answers as the other services do; `found` is what their search finds, `waits` what notifications says."""

    def __init__(self) -> None:
        self.found: dict[str, list[Trace]] = {}
        self.waits = False
        self.asked: list[str] = []

    def call(self, request: Any, **_: Any) -> Any:
        service, what = request.service, request.method
        self.asked.append(f"{service}.{what}")
        if what == "find_person":
            return PersonTraces(items=self.found.get(service, []))
        return PersonErased(waits=service == "notifications" and self.waits and not request.force)

    def gather(self, requests: list[Any], **_: Any) -> list[Any]:
        return [Obligations(items=[]) for _request in requests]


@pytest.fixture
def others() -> Others:
    return Others()


def ask(db: Database, others: Others, user: tables.User) -> uuid.UUID:
    me = Caller(kind="user", user=user.id, name=user.name)
    return erasure.ask(db, others, m.AskErasure(confirm=user.email), me).erasure_id


def go_on(db: Database, others: Others, erasure_id: uuid.UUID, state: str) -> m.ErasureView:
    """Let the work go on until the erasure is in a state."""
    for _ in range(8):
        shown = erasure.get(db, m.GetErasure(erasure_id=erasure_id), ADMIN)
        if shown.state == state:
            return shown
        with db.unit_of_work(NOBODY) as unit:  # no test waits for the next try
            unit.session.execute(sa.text("UPDATE erasure_steps SET next_try_at = now() - interval '1 second'"))
            unit.session.execute(sa.text("UPDATE erasures SET searched_at = now() - interval '1 hour'"))
        work_erasures.work_off(db, others, WORK)
    raise AssertionError(f"it is {shown.state}, not {state}")


def test_the_last_letter_names_what_the_search_found(db: Database, people: People, others: Others) -> None:
    user = people.user(name="Lauma Lasītāja")
    people.client("SIA Laumas", email=user.email)  # has the address, too
    others.waits = True
    others.found = {"requests": [Trace(table="blob_chunks", column="data", count=2, reason="others_text")]}
    others.found["notifications"] = [Trace(table="messages", column="body", count=1)]  # gone only after the letter
    erasure_id = ask(db, others, user)
    shown = go_on(db, others, erasure_id, "reporting")
    done = {step.service for step in shown.steps if step.done_at}
    assert "identity" in done and "notifications" not in done
    assert len(events(db, "person.reported", user.id)) == 1
    letter = work_erasures.letter(db, m.GetErasureLetter(erasure_id=erasure_id))
    assert (letter.email, letter.name) == (user.email, "Lauma Lasītāja")
    assert next(part["count"] for part in letter.kept if part["reason"] == "others_text") >= 2
    others.waits, others.found["notifications"] = False, []
    go_on(db, others, erasure_id, "done")
    assert code_of(work_erasures.letter, db, m.GetErasureLetter(erasure_id=erasure_id)) == "not_found"
    with db.reading() as connection:
        row = connection.execute(sa.select(Erasure.__table__).where(Erasure.id == erasure_id)).one()
    assert (row.email, row.names, row.marks, row.sure) == (None, [], [], [])


def test_nothing_is_sent_to_an_address_nobody_proved(db: Database, people: People, others: Others) -> None:
    user = people.user(name="Toms Nepierādītais", email_unproven=True)
    others.waits = True  # for a letter that would never come
    me = Caller(kind="user", user=user.id, name=user.name)
    assert erasure.outlook(db, others, m.LookAtErasure(), me).unreachable
    erasure_id = ask(db, others, user)
    assert code_of(work_erasures.letter, db, m.GetErasureLetter(erasure_id=erasure_id)) == "not_found"
    assert go_on(db, others, erasure_id, "done").unreachable
    assert events(db, "person.reported", user.id) == []


def test_a_deletion_that_waits_for_approval_lapses_with_the_erasure(
    db: Database, people: People, others: Others
) -> None:
    user, asker = people.user(name="Gaida Gaidītāja"), people.user(kind="staff", name="Dace Klientu")
    staff = Caller(kind="staff", user=asker.id, roles=frozenset({"customer_service"}), name=asker.name)
    asked = ending.ask_deletion(
        db, m.AskUserDeletion(user_id=user.id, reason="own_request", note="lūdza pa tālruni"), staff
    )
    ask(db, others, user)
    shown = approvals.get(db, m.GetApproval(approval_id=asked.approval_id), ADMIN)
    assert shown.state == "lapsed"


def test_another_account_with_the_same_code_is_shown(db: Database, people: People, others: Others) -> None:
    code = f"325{uuid.uuid4().int % 10**8:08d}"
    leaves, stays, stranger = people.user(), people.user(email=f"otrs.{uuid.uuid4().hex[:8]}@a.example"), people.user()
    with db.unit_of_work(NOBODY) as unit:
        unit.session.add_all(
            external_tables.LinkedLogin(user_id=one.id, person_code=its, name=one.name, how="profile", linked_at=now(),
                                        provider="probe", subject=uuid.uuid4().hex, assurance="high")
            for one, its in ((leaves, code), (stays, code), (stranger, f"9{code[1:]}"))
        )  # fmt: skip
    me = Caller(kind="user", user=leaves.id, name=leaves.name)
    assert erasure.outlook(db, others, m.LookAtErasure(), me).accounts == ["o…@a.example"]
    erasure_id = ask(db, others, leaves)
    assert erasure.get(db, m.GetErasure(erasure_id=erasure_id), ADMIN).accounts == [stays.id]


def test_services_are_told_that_a_client_is_erased(db: Database, people: People, others: Others) -> None:
    user = people.user(name="Sandra Saņēmēja")
    mine, other = people.client("Sandra Saņēmēja", kind="natural"), people.client()
    people.represents(user, mine)

    def erased() -> dict[uuid.UUID, bool]:
        cards = clients.cards(db, m.GetClients(client_ids=[mine, other])).items
        return {card.client_id: card.erased for card in cards}

    assert erased() == {mine: False, other: False}
    ask(db, others, user)
    assert erased() == {mine: True, other: False}


def an_import(db: Database) -> uuid.UUID:
    """An import that is being applied."""
    import_id, blob = uuid.uuid4(), uuid.uuid4()
    with db.engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))  # without a file
        connection.execute(
            sa.insert(import_tables.imports).values(
                id=import_id, name="klienti.csv", source="klienti", blob_id=blob, status="applying", started_by=blob,
                started_by_name="Andris", started_at=now(),
            )
        )  # fmt: skip
    return import_id


def test_an_import_refuses_who_is_being_erased_and_is_waited_for(
    db: Database, people: People, others: Others
) -> None:
    code = f"324{uuid.uuid4().int % 10**8:08d}"
    user, import_id = people.user(name="Ilga Ielasītā"), an_import(db)
    with db.unit_of_work(NOBODY) as unit:
        unit.session.add(
            external_tables.LinkedLogin(user_id=user.id, person_code=code, name=user.name, how="profile",
                                        linked_at=now())
        )  # fmt: skip
    erasure_id = ask(db, others, user)
    fields = ("name", "external_ref", "reg_no", "person_code", "address", "email", "invoice_email", "phone",
              "correspondence_address")  # fmt: skip
    record = dict.fromkeys((*fields, *register_clients.DATA)) | {
        "kind": "natural", "language": "lv", "name": user.name, "person_code": code, "external_ref": "K-77",
    }  # fmt: skip
    counted: dict[str, int] = {}
    job: Any = SimpleNamespace(import_id=import_id, count=lambda unit, **numbers: counted.update(numbers))
    with db.unit_of_work(NOBODY) as unit:
        import_clients._apply(job, unit, [SimpleNamespace(row_no=7, record=record, warned=False)])
    assert (counted["rejected"], counted["created"]) == (1, 0)
    with db.reading() as connection:
        problem = connection.execute(
            sa.select(import_tables.import_problems).where(import_tables.import_problems.c.import_id == import_id)
        ).one()
    assert (problem.code, problem.client, problem.value) == ("identity.person_erased", None, None)
    with pytest.raises(AssertionError, match="checking"):
        go_on(db, others, erasure_id, "done")
    with db.unit_of_work(NOBODY) as unit:
        unit.session.execute(sa.update(import_tables.imports).values(status="done"))
        unit.session.execute(sa.text("UPDATE outbox SET published_at = now()"))  # as the relay does
    go_on(db, others, erasure_id, "done")

"""How cases end, who may do what, and what lists say of them, against the real database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from chassis.database import Database
from chassis.days import riga_today
from chassis.ids import new_id
from services.requests import messages as m
from services.requests.store.tables import Case, FormVersion
from services.requests.usecases import client_moves, read_cases, staff_moves
from tests.integration.requests.conftest import (
    ANNA,
    COLLEAGUE,
    ENGINEER,
    Identity,
    events,
    in_review,
    ready_draft,
    refused_as,
    submitted,
)  # fmt: skip


def test_refusal_needs_a_reason_and_a_confirmation_and_reaches_the_client(db: Database, identity: Identity) -> None:
    case = in_review(db, identity)
    ask = {"case_id": case.case_id}
    refused_as(
        "requests.text_required", lambda: staff_moves.refuse(db, m.Refuse(**ask, reason="  ", confirmed=True), ENGINEER)
    )
    refused_as(
        "requests.not_confirmed", lambda: staff_moves.refuse(db, m.Refuse(**ask, reason="Josla aizņemta"), ENGINEER)
    )
    staff_moves.refuse(db, m.Refuse(**ask, reason="Josla aizņemta", confirmed=True), ENGINEER)
    mine = read_cases.one(db, m.GetCase(case_id=case.case_id), ANNA)
    assert (mine.status, mine.refusal_reason, mine.actions) == ("refused", "Josla aizņemta", [])
    assert events(db, "case.refused")[0]["reason"] == "Josla aizņemta"


def test_wrong_states_and_wrong_hands_are_refused(db: Database, identity: Identity) -> None:
    case = submitted(db, identity)
    approve = m.Approve(case_id=case.case_id, confirmed=True)
    refused_as("requests.wrong_state", lambda: staff_moves.approve(db, approve, ENGINEER))
    staff_moves.take(db, m.TakeCase(case_id=case.case_id), ENGINEER)
    refused_as("requests.not_yours", lambda: staff_moves.approve(db, approve, COLLEAGUE))
    refused_as("requests.not_yours", lambda: staff_moves.take(db, m.TakeCase(case_id=case.case_id), COLLEAGUE))
    taken = staff_moves.take(db, m.TakeCase(case_id=case.case_id, take_over=True), COLLEAGUE)
    assert taken.assignee_name == "Līga Kolēģe"
    answer = m.AnswerInformation(case_id=case.case_id, text="Neviens nejautāja", confirmed=True)
    refused_as("requests.wrong_state", lambda: client_moves.answer(db, answer, ANNA))
    assert "take_over" not in [e.action for e in read_cases.one(db, m.GetCase(case_id=case.case_id), ANNA).timeline]
    staff_moves.approve(db, approve, COLLEAGUE)
    withdraw = m.Withdraw(case_id=case.case_id, confirmed=True)
    refused_as("requests.wrong_state", lambda: client_moves.withdraw(db, withdraw, ANNA))


def test_a_withdrawn_case_is_closed_for_everybody(db: Database, identity: Identity) -> None:
    case = in_review(db, identity)
    refused_as("requests.not_confirmed", lambda: client_moves.withdraw(db, m.Withdraw(case_id=case.case_id), ANNA))
    gone = client_moves.withdraw(db, m.Withdraw(case_id=case.case_id, reason="Plāni mainījās", confirmed=True), ANNA)
    assert gone.status == "withdrawn" and gone.due_date is None
    approve = m.Approve(case_id=case.case_id, confirmed=True)
    refused_as("requests.wrong_state", lambda: staff_moves.approve(db, approve, ENGINEER))
    assert len(events(db, "case.withdrawn")) == 1


def test_notes_are_for_staff_only(db: Database, identity: Identity) -> None:
    case = in_review(db, identity)
    staff_moves.add_note(db, m.AddNote(case_id=case.case_id, text="Jāpārbauda traucējumi"), ENGINEER)
    assert [n.text for n in read_cases.one(db, m.GetCase(case_id=case.case_id), COLLEAGUE).notes] == [
        "Jāpārbauda traucējumi"
    ]
    mine = read_cases.one(db, m.GetCase(case_id=case.case_id), ANNA)
    assert mine.notes == [] and "note" not in [e.action for e in mine.timeline]


def test_the_queue_filters_searches_sorts_and_pages(db: Database, identity: Identity) -> None:
    cases = [submitted(db, identity, link_name=f"Līnija {name}") for name in ("Ķegums", "Ogre", "Cēsis")]
    staff_moves.take(db, m.TakeCase(case_id=cases[0].case_id), ENGINEER)
    with db.engine.begin() as connection:
        for n, case in enumerate(cases):
            late = riga_today() + timedelta(days=(5, -2, 9)[n])
            connection.execute(sa.update(Case).where(Case.id == case.case_id).values(due_date=late))

    def names(**how: Any) -> list[str]:
        return [r.summary.split(" — ")[0].removeprefix("Līnija ") for r in
                read_cases.queue(db, m.CaseQueue(**how), ENGINEER).items]  # fmt: skip

    assert names() == ["Ogre", "Ķegums", "Cēsis"]
    assert names(sort="-submitted") == ["Cēsis", "Ogre", "Ķegums"]
    assert names(sort="submitted") == ["Ķegums", "Ogre", "Cēsis"]
    assert names(overdue=True) == ["Ogre"]
    assert names(assigned="me") == ["Ķegums"] and names(assigned="nobody") == ["Ogre", "Cēsis"]
    assert names(q="kegums") == ["Ķegums"] and names(q="100%") == []
    assert names(status="in_review") == ["Ķegums"]
    assert names(client_id=new_id()) == []
    for sort in ("due", "submitted", "-submitted"):
        seen, after = [], None
        while True:
            page = read_cases.queue(db, m.CaseQueue(sort=sort, limit=1, after=after), ENGINEER)
            seen += [r.case_no for r in page.items]
            after = page.next
            if after is None:
                break
        assert len(seen) == len(set(seen)) == 3
    counts = read_cases.queue_counts(db, ENGINEER)
    assert (counts.open, counts.mine, counts.unassigned, counts.overdue) == (3, 1, 2, 1)


def test_a_running_case_keeps_the_version_it_started_with(db: Database, identity: Identity) -> None:
    case = submitted(db, identity)
    with db.engine.begin() as connection:
        raw = connection.execute(sa.select(FormVersion.definition).where(FormVersion.form == "fixed_link")).scalar_one()
        newer = {**raw, "version": 2, "service_level_days": 3}
        connection.execute(
            sa.dialects.postgresql.insert(FormVersion)
            .values(form="fixed_link", version=2, definition=newer, sha256="x").on_conflict_do_nothing()
        )  # fmt: skip
    again = read_cases.one(db, m.GetCase(case_id=case.case_id), ANNA)
    assert again.definition.version == 1 and again.definition.service_level_days == 20


def test_counts_of_the_overview(db: Database, identity: Identity) -> None:
    ready_draft(db)
    case = in_review(db, identity)
    staff_moves.ask(db, m.AskInformation(case_id=case.case_id, text="Kas?"), ENGINEER)
    counts = read_cases.counts(db, ANNA)
    assert (counts.open, counts.waiting_for_client, counts.drafts) == (1, 1, 1)

"""From submission to the permit: one number, one confirmation, one clock, one timeline, and every step told once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from chassis.caller import AlreadyHandled
from chassis.database import Database
from chassis.days import add_working_days, now, riga_today
from chassis.ids import new_id
from services.billing.messages import InvoiceIssued
from services.permits.messages import PermitIssued
from services.requests import messages as m
from services.requests.domain.confirmation import content_hash
from services.requests.store.tables import Case, ConfirmationRow
from services.requests.usecases import attach, client_moves, follow, read_cases, staff_moves, submit, sweep
from tests.integration.requests.conftest import (
    ANNA,
    CLIENT,
    ENGINEER,
    STRANGER,
    TIMER,
    Identity,
    approved,
    audited,
    delivery,
    events,
    in_review,
    issue,
    ready_draft,
    refused_as,
    submitted,
    upload,
)  # fmt: skip


def test_submitting_numbers_confirms_starts_the_clock_and_tells(db: Database, identity: Identity) -> None:
    case = submitted(db, identity)
    assert case.case_no == f"P-{riga_today().year}-000001"
    assert (case.status, case.ball, case.client_name) == ("submitted", "staff", "SIA Radio Links")
    assert case.due_date == add_working_days(riga_today(), 20)
    assert case.data["freq_ab_mhz"] == "10735"
    assert [e.action for e in case.timeline] == ["submit"]
    told = events(db, "case.submitted")
    assert len(told) == 1 and told[0]["case_no"] == case.case_no
    assert told[0]["contact"]["email"] == "anna@radiolinks.example"
    assert "requests.case.submit" in audited(db)


def test_what_was_confirmed_can_be_proved_later_and_not_changed(db: Database, identity: Identity) -> None:
    case = submitted(db, identity)
    with db.reading() as connection:
        row = connection.execute(sa.select(ConfirmationRow.__table__)).one()
    wording = f"{row.statement['lv']}\n{row.statement['en']}"
    files = [tuple(pair) for pair in row.document["attachments"]]
    assert row.sha256 == content_hash("fixed_link", 1, row.document["data"], files, wording)
    assert (row.user_name, row.address, row.assurance) == ("Anna Ozola", "192.0.2.1", "substantial")
    assert row.document["data"] == case.data and len(files) == 1
    for statement in (
        "UPDATE confirmations SET user_name = 'Cits'", "DELETE FROM confirmations", "DELETE FROM timeline",
        "UPDATE timeline SET text = 'x'", "TRUNCATE timeline", "UPDATE form_versions SET version = 9",
    ):  # fmt: skip
        with pytest.raises(sa.exc.DatabaseError, match=r"append-only|never changes"), db.engine.begin() as connection:
            connection.execute(sa.text(statement))


def test_an_incomplete_or_unconfirmed_draft_is_not_submitted(db: Database, identity: Identity) -> None:
    draft = ready_draft(db, freq_ab_mhz="", a_coordinates="nekur")
    request = m.Submit(case_id=draft.case_id, version=draft.version, confirmed=True)
    error = refused_as("invalid", lambda: submit.run(db, identity, request, ANNA))
    assert {(e.field, e.code) for e in error.errors} == {
        ("freq_ab_mhz", "required"), ("a_coordinates", "requests.bad_coordinates"),
    }  # fmt: skip
    good = ready_draft(db)
    unconfirmed = m.Submit(case_id=good.case_id, version=good.version)
    assert (
        refused_as("requests.not_confirmed", lambda: submit.run(db, identity, unconfirmed, ANNA)).field == "confirmed"
    )
    stale = m.Submit(case_id=good.case_id, version=good.version - 1, confirmed=True)
    refused_as("requests.draft_changed", lambda: submit.run(db, identity, stale, ANNA))
    assert events(db, "case.submitted") == []


def test_an_upload_that_did_not_finish_is_not_part_of_the_case(db: Database, identity: Identity) -> None:
    draft = ready_draft(db)
    attach.start(db, m.StartAttachment(case_id=draft.case_id, name="pus.pdf", size=1000), ANNA)
    request = m.Submit(case_id=draft.case_id, version=draft.version, confirmed=True)
    case = submit.run(db, identity, request, ANNA)  # type: ignore[arg-type]
    assert [a.name for a in case.attachments] == ["datu lapa.pdf"]
    with db.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(db.tables.blobs)).scalar() == 1


def test_submitting_twice_even_at_once_makes_one_case(db: Database, identity: Identity) -> None:
    draft = ready_draft(db)
    replies: list[m.CaseView] = []

    def go(key: str | None) -> None:
        request = m.Submit(case_id=draft.case_id, version=draft.version, confirmed=True, idempotency_key=key)
        replies.append(submit.run(db, identity, request, ANNA))  # type: ignore[arg-type]

    threads = [threading.Thread(target=go, args=(key,)) for key in ("same-key-1", "same-key-1", None, "other-key")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({r.case_no for r in replies}) == 1 and len(replies) == 4
    assert len(events(db, "case.submitted")) == 1
    assert len(replies[0].confirmations) == 1


def test_numbers_have_no_gaps_and_no_doubles_when_many_submit_at_once(db: Database, identity: Identity) -> None:
    ready = [ready_draft(db) for _ in range(8)]
    numbers: list[str] = []

    def go(draft: m.Draft) -> None:
        request = m.Submit(case_id=draft.case_id, version=draft.version, confirmed=True)
        numbers.append(submit.run(db, identity, request, ANNA).case_no)  # type: ignore[arg-type]

    threads = [threading.Thread(target=go, args=(draft,)) for draft in ready]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [f"P-{riga_today().year}-{n:06d}" for n in range(1, 9)]


def test_identity_away_does_not_stop_a_submission_and_the_name_follows(db: Database, identity: Identity) -> None:
    identity.away = True
    case = submitted(db, identity)
    assert case.client_name == ""
    identity.away = False
    assert sweep.name_clients(db, identity, TIMER) == 1  # type: ignore[arg-type]
    found = read_cases.queue(db, m.CaseQueue(q="radio links"), ENGINEER)
    assert [row.client_name for row in found.items] == ["SIA Radio Links"]


def test_another_client_gets_not_found_and_staff_see_the_case(db: Database, identity: Identity) -> None:
    case = submitted(db, identity)
    get = m.GetCase(case_id=case.case_id)
    refused_as("not_found", lambda: read_cases.one(db, get, STRANGER))
    withdraw = m.Withdraw(case_id=case.case_id, confirmed=True)
    refused_as("not_found", lambda: client_moves.withdraw(db, withdraw, STRANGER))
    assert read_cases.listed(db, m.ListCases(), STRANGER).items == []
    seen = read_cases.one(db, get, ENGINEER)
    assert [a.name for a in seen.actions] == ["take"] and len(seen.attachments) == 1
    assert "requests.case.view" in audited(db)


def test_question_stops_the_clock_and_the_answer_starts_it(db: Database, identity: Identity) -> None:
    case = in_review(db, identity)
    asked = staff_moves.ask(db, m.AskInformation(case_id=case.case_id, text="Kāda ir antenas diagramma?"), ENGINEER)
    assert (asked.status, asked.clock_stopped, asked.due_date) == ("information_requested", True, None)
    assert events(db, "case.information_requested")[0]["text"] == "Kāda ir antenas diagramma?"
    with db.engine.begin() as connection:  # asked ten days ago
        connection.execute(sa.text("UPDATE clock_pauses SET stopped = stopped - 10"))
        connection.execute(sa.text("UPDATE cases SET clock_started = clock_started - 10"))
    upload(db, case.case_id, name="diagramma.pdf", document=None)
    unsent = read_cases.one(db, m.GetCase(case_id=case.case_id), ENGINEER)
    assert len(unsent.attachments) == 1
    refused_as(
        "requests.not_confirmed",
        lambda: client_moves.answer(db, m.AnswerInformation(case_id=case.case_id, text="Skat. pielikumu"), ANNA),
    )
    reply = m.AnswerInformation(case_id=case.case_id, text="Skat. pielikumu", confirmed=True)
    answered = client_moves.answer(db, reply, ANNA)
    assert answered.status == "in_review" and answered.question is None
    assert answered.due_date == add_working_days(riga_today(), 20)  # nothing was used while the client had the ball
    assert [len(e.attachments) for e in answered.timeline if e.action == "answer_information"] == [1]
    assert [c.kind for c in answered.confirmations] == ["submission", "answer"]
    assert len(read_cases.one(db, m.GetCase(case_id=case.case_id), ENGINEER).attachments) == 2
    refused_as("requests.wrong_state", lambda: upload(db, case.case_id, document=None))


def test_approval_tells_permits_everything_and_the_permit_completes_the_case(db: Database, identity: Identity) -> None:
    case = approved(db, identity)
    told = events(db, "case.approved")[0]
    assert told["fixed_link"]["site_a"]["tx_freq_mhz"] == "10735"
    assert told["fixed_link"]["site_b"]["tx_freq_mhz"] == "11265"
    assert told["fixed_link"]["site_b"]["cadastre_no"] == "13000084512"
    assert told["decided_by"] == str(ENGINEER.user) and told["data"] == case.data
    event = issue(db, case)
    done = read_cases.one(db, m.GetCase(case_id=case.case_id), ANNA)
    assert (done.status, done.permit_no, done.permit_id) == ("completed", "F-2026-0001", event.permit_id)
    issue(db, case, event.permit_id)  # told again under another event id
    assert len(events(db, "case.completed")) == 1
    refused_as("requests.wrong_state", lambda: issue(db, case))  # a second permit for one case is somebody's mistake


def test_an_event_delivered_twice_is_done_once(db: Database, identity: Identity) -> None:
    case = approved(db, identity)
    event = PermitIssued(permit_id=new_id(), permit_no="F-1", client_id=CLIENT, case_id=case.case_id,
                         service_kind="fixed", permit_kind="use")  # fmt: skip
    same = delivery()
    follow.permit_issued(db, event, same)
    with pytest.raises(AlreadyHandled):
        follow.permit_issued(db, event, same)
    assert len(events(db, "case.completed")) == 1


def test_a_permit_of_another_client_does_not_complete_the_case(db: Database, identity: Identity) -> None:
    case = approved(db, identity)
    event = PermitIssued(permit_id=new_id(), permit_no="F-1", client_id=new_id(), case_id=case.case_id,
                         service_kind="fixed", permit_kind="use")  # fmt: skip
    refused_as("conflict", lambda: follow.permit_issued(db, event, delivery()))
    assert read_cases.one(db, m.GetCase(case_id=case.case_id), ENGINEER).status == "approved"


def test_the_invoice_is_noted_once_whenever_it_comes(db: Database, identity: Identity) -> None:
    case = approved(db, identity)
    invoice = InvoiceIssued.model_validate(
        {"invoice_id": new_id(), "number": "R-1", "client_id": CLIENT, "kind": "one_off", "total": "36.85",
         "due_date": riga_today(), "case_id": case.case_id}
    )  # fmt: skip
    follow.invoice_issued(db, invoice, delivery(source="billing"))
    follow.invoice_issued(db, invoice, delivery(source="billing"))
    issue(db, case)
    done = read_cases.one(db, m.GetCase(case_id=case.case_id), ANNA)
    assert done.invoices == ["R-1"]
    assert [e.action for e in done.timeline].count("invoice_issued") == 1


def test_a_permit_that_does_not_come_is_shown_to_staff_until_it_does(db: Database, identity: Identity) -> None:
    case = approved(db, identity)
    assert sweep.late_outcomes(db, TIMER) == 0
    with db.engine.begin() as connection:
        connection.execute(sa.update(Case).values(decided_at=now() - timedelta(hours=1)))
    assert sweep.late_outcomes(db, TIMER) == 1
    assert sweep.late_outcomes(db, TIMER) == 0
    assert [r.attention for r in read_cases.queue(db, m.CaseQueue(attention=True), ENGINEER).items] == ["permit_late"]
    assert sweep.LATE.labels("permit")._value.get() == 1
    mine = read_cases.one(db, m.GetCase(case_id=case.case_id), ANNA)
    assert mine.attention is None and "permit_late" not in [e.action for e in mine.timeline]
    issue(db, case)
    assert read_cases.queue_counts(db, ENGINEER).attention == 0

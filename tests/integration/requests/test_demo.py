"""The demo shows cases in different states, follows the rules, and is loaded once however often one asks."""

from __future__ import annotations

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.demo_ids import CLIENT_RADIO, STAFF_ENGINEER, USER_ANNA
from services.requests import demo
from services.requests import messages as m
from services.requests.usecases import read_cases
from tests.integration.requests.conftest import events

ENGINEER = Caller(kind="staff", user=STAFF_ENGINEER, roles=frozenset({"permit_engineer"}))
ANNA = Caller(kind="user", user=USER_ANNA, client=CLIENT_RADIO, rights=frozenset({"requests.submit"}))


def test_the_demo_loads_once_and_tells_nobody(db: Database) -> None:
    assert demo.load(db) == "8 requests added"
    assert demo.load(db) == "all there already"
    outbox = db.tables.outbox
    with db.reading() as connection:
        told = set(connection.execute(sa.select(outbox.c.exchange)).scalars())
    assert told == {"portal.audit"}
    assert events(db, "case.submitted") == []


def test_the_demo_has_something_for_everybody(db: Database) -> None:
    demo.load(db)
    everything = read_cases.queue(db, m.CaseQueue(closed=True), ENGINEER).items
    assert {c.status for c in everything} == {
        "submitted", "in_review", "information_requested", "refused", "withdrawn", "completed",
    }  # fmt: skip
    assert [c.overdue for c in everything].count(True) == 1
    counts = read_cases.counts(db, ANNA)
    assert (counts.open, counts.waiting_for_client, counts.drafts) == (2, 1, 1)
    for case in everything:
        seen = read_cases.one(db, m.GetCase(case_id=case.case_id), ENGINEER)
        assert seen.timeline and seen.confirmations
        assert [e.at for e in seen.timeline] == sorted(e.at for e in seen.timeline)

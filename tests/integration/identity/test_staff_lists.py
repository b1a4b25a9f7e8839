"""Lists of staff are searched with or without Latvian letters, filtered, and read page by page."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from services.identity import messages as m
from services.identity.store.approval_tables import ApprovalRecord
from services.identity.store.person_tables import Erasure, ErasureStep
from services.identity.store.suspicion_tables import SignInHold
from services.identity.store.sweep_tables import PlannedEndingRecord
from services.identity.usecases import approvals, erasure, holds, machines, sweep, terms_drafts
from tests.integration.identity.conftest import ADMIN, NOBODY, People

TEXT = "1. Noteikumi portāla lietošanai un kārtībai tajā."


def keep(db: Database, *records: Any) -> None:
    with db.unit_of_work(NOBODY) as unit:
        for record in records:
            unit.session.add(record)
            unit.session.flush()


def walked(page: Callable[[str | None], Any]) -> list[Any]:
    """Every item, page by page; a list that turns in a circle never ends and is stopped."""
    found, after = [], None
    for _turn in range(200):
        one = page(after)
        found += one.items
        after = one.next
        if after is None:
            return found
    raise AssertionError("no last page")


@pytest.fixture
def marked(db: Database, people: People) -> tuple[Any, Any, str]:
    """Two users and a word only the first has in the name, with Latvian letters."""
    word = f"Ķīšežāg{uuid.uuid4().hex[:8]}"
    return people.user(name=f"Anna {word}"), people.user(name="Jānis Cits"), word


def plain(word: str) -> str:
    return word.lower().translate(str.maketrans("ķīšežā", "kiseza"))


def erasure_of(user_id: uuid.UUID, state: str, minutes: int = 0) -> Erasure:
    moment = now() - timedelta(minutes=minutes)
    return Erasure(
        user_id=user_id, clients=[], state=state, names=[], marks=[], email=None, language="lv", obligations=[],
        report={}, asked_at=moment, asked_by="person", state_since=moment, checks=0,
    )  # fmt: skip


def test_erasures_are_found_by_the_person_and_a_page_is_one_question(db: Database, marked: Any) -> None:
    user, other, word = marked
    record = erasure_of(user.id, "erasing")
    keep(db, record, erasure_of(other.id, "refused", 1))
    step = {"tables": [], "traces": [], "tries": 2, "problem": "deadline", "next_try_at": now()}
    keep(db, *(ErasureStep(erasure_id=record.id, service=name, **step) for name in ("permits", "billing")))
    asked: list[str] = []
    sa.event.listen(db.read_engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    page = erasure.page(db, m.ListErasures(query=plain(word)), ADMIN)
    assert len(asked) == 1, asked
    [found] = page.items
    assert (found.user_name, found.state) == (user.name, "erasing")
    assert [(s.service, s.tries, s.problem) for s in found.steps] == [
        ("billing", 2, "deadline"), ("permits", 2, "deadline")
    ]  # fmt: skip
    assert erasure.page(db, m.ListErasures(query=word, state="refused"), ADMIN).items == []
    everything = walked(lambda after: erasure.page(db, m.ListErasures(limit=1, after=after), ADMIN))
    assert len(everything) == len({one.erasure_id for one in everything}) >= 2


def test_approvals_are_found_by_whom_they_concern_and_who_asked(db: Database, people: People, marked: Any) -> None:
    user, clerk, word = marked

    def approval(kind: str, object_id: uuid.UUID, name: str, **more: Any) -> ApprovalRecord:
        return ApprovalRecord(
            kind=kind, object_id=object_id, object_name=name, reason="other", details={}, asked_by=clerk.id,
            asked_by_name=clerk.name, asked_at=now(), lapses_at=now() + timedelta(days=1), **more,
        )  # fmt: skip

    right = f"finance.{uuid.uuid4().hex[:6]}"
    keep(db, approval("user.delete", user.id, user.name), approval("right.level", uuid.uuid4(), right))

    def names(**asked: Any) -> list[str]:
        rows = walked(lambda after: approvals.page(db, m.ListApprovals(limit=1, after=after, **asked), ADMIN))
        return [one.object_name for one in rows]

    assert names(query=word) == names(query=plain(word)) == [user.name]
    assert names(query=clerk.email) == [right, user.name], "newest first, by who asked"
    assert names(query=right, kind="right.level") == [right] and names(query=right, kind="user.delete") == []
    assert names(query=word, state="approved") == []


def test_holds_are_found_by_the_user_and_by_the_address(db: Database, marked: Any) -> None:
    user, _, word = marked
    address = f"2001:db8:{uuid.uuid4().hex[:4]}::/64"
    span = {"evidence": 5, "began_at": now(), "ends_at": now() + timedelta(hours=1)}
    keep(
        db, SignInHold(kind="account", subject=f"user:{user.id}", user_id=user.id, **span),
        SignInHold(kind="address", subject=f"source:{address}", **span),
    )  # fmt: skip

    def found(**asked: Any) -> list[tuple[str, str | None]]:
        rows = walked(lambda after: holds.page(db, m.ListHolds(limit=1, after=after, **asked), ADMIN))
        return [(one.kind, one.name or one.address) for one in rows]

    assert found(query=plain(word)) == found(query=word) == [("account", user.name)]
    assert found(query=address.upper()) == [("address", address)]
    assert found(query="source:") == found(query="user:") == [], "how a subject is written is nobody's word"
    assert found(query=word, kind="address") == []


def test_planned_endings_are_found_by_user_and_client(db: Database, people: People, marked: Any) -> None:
    user, other, word = marked
    client = people.client(f"SIA Ēnu {word}")
    mandate = people.represents(other, client, valid_to=riga_today())
    days = {"found_on": riga_today(), "ends_on": riga_today() + timedelta(days=7), "told": [30]}
    keep(
        db, PlannedEndingRecord(kind="idle", object_id=user.id, **days),
        PlannedEndingRecord(kind="mandate", object_id=mandate, **days),
    )  # fmt: skip

    def kinds(**asked: Any) -> set[str]:
        rows = walked(lambda after: sweep.page(db, m.ListPlannedEndings(limit=1, after=after, **asked)))
        return {one.kind for one in rows}

    assert kinds(query=plain(word)) == kinds(query=word) == {"idle", "mandate"}
    assert kinds(query=f"enu {plain(word)}") == {"mandate"} and kinds(query=word, kind="idle") == {"idle"}


def test_machine_clients_are_found_by_name_contact_and_state(db: Database, marked: Any) -> None:
    _, _, word = marked
    given = {"scopes": ["permits.read"]}
    first = machines.create(
        db, m.CreateMachineClient(name=f"Uzskaite {word}", contact="Jānis, it@example.lv", **given), ADMIN
    )
    second = machines.create(
        db, m.CreateMachineClient(name=f"Žurnāls {uuid.uuid4().hex}", contact=f"Anna {word}", **given), ADMIN
    )

    def names(**asked: Any) -> list[str]:
        rows = walked(lambda after: machines.search(db, m.ListMachineClients(limit=1, after=after, **asked)))
        return [one.name for one in rows]

    assert names(query=plain(word)) == names(query=word) == [first.name, second.name]
    machines.set_status(
        db, m.SetMachineStatus(machine_id=first.machine_id, version=first.version, status="disabled"), ADMIN
    )
    assert names(query=word, status="disabled") == [first.name]
    changed = {"name": "Pārdēvēta sistēma", "contact": "neviens", **given}
    machines.change(
        db, m.ChangeMachineClient(machine_id=second.machine_id, version=second.version, **changed), ADMIN
    )
    assert names(query=word) == [first.name] and "Pārdēvēta sistēma" in names(query="pardeveta")


def test_drafts_are_found_by_title_note_and_drafter(db: Database, people: People, marked: Any) -> None:
    drafter, _, word = marked
    caller = Caller(kind="staff", user=drafter.id, name=drafter.name, roles=frozenset({"customer_service"}))
    days = {"approved_on": riga_today(), "valid_from": riga_today() + timedelta(days=40)}

    def saved(title: str, note: str, by: Caller) -> uuid.UUID:
        return terms_drafts.save(db, m.SaveTermsDraft(title=title, text=TEXT, note=note, **days), by).draft_id

    own = saved("Portāla kārtība", "bez piezīmes", caller)
    noted = saved("Portāla noteikumi", f"piezīme {word}", ADMIN)

    def ids(**asked: Any) -> list[uuid.UUID]:
        rows = walked(lambda after: terms_drafts.search(db, m.ListTermsDrafts(limit=1, after=after, **asked)))
        return [one.draft_id for one in rows]

    assert ids(query=plain(word)) == ids(query=word) == [noted, own], "newest first"
    assert ids(query=f"piezime {plain(word)}") == [noted] and ids(draft_id=own) == [own]
    assert own in ids(query="kartiba") and noted not in ids(query="kartiba")

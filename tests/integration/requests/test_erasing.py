"""What requests keeps of a person who is erased, and what of the clients for whom they acted (decision 43)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from chassis import person_erasing, person_export
from chassis.caller import service_caller
from chassis.database import Database
from chassis.person_messages import Person
from services.requests import messages as m
from services.requests.store.personal import PERSONAL
from services.requests.store.tables import AttachmentRow, Case, ConfirmationRow, TimelineRow
from services.requests.usecases import staff_moves
from tests.integration.requests.conftest import ANNA, CLIENT, ENGINEER, Identity, submitted


def erase(db: Database, **values: Any) -> None:
    person = Person(user=ANNA.user, pseudonym="Dzēsta persona 1", **values)
    person_erasing.erase(db, PERSONAL, person, service_caller("identity"), force=True)


def only(db: Database, table: Any) -> Any:
    with db.reading() as connection:
        return connection.execute(sa.select(table.__table__)).one()


def test_of_the_persons_own_request_the_proof_stays_without_what_was_written(db: Database, identity: Identity) -> None:
    submitted(db, identity, contact_name="Anna Ozola, slimo ar astmu")
    before = only(db, ConfirmationRow)
    erase(db, clients=[CLIENT], names=["Anna Ozola"], sure=["Anna Ozola"])
    after = only(db, ConfirmationRow)
    assert only(db, Case).data == {} and after.document == {}
    assert (after.sha256, after.kind, after.at, after.user_name) == (
        before.sha256, before.kind, before.at, "Dzēsta persona 1",
    )  # fmt: skip


def test_a_copy_holds_what_staff_noted_and_not_who(db: Database, identity: Identity) -> None:
    """An opinion about a person is data about them (GDPR, article 15); the colleague's name is not."""
    case = submitted(db, identity)
    staff_moves.add_note(db, m.AddNote(case_id=case.case_id, text="Zvanīja divreiz, ir nepacietīga."), ENGINEER)
    person = Person(user=ANNA.user, clients=[CLIENT], pseudonym="-")
    rows: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        piece = person_export.rows(db, PERSONAL, person, after)
        rows += piece.rows if piece.table == "timeline" else []
        if (after := piece.next) is None:
            break
    (note,) = (row for row in rows if row["internal"])
    assert note["text"] == "Zvanīja divreiz, ir nepacietīga."
    assert ENGINEER.name not in str(note) and str(ENGINEER.user) not in str(note)
    assert any(row["action"] == "submit" and row["actor_name"] == ANNA.name for row in rows)
    erase(db, clients=[CLIENT])
    with db.reading() as connection:
        left = connection.execute(sa.select(TimelineRow.text).where(TimelineRow.internal)).scalars().all()
    assert left == [""]


def test_a_name_that_was_typed_changes_nothing_that_was_said_for_a_firm(db: Database, identity: Identity) -> None:
    """«Vidzeme» as a name in the profile: the firm's request speaks of the region."""
    submitted(db, identity, contact_name="Anna Vidzeme")
    kept = {table: only(db, table) for table in (Case, AttachmentRow, ConfirmationRow)}
    erase(db, acted_for=[CLIENT], names=["Vidzeme", "Anna Vidzeme"], common=["Vidzeme"])
    assert (only(db, Case).data, only(db, Case).contact) == (kept[Case].data, kept[Case].contact)
    assert only(db, AttachmentRow).name == kept[AttachmentRow].name
    assert only(db, ConfirmationRow).document == kept[ConfirmationRow].document
    assert only(db, ConfirmationRow).user_name == "Dzēsta persona 1", "who confirmed is the person's own"


def test_a_sure_name_leaves_what_was_said_for_a_firm(db: Database, identity: Identity) -> None:
    submitted(db, identity, contact_name="Anna Ozola")
    erase(db, acted_for=[CLIENT], names=["Anna Ozola"], sure=["Anna Ozola"])
    assert only(db, Case).data["contact_name"] == "Dzēsta persona 1"
    assert only(db, ConfirmationRow).document["data"]["contact_name"] == "Dzēsta persona 1"

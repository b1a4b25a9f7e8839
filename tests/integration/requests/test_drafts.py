"""Drafts keep what was typed; files are told by their content; nothing is another client's business."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import pytest
import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.errors import PortalError
from services.requests import messages as m
from services.requests.store.tables import AttachmentRow, Case
from services.requests.usecases import attach, drafts, submit, sweep
from tests.integration.requests.conftest import ANNA, ENGINEER, STRANGER, TIMER, Identity, audited, ready_draft, upload
from tests.unit.requests.factories import PDF


def start(db: Database) -> m.Draft:
    return drafts.start(db, Identity(), m.StartDraft(form="fixed_link"), ANNA)


def save(db: Database, draft: m.Draft, version: int | None = None, **data: str) -> m.Draft:
    request = m.SaveDraft(case_id=draft.case_id, data=data, version=draft.version if version is None else version)
    return drafts.save(db, request, ANNA)


def test_wrong_values_are_kept_as_typed_and_named(db: Database) -> None:
    saved = save(db, start(db), a_coordinates="nekur", freq_ab_mhz="7 125,5")
    again = drafts.get(db, m.GetDraft(case_id=saved.case_id), ANNA)
    assert again.data == {"a_coordinates": "nekur", "freq_ab_mhz": "7 125,5"}
    codes = {p.field: p.code for p in again.problems}
    assert codes["a_coordinates"] == "requests.bad_coordinates"
    assert "freq_ab_mhz" not in codes
    assert codes["link_name"] == "required"


def test_steps_add_up_and_an_emptied_field_is_gone(db: Database) -> None:
    draft = save(db, start(db), link_name="Viens", a_name="A")
    draft = save(db, draft, b_name="B", a_name="  ")
    assert draft.data == {"link_name": "Viens", "b_name": "B"}


def test_a_stale_window_is_told_and_writes_nothing(db: Database) -> None:
    draft = start(db)
    newer = save(db, draft, link_name="Jaunākais")
    with pytest.raises(PortalError) as refused:
        save(db, draft, version=draft.version, link_name="Vecais")
    assert (refused.value.code, refused.value.status) == ("requests.draft_changed", 412)
    assert drafts.get(db, m.GetDraft(case_id=draft.case_id), ANNA).data == newer.data


def test_starting_twice_with_one_key_makes_one_draft(db: Database) -> None:
    request = m.StartDraft(form="free_form", idempotency_key="key-12345678")
    first, second = drafts.start(db, Identity(), request, ANNA), drafts.start(db, Identity(), request, ANNA)
    assert first.case_id == second.case_id
    assert len(drafts.listed(db, m.ListDrafts(), ANNA).items) == 1


def test_another_client_sees_no_draft_and_no_file(db: Database) -> None:
    draft = ready_draft(db)
    file = draft.attachments[0].attachment_id
    for attempt in (
        lambda: drafts.get(db, m.GetDraft(case_id=draft.case_id), STRANGER),
        lambda: drafts.save(db, m.SaveDraft(case_id=draft.case_id, data={}, version=1), STRANGER),
        lambda: drafts.discard(db, m.DiscardDraft(case_id=draft.case_id), STRANGER),
        lambda: submit.run(db, Identity(), m.Submit(case_id=draft.case_id, version=1, confirmed=True), STRANGER),  # type: ignore[arg-type]
        lambda: attach.read(db, m.ReadAttachment(attachment_id=file), STRANGER),
        lambda: attach.remove(db, m.RemoveAttachment(case_id=draft.case_id, attachment_id=file), STRANGER),
        lambda: upload(db, draft.case_id, caller=STRANGER),
        lambda: attach.read(db, m.ReadAttachment(attachment_id=file), ENGINEER),  # a draft is not for staff yet
    ):
        with pytest.raises(PortalError) as refused:
            attempt()
        assert refused.value.code == "not_found"


def test_pages_of_drafts_show_each_once(db: Database) -> None:
    made = [start(db).case_id for _ in range(5)]
    seen, after = [], None
    while True:
        page = drafts.listed(db, m.ListDrafts(limit=2, after=after), ANNA)
        seen += [row.case_id for row in page.items]
        after = page.next
        if after is None:
            break
    assert seen == made[::-1]


def test_a_large_file_comes_in_pieces_and_goes_out_the_same(db: Database) -> None:
    content = PDF + bytes(range(256)) * 5000
    kept = upload(db, start(db).case_id, content)
    assert kept.complete and kept.sha256 == hashlib.sha256(content).hexdigest()
    assert kept.media_type == "application/pdf"
    out, last = b"", False
    while not last:
        piece = attach.read(db, m.ReadAttachment(attachment_id=kept.attachment_id, offset=len(out)), ANNA)
        out += base64.b64decode(piece.data)
        last = piece.last
    assert out == content


def test_a_program_named_pdf_is_refused_and_not_kept(db: Database) -> None:
    draft = start(db)
    with pytest.raises(PortalError, match="attachment_type"):
        upload(db, draft.case_id, b"MZ\x90\x00 this is a program", "datu lapa.pdf")
    assert drafts.get(db, m.GetDraft(case_id=draft.case_id), ANNA).attachments == []
    with db.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(AttachmentRow)).scalar() == 0
        assert connection.execute(sa.select(sa.func.count()).select_from(db.tables.blobs)).scalar() == 0


def test_a_piece_sent_twice_counts_once_and_a_gap_is_refused(db: Database) -> None:
    content = PDF + b"x" * (600 * 1024)
    request = m.StartAttachment(case_id=start(db).case_id, name="a.pdf", size=len(content))
    opened = attach.start(db, request, ANNA)
    first = m.AppendAttachment(
        attachment_id=opened.attachment_id, offset=0, data=base64.b64encode(content[: 512 * 1024]).decode()
    )
    assert attach.append(db, first, ANNA).received == attach.append(db, first, ANNA).received == 512 * 1024
    for offset, data in ((0, content[:1000]), (300, content[:10]), (1024 * 1024, content[:10])):
        bad = m.AppendAttachment(
            attachment_id=opened.attachment_id, offset=offset, data=base64.b64encode(data).decode()
        )
        with pytest.raises(PortalError, match="attachment_offset"):
            attach.append(db, bad, ANNA)
    rest = base64.b64encode(content[512 * 1024 :]).decode()
    final = m.AppendAttachment(attachment_id=opened.attachment_id, offset=512 * 1024, data=rest)
    assert attach.append(db, final, ANNA).complete


def test_the_eleventh_file_is_refused(db: Database) -> None:
    draft = start(db)
    for _ in range(10):
        upload(db, draft.case_id, document=None)
    with pytest.raises(PortalError, match="attachment_count"):
        upload(db, draft.case_id, document=None)


def test_an_expired_draft_goes_with_its_files(db: Database) -> None:
    old, fresh = ready_draft(db), ready_draft(db)
    with db.engine.begin() as connection:
        yesterday = riga_today() - timedelta(days=1)
        connection.execute(sa.update(Case).where(Case.id == old.case_id).values(expires_on=yesterday))
    with pytest.raises(PortalError, match="draft_expired"):
        save(db, old, link_name="par vēlu")
    assert sweep.expire_drafts(db, TIMER) == 1
    assert [row.case_id for row in drafts.listed(db, m.ListDrafts(), ANNA).items] == [fresh.case_id]
    with db.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(AttachmentRow)).scalar() == 1
        assert connection.execute(sa.select(sa.func.count()).select_from(db.tables.blobs)).scalar() == 1
    assert "requests.draft.expire" in audited(db)


def test_every_change_of_a_draft_is_audited_without_what_was_typed(db: Database) -> None:
    draft = ready_draft(db)
    drafts.discard(db, m.DiscardDraft(case_id=draft.case_id), ANNA)
    assert audited(db) == [
        "requests.draft.start", "requests.attachment.add", "requests.draft.save", "requests.draft.discard",
    ]  # fmt: skip


def test_saving_the_same_again_changes_nothing(db: Database) -> None:
    draft = ready_draft(db)
    again = drafts.save(db, m.SaveDraft(case_id=draft.case_id, data=draft.data, version=draft.version), ANNA)
    assert again.version == draft.version


def test_a_user_of_the_same_client_goes_on_with_the_draft(db: Database) -> None:
    draft = start(db)
    colleague = Caller(kind="user", user=m.UUID(int=99), client=ANNA.client, rights=ANNA.rights, name="Juris")
    request = m.SaveDraft(case_id=draft.case_id, data={"link_name": "Kopīgs"}, version=draft.version)
    assert drafts.save(db, request, colleague).data == {"link_name": "Kopīgs"}

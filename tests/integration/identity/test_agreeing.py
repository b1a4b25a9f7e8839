"""Drafting and publishing terms, telling everybody, consents: against the real database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from chassis.database import Database
from chassis.days import now, riga_today
from services.identity.domain import consents
from services.identity.messages import (
    AcceptTerms,
    EndNotice,
    GetPortalState,
    GetTerms,
    ListAgreements,
    PublishTerms,
    PutNotice,
    SaveTermsDraft,
    SetConsent,
    TermsFile,
)
from services.identity.tools import Tools
from services.identity.usecases import agreements, portal_state, terms, terms_drafts
from tests.integration.identity.conftest import ADMIN, People, code_of, events

OTHER = replace(ADMIN, user=uuid.UUID(int=78), name="Laura")
TEXT = "I. Vispārīgie noteikumi\n\n1. Šie noteikumi ir saistoši.\n2.1. Apakšpunkts.\n\nNobeigums."


@pytest.fixture(autouse=True)
def tidy(db: Database) -> Iterator[None]:
    yield
    with db.engine.begin() as connection:
        for table in ("terms_announcements", "terms_acceptances", "terms_drafts", "terms_versions", "portal_notices"):
            connection.execute(sa.text(f"DELETE FROM {table}"))


def draft(db: Database, **changed: Any) -> Any:
    day = riga_today()
    given: dict[str, Any] = {"title": "Lietošanas noteikumi", "text": TEXT, "approved_on": day, "valid_from": day}
    return terms_drafts.save(db, SaveTermsDraft(**given | changed), ADMIN)


def publish(db: Database, made: Any, who: Any = OTHER, **changed: Any) -> Any:
    request = PublishTerms(draft_id=made.draft_id, version=changed.get("version", made.version))
    return terms_drafts.publish(db, request, who).terms_id


def test_terms_are_published_by_another_and_never_changed(db: Database) -> None:
    made = draft(db)
    assert code_of(publish, db, made, ADMIN) == "identity.four_eyes"
    assert code_of(lambda: publish(db, made, version=7)) == "stale"
    yesterday = riga_today() - timedelta(days=1)
    assert code_of(lambda: draft(db, valid_from=yesterday)) == "identity.valid_from_too_early"
    early = draft(db)  # a draft that lay too long
    with db.engine.begin() as connection:
        lay = sa.text("UPDATE terms_drafts SET valid_from = :day WHERE id = :id")
        connection.execute(lay, {"day": yesterday, "id": early.draft_id})
    assert code_of(publish, db, early) == "identity.valid_from_too_early"
    unapproved = draft(db, approved_on=riga_today() + timedelta(days=1))
    assert code_of(publish, db, unapproved) == "identity.approved_in_future"
    published = publish(db, made)
    assert code_of(publish, db, made) == "not_found"
    found = terms.get_version(db, GetTerms(terms_id=published))
    assert found.current and [(b.kind, b.number, b.depth) for b in found.blocks] == [
        ("heading", "", 1), ("clause", "1.", 1), ("clause", "2.1.", 2), ("text", "", 1),
    ]  # fmt: skip
    assert code_of(publish, db, draft(db)) == "identity.valid_from_too_early"
    with pytest.raises(DBAPIError, match="never changed"), db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE terms_versions SET text = 'other' WHERE id = :id"), {"id": published})


def test_the_file_of_a_version_holds_its_words(db: Database) -> None:
    import base64

    from tests.journeys.peers import decoded_pdf

    published = publish(db, draft(db))
    version = terms.get_version(db, GetTerms(terms_id=published))
    from services.identity.documents import terms_pdf

    words = decoded_pdf(terms_pdf.render(version))
    assert "Šie noteikumi ir saistoši." in words and "Apakšpunkts." in words and "Lietošanas noteikumi" in words
    assert version.file_name.endswith(".pdf") and base64 and TermsFile(terms_id=published)


def test_everybody_is_told_once_in_batches(
    db: Database, people: People, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, blocked = [people.user() for _ in range(5)], people.user(status="blocked")
    monkeypatch.setattr(terms_drafts, "BATCH", 2)
    coming = riga_today() + timedelta(days=30)
    published = publish(db, draft(db, valid_from=coming))
    for _ in range(300):
        terms_drafts.announce(db, OTHER)
        with db.reading() as connection:
            if connection.execute(sa.text("SELECT bool_and(done_at IS NOT NULL) FROM terms_announcements")).scalar():
                break
    for user in told:
        (event,) = events(db, "identity.terms.announced", user.id)
        assert event["terms_id"] == str(published) and event["email"] == user.email
    assert events(db, "identity.terms.announced", blocked.id) == []
    upcoming = portal_state.get(db, tools, GetPortalState()).upcoming_terms
    assert upcoming is not None and (upcoming.terms_id, upcoming.valid_from) == (published, coming)


def test_consents_come_with_the_terms_and_what_may_be_is_withdrawn(db: Database, people: People, tools: Tools) -> None:
    published = publish(db, draft(db))
    user = people.user()
    people.represents(user, people.client())
    opened = people.sign_in(user)
    with db.reading() as connection:
        kept = connection.execute(
            sa.text("SELECT terms_id FROM sessions WHERE id = :id"), {"id": opened.session.claims.session_id}
        ).scalar()
    assert kept == published, "the version in force is recorded at every login"
    caller = people.caller(opened)
    terms.accept(db, tools, AcceptTerms(terms_id=published, address="10.1.2.3"), caller)
    found = agreements.search(db, ListAgreements(), caller)
    assert {(one.kind, one.given, one.address) for one in found.consents} == {
        ("data_processing", True, "10.1.2.3"), ("electronic_documents", True, "10.1.2.3")
    }  # fmt: skip
    assert [one.terms_id for one in found.terms] == [published]

    def say(kind: str, given: bool, text: str | None = None) -> Any:
        request = SetConsent(kind=kind, given=given, text_sha256=text or consents.text_hash(kind))  # type: ignore[arg-type]
        return agreements.set_consent(db, request, caller)

    assert code_of(say, "data_processing", False) == "identity.consent_stays"
    assert code_of(say, "electronic_documents", False, "0" * 64) == "identity.consent_changed"
    after = say("electronic_documents", False)
    assert (after.consents[0].kind, after.consents[0].given) == ("electronic_documents", False)
    assert len(say("electronic_documents", False).consents) == 3, "said twice, kept once"
    assert say("electronic_documents", True).consents[0].given
    stranger = people.caller(people.sign_in(people.user()))
    assert code_of(agreements.search, db, ListAgreements(user_id=user.id), stranger) == "not_found"
    assert agreements.search(db, ListAgreements(user_id=user.id), ADMIN).terms == found.terms


def test_notices_hold_from_a_moment_to_a_moment(db: Database, tools: Tools) -> None:
    start = now() + timedelta(hours=2)
    words = {"text_lv": "Plānoti darbi", "text_en": "Planned work", "closes": True}
    kept = portal_state.put(db, PutNotice(**words, starts_at=start, ends_at=start + timedelta(hours=1)), ADMIN)
    far = PutNotice(**words, starts_at=start + timedelta(days=5), ends_at=start + timedelta(days=6))
    portal_state.put(db, far, ADMIN)
    assert [one.notice_id for one in portal_state.get(db, tools, GetPortalState()).notices] == [kept.notice_id]
    for wrong in (start, start - timedelta(days=3)):
        request = PutNotice(**words, starts_at=start, ends_at=wrong)
        assert code_of(portal_state.put, db, request, ADMIN) == "malformed"
    portal_state.end(db, EndNotice(notice_id=kept.notice_id), ADMIN)
    assert portal_state.get(db, tools, GetPortalState()).notices == []
    assert code_of(portal_state.end, db, EndNotice(notice_id=kept.notice_id), ADMIN) == "not_found"

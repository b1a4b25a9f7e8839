"""A new version of the terms: drafted, published by somebody else, and told to everybody (S1-23, S1-45, S1-61, C7)."""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import PortalError
from chassis.ids import decode_place, encode_place, new_id
from chassis.messages import Done
from chassis.text import fold, like
from services.identity.domain import terms as rules
from services.identity.messages import (
    DiscardTermsDraft,
    ListTermsDrafts,
    PublishedTerms,
    PublishTerms,
    SaveTermsDraft,
    TermsAnnounced,
    TermsDraftList,
    TermsDraftView,
    TermsPublished,
)
from services.identity.store import terms
from services.identity.store.agreeing_tables import TermsAnnouncement, TermsDraft, TermsFile
from services.identity.store.tables import Terms, User
from services.identity.usecases import terms_files

BATCH = 200
AUDIENCE = "customer"
_FILES = sa.select(TermsFile.__table__).where(TermsFile.draft_id.is_not(None), TermsFile.sha256.is_not(None))
_NEXT = sa.text("""
SELECT id, name, email, language FROM users
WHERE kind = 'customer' AND status = 'active' AND (CAST(:after AS uuid) IS NULL OR id > :after)
ORDER BY id LIMIT :limit
""")


def search(db: Database, request: ListTermsDrafts) -> TermsDraftList:
    """Return a page of drafts, newest first."""
    d = TermsDraft.__table__.c
    asked = sa.select(TermsDraft.__table__).order_by(d.updated_at.desc(), d.id.desc()).limit(request.limit + 1)
    if request.draft_id is not None:
        asked = asked.where(d.id == request.draft_id)
    if request.query:
        pattern = like(request.query)
        drafters = sa.select(User.id).where(User.search_text.like(pattern))
        asked = asked.where(sa.or_(d.search_text.like(pattern), d.drafted_by.in_(drafters)))
    if request.after:
        place = sa.tuple_(*map(sa.literal, decode_place(request.after)))
        asked = asked.where(sa.tuple_(d.updated_at, d.id) < place)
    with db.reading() as connection:
        rows = connection.execute(asked).all()
        shown = rows[: request.limit]
        of_these = _FILES.where(TermsFile.__table__.c.draft_id.in_([row.id for row in shown]))
        files = {row.draft_id: row for row in connection.execute(of_these)}
    return TermsDraftList(
        items=[_view(row, files.get(row.id)) for row in shown],
        next=encode_place(shown[-1].updated_at, shown[-1].id) if len(rows) > request.limit else None,
    )


def save(db: Database, request: SaveTermsDraft, caller: Caller) -> TermsDraftView:
    """Make or change a draft. Raises PortalError not_found, stale, valid_from_too_early."""
    if caller.user is None:
        raise PortalError("forbidden")
    rules.may_begin(request.valid_from, riga_today(), None)
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, TermsDraftView)
        if done is not None:
            return done
        if request.draft_id is None:
            draft = TermsDraft(id=new_id(), version=0)
            unit.session.add(draft)
        else:
            draft = terms_files.locked_draft(unit.session, request.draft_id, request.version)
        draft.title, draft.text, draft.note = request.title, rules.lines(request.text), request.note or None
        draft.search_text = fold(f"{draft.title} {draft.note or ''}")
        draft.approved_on, draft.valid_from = request.approved_on, request.valid_from
        draft.drafted_by, draft.drafted_by_name, draft.updated_at = caller.user, caller.name, now()
        draft.version += 1
        unit.session.flush()
        unit.audit("identity.terms.draft", on=("terms_draft", draft.id), detail={"title": draft.title})
        return unit.remember(request, _view(draft, terms_files.of_draft(unit.session, draft.id)))


def discard(db: Database, request: DiscardTermsDraft, caller: Caller) -> Done:
    """Throw a draft away. Raises PortalError not_found."""
    with db.unit_of_work(caller) as unit:
        draft = terms_files.locked_draft(unit.session, request.draft_id, None)
        unit.audit("identity.terms.discard_draft", on=("terms_draft", draft.id), detail={"title": draft.title})
        terms_files.discard(unit.session, db, draft.id)
        unit.session.delete(draft)
        return Done()


def publish(db: Database, request: PublishTerms, caller: Caller) -> PublishedTerms:
    """Publish a draft. Raises PortalError not_found, stale, four_eyes, approved_in_future, valid_from_too_early."""
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, PublishedTerms)
        if done is not None:
            return done
        unit.session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('identity.terms'))"))
        draft = terms_files.locked_draft(unit.session, request.draft_id, request.version)
        before = terms.all_versions(unit.session, AUDIENCE)
        rules.may_publish(
            drafted_by=draft.drafted_by,
            approver=caller.user,
            approved_on=draft.approved_on,
            valid_from=draft.valid_from,
            today=riga_today(),
            latest=before[0].valid_from if before else None,
        )
        version = Terms(
            id=new_id(),
            audience=AUDIENCE,
            number=1 + max([row.number or 0 for row in before], default=0),
            title=draft.title,
            text=draft.text,
            text_sha256=hashlib.sha256(draft.text.encode()).hexdigest(),
            note=draft.note,
            approved_on=draft.approved_on,
            valid_from=draft.valid_from,
            drafted_by=draft.drafted_by_name,
            published_by=caller.name,
        )
        unit.session.add(version)
        unit.session.flush()
        file = terms_files.publish(unit.session, db, draft.id, version.id)
        unit.session.delete(draft)
        unit.session.add(TermsAnnouncement(terms_id=version.id, after=None, told=0, done_at=None))
        detail = {"title": version.title, "drafted_by": draft.drafted_by_name, "text_sha256": version.text_sha256}
        detail |= file
        unit.audit("identity.terms.publish", on=("terms", version.id), detail=detail)
        unit.emit(TermsPublished(terms_id=version.id, title=version.title, valid_from=version.valid_from))
        return unit.remember(request, PublishedTerms(terms_id=version.id))


def announce(db: Database, caller: Caller) -> None:
    """Tell the next batch of people of a new version; how far it came is kept in the same commit."""
    with db.unit_of_work(caller) as unit:
        statement = sa.select(TermsAnnouncement).where(TermsAnnouncement.done_at.is_(None)).limit(1)
        work = unit.session.scalars(statement.with_for_update(skip_locked=True)).first()
        if work is None:
            return
        version = unit.session.get_one(Terms, work.terms_id)
        people = unit.session.execute(_NEXT, {"after": work.after, "limit": BATCH}).all()
        for one in people:
            unit.emit(
                TermsAnnounced(
                    user_id=one.id,
                    name=one.name,
                    email=one.email,
                    language=one.language,
                    terms_id=version.id,
                    title=version.title,
                    valid_from=version.valid_from,
                )
            )
        work.told += len(people)
        if people:
            work.after = people[-1].id
        if len(people) < BATCH:
            work.done_at = now()
            unit.audit("identity.terms.announce", on=("terms", version.id), detail={"told": work.told})


def _view(row: Any, file: Any) -> TermsDraftView:
    names = set(TermsDraftView.model_fields) - {"draft_id", "file"}
    shown = terms_files.view(file) if file is not None else None
    return TermsDraftView(draft_id=row.id, file=shown, **{name: getattr(row, name) for name in names})

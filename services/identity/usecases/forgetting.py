"""The audit trail lets go of what names people, in batches that the chain itself seals (C13, B-15, B-21)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis import audit as records
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.ids import new_id
from chassis.person_messages import Person
from chassis.person_patterns import Form, every_form, stands_in, sure_forms
from services.identity.settings import settings
from services.identity.store import audit
from services.identity.store.approval_tables import ApprovalRecord
from services.identity.store.joining_tables import Application
from services.identity.store.person_tables import AuditForgotten
from services.identity.store.tables import AuditEntry
from services.identity.usecases import append_audit

ACTION = "identity.audit.forget"
BATCH = 5000


def seal(batch: object, seqs: Sequence[int]) -> str:
    """Return what the trail keeps of a batch: its id, how many records, and a hash over their numbers in order."""
    return f"{batch}:{len(seqs)}:{hashlib.sha256(','.join(map(str, sorted(seqs))).encode()).hexdigest()}"


def forget(session: Session, seqs: Sequence[int], caller: Caller) -> None:
    """Take the personal parts of these records away, and append the record that proves it. Holds the chain's lock."""
    if not seqs:
        return
    audit.lock_chain(session)
    batch = new_id()
    session.execute(sa.insert(AuditForgotten), [{"seq": seq, "batch": batch} for seq in seqs])
    session.execute(
        sa.update(AuditEntry)
        .where(AuditEntry.seq.in_(seqs))
        .values(actor_name=None, address=None, detail=None, personal_salt=None, actor_search="")
    )
    seq, chain = audit.head(session)
    record = records.record("identity", caller, ACTION, on=("audit_batch", seal(batch, seqs)))
    audit.append(session, append_audit.links([record], seq, chain))


def forget_person(session: Session, person: Person, caller: Caller) -> int:
    """Forget who the person was in every record by or about them; return how many records that were."""
    entry = AuditEntry.__table__.c
    own = [entry.actor == str(person.user), entry.object_id == str(person.user), *_about(person)]
    sure = sure_forms(person)
    named = _told(sure)
    mine = _told([form for form in every_form(person) if form not in sure])
    own += [sa.and_(entry.client.in_(person.clients), told) for told in mine]
    named += [
        stands_in(sa.func.coalesce(column, ""), form)
        for form in sure
        if form.kind != "name"  # of a member of staff of the same name
        for column in (entry.address, entry.actor_name)
    ]
    found = session.scalars(
        sa.select(entry.seq).where(entry.personal_salt.is_not(None), sa.or_(*own, *named)).order_by(entry.seq)
    ).all()
    for start in range(0, len(found), BATCH):
        forget(session, found[start : start + BATCH], caller)
    return len(found)


def _about(person: Person) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that a record is about an approval or an application of the person."""
    entry, one, asked = AuditEntry.__table__.c, Application.__table__.c, ApprovalRecord.__table__.c
    applications = sa.select(sa.cast(one.id, sa.Text)).where(
        sa.or_(
            one.user_id == person.user,
            sa.func.lower(one.user_email).in_([mark.lower() for mark in person.sure_marks]),
            one.data["user_person_code"].astext.in_(person.sure_marks),
        )
    )
    approvals = sa.select(sa.cast(asked.id, sa.Text)).where(asked.object_id.in_([person.user, *person.clients]))
    return [
        sa.and_(entry.object_kind == "application", entry.object_id.in_(applications)),
        sa.and_(entry.object_kind == "approval", entry.object_id.in_(approvals)),
    ]


def _told(forms: list[Form]) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that a form stands in the detail: ASCII JSON, in which a diacritic is an escape."""
    detail = sa.func.coalesce(AuditEntry.__table__.c.detail, "")
    return [stands_in(detail, form) for form in forms]


def forget_old(db: Database, caller: Caller, moment: datetime | None = None) -> int:
    """Pseudonymise records older than the setting (18 months); return how many. One batch a turn."""
    before = (moment or now()) - timedelta(days=30.44 * settings().audit_months)
    entry = AuditEntry.__table__.c
    with db.unit_of_work(caller) as unit:
        found = unit.session.scalars(
            sa.select(entry.seq)
            .where(entry.personal_salt.is_not(None), entry.at < before)
            .order_by(entry.at)
            .limit(BATCH)
        ).all()
        forget(unit.session, found, caller)
    return len(found)

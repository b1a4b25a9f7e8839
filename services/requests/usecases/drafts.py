"""Drafts: saved at any time, right or wrong; nothing typed is lost, and a stale window cannot overwrite a newer one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.bus import Bus
from chassis.caller import Caller, Objects
from chassis.database import Database
from chassis.days import now, riga_day, riga_today
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.messages import Done
from chassis.text import readable
from services.metering.messages import NameContracts
from services.permits.messages import FindPermits
from services.requests import messages as m
from services.requests.domain import offers, validation
from services.requests.settings import settings
from services.requests.store import cases, forms, parts
from services.requests.store.tables import AttachmentRow, Case
from services.requests.usecases import view
from services.requests.usecases.reaching import reach


def draft_reply(db: Database, connection: sa.Connection, row: Any, caller: Caller) -> m.Draft:
    """Return a draft with its form and what still keeps it from being submitted."""
    published = forms.get(db, row.form, row.form_version)
    files = parts.attachments(connection, row.id)
    documents = {f.document for f in files if f.complete and f.document}
    checked = validation.check(published.form, row.data, documents, riga_today())
    return m.Draft(
        case_id=row.id,
        client_id=row.client_id,
        definition=published.message,
        data=row.data,
        version=row.version,
        saved_at=row.saved_at,
        expires_on=row.expires_on,
        about=view.about(row),
        attachments=[view.attachment(f, removable=True) for f in files if f.complete],
        may_submit=view.may(published.form, "submit", caller),
        problems=[m.Problem(field=p.field, code=p.code, params=dict(p.params)) for p in checked.problems],
    )


def start(db: Database, bus: Bus, request: m.StartDraft, caller: Caller) -> m.Draft:
    """Open an empty draft of the newest version of a form.

    Raises not_found for a permit or contract that is not the client's or not within the caller's right;
    about_required when the right is for named objects and none was said.
    """
    client, named = reach(caller)
    if client is None:
        raise PortalError("forbidden")
    about = _about(bus, request, client, named)
    published = forms.get(db, request.form)
    if not offers.offered(published.form.code, caller.client_kind):
        raise PortalError("requests.form_not_offered", field="form")
    form, moment = published.form, now()
    with db.unit_of_work(caller) as uow:
        done = uow.replayed(request, m.Draft)
        if done is not None:
            return done
        case = Case(
            id=new_id(), client_id=client, form=form.code, form_version=form.version, status=form.initial,
            ball=form.states[form.initial].ball, clock="none", version=1, data={}, started_by=caller.user,
            about_kind=about[0], about_id=about[1], about_no=about[2],
            created_at=moment, saved_at=moment, expires_on=riga_day(moment) + timedelta(days=settings().draft_days),
        )  # fmt: skip
        uow.session.add(case)
        uow.session.flush()
        uow.audit(
            "requests.draft.start", on=("case", case.id), client=client, right="requests.submit",
            detail={"form": form.code, "version": form.version, "about": about[2]},
        )  # fmt: skip
        return uow.remember(request, draft_reply(db, uow.session.connection(), case, caller))


def _about(
    bus: Bus, request: m.StartDraft, client: UUID, named: Objects | None
) -> tuple[str | None, UUID | None, str | None]:
    """Return kind, id and number of what the request is about; the owner of the data says whose it is."""
    if request.permit_id is None and request.contract_id is None:
        if named is not None:
            raise PortalError("requests.about_required", field="permit_id")
        return None, None, None
    if request.permit_id is not None and request.contract_id is not None:
        raise PortalError("requests.about_one", field="contract_id")
    if request.permit_id is not None:
        if named is None or request.permit_id in named.permits:
            for permit in bus.call(FindPermits(client_id=client, permit_ids=[request.permit_id])).items:
                return "permit", permit.permit_id, permit.permit_no
        raise PortalError("not_found", field="permit_id")
    assert request.contract_id is not None
    if named is None or request.contract_id in named.contracts:
        for contract in bus.call(NameContracts(client_id=client, contract_ids=[request.contract_id])).items:
            return "contract", contract.contract_id, contract.contract_no
    raise PortalError("not_found", field="contract_id")


def get(db: Database, request: m.GetDraft, caller: Caller) -> m.Draft:
    """Return a draft. Raises not_found, requests.already_submitted."""
    with db.reading() as connection:
        row = cases.get(connection, request.case_id, *reach(caller))
        if row.case_no is not None:
            raise PortalError("requests.already_submitted")
        return draft_reply(db, connection, row, caller)


def listed(db: Database, request: m.ListDrafts, caller: Caller) -> m.DraftPage:
    """Return the client's drafts, last saved first."""
    client, named = reach(caller)
    if client is None:
        raise PortalError("forbidden")
    with db.reading() as connection:
        rows, following = cases.drafts(connection, client, named, request.after, request.limit)
    items = []
    for row in rows:
        form = forms.get(db, row.form, row.form_version).form
        items.append(
            m.DraftRow(
                case_id=row.id, form=row.form, form_version=row.form_version, title=view.localised(form.title),
                saved_at=row.saved_at, expires_on=row.expires_on, filled=len(row.data), attachments=row.attached,
            )
        )  # fmt: skip
    return m.DraftPage(items=items, next=following)


def save(db: Database, request: m.SaveDraft, caller: Caller) -> m.Draft:
    """Keep what was typed. Raises not_found, requests.already_submitted, requests.draft_changed (412)."""
    with db.unit_of_work(caller) as uow:
        case = cases.for_change(uow.session, request.case_id, *reach(caller))
        form = forms.get(db, case.form, case.form_version).form
        check_editable(case, request.version)
        known = {name: readable(text) for name, text in request.data.items() if name in form.fields}
        data = {name: text for name, text in {**case.data, **known}.items() if text.strip()}
        if data != case.data:
            moment = now()
            changed = sorted(n for n in known if known[n].strip() != case.data.get(n, ""))
            case.data, case.version, case.saved_at = data, case.version + 1, moment
            case.expires_on = riga_day(moment) + timedelta(days=settings().draft_days)
            uow.audit(
                "requests.draft.save", on=("case", case.id), client=case.client_id, right="requests.submit",
                detail={"fields": changed, "version": case.version},
            )  # fmt: skip
            uow.session.flush()
        return draft_reply(db, uow.session.connection(), case, caller)


def check_editable(case: Case, version: int | None) -> None:
    """Raise requests.already_submitted (409) or requests.draft_changed (412) when the draft must not be written."""
    if case.case_no is not None:
        raise PortalError("requests.already_submitted")
    if case.expires_on is not None and case.expires_on < riga_today():
        raise PortalError("requests.draft_expired")
    if version is not None and version != case.version:
        raise PortalError("requests.draft_changed", version=case.version)


def discard(db: Database, request: m.DiscardDraft, caller: Caller) -> Done:
    """Remove a draft with its files, because its client wants so."""
    with db.unit_of_work(caller) as uow:
        case = cases.for_change(uow.session, request.case_id, *reach(caller))
        if case.case_no is not None:
            raise PortalError("requests.already_submitted")
        remove(uow, db, case)
        uow.audit("requests.draft.discard", on=("case", case.id), client=case.client_id, right="requests.submit")
    return Done()


def remove(uow: Any, db: Database, case: Case) -> None:
    """Remove a draft's row, files and their bytes."""
    rows = uow.session.execute(sa.select(AttachmentRow).where(AttachmentRow.case_id == case.id)).scalars().all()
    parts.remove_attachments(uow.session, db.tables, rows)
    uow.session.delete(case)

"""From rows to what the caller may see of a case."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_today
from services.requests.domain import forms as domain_forms
from services.requests.domain import labels, workflow
from services.requests.messages import About, Attachment, CaseRow, CaseView, Localised
from services.requests.messages.parts import AllowedAction, Confirmation, TimelineEntry
from services.requests.store import forms, parts


def localised(text: domain_forms.Localised) -> Localised:
    """Return a text of the rules as it crosses the bus."""
    return Localised(lv=text.lv, en=text.en)


def _row(form: domain_forms.Form, row: Any, caller: Caller, today: date) -> dict[str, Any]:
    running = row.clock == "running"
    return {
        "case_id": row.id,
        "case_no": row.case_no or "",
        "client_id": row.client_id,
        "client_name": row.client_name,
        "form": row.form,
        "title": localised(form.title),
        "summary": row.summary,
        "status": row.status,
        "status_label": localised(form.states[row.status].label),
        "ball": row.ball,
        "submitted_at": row.submitted_at,
        "changed_at": row.changed_at,
        "due_date": row.due_date if running else None,
        "overdue": running and row.due_date is not None and row.due_date < today,
        "clock_stopped": row.clock == "stopped",
        "assignee": row.assignee if caller.kind != "user" else None,
        "assignee_name": row.assignee_name,
        "attention": row.attention if caller.kind != "user" else None,
        "permit_id": row.permit_id,
        "permit_no": row.permit_no,
        "contract_id": row.contract_id,
        "contract_no": row.contract_no,
        "about": about(row),
    }


def about(row: Any) -> About | None:
    """Return the permit or contract a request is about."""
    return About(kind=row.about_kind, object_id=row.about_id, number=row.about_no) if row.about_kind else None


def case_row(db: Database, row: Any, caller: Caller) -> CaseRow:
    """Return one line of a list."""
    form = forms.get(db, row.form, row.form_version).form
    return CaseRow.model_validate(_row(form, row, caller, riga_today()))


def attachment(row: Any, *, removable: bool) -> Attachment:
    """Return a file as others see it; the bytes are asked for piece by piece."""
    return Attachment(
        attachment_id=row.id,
        case_id=row.case_id,
        name=row.name,
        document=row.document,
        media_type=row.media_type,
        size=row.size,
        received=row.received,
        complete=row.complete,
        sha256=row.sha256,
        added_at=row.added_at.astimezone(UTC),
        added_by=row.added_by_name,
        removable=removable,
    )


def case_view(db: Database, connection: sa.Connection, row: Any, caller: Caller) -> CaseView:
    """Return a whole case: for its client without what only staff may see."""
    published = forms.get(db, row.form, row.form_version)
    form, staff = published.form, caller.kind != "user"
    entries = [_entry(form, each) for each in parts.timeline(connection, row.id)]
    # The client sees a file of his own at once; staff only what was given to them.
    files = [f for f in parts.attachments(connection, row.id) if f.complete and (f.sent_at or not staff)]
    return CaseView(
        **_row(form, row, caller, riga_today()),
        version=row.version,
        definition=published.message,
        data=row.data,
        attachments=[attachment(f, removable=not staff and f.sent_at is None) for f in files],
        timeline=[e for e in entries if staff or not e.internal],
        confirmations=[
            Confirmation(
                kind=c.kind, at=c.at, user=c.user_id, name=c.user_name, form_version=c.form_version, sha256=c.sha256,
                statement=Localised.model_validate(c.statement),
            )
            for c in parts.confirmations(connection, row.id)
        ],
        actions=_actions(form, row, caller),
        question=row.question,
        conditions=row.conditions,
        refusal_reason=row.refusal_reason,
        invoices=parts.invoices(connection, row.id),
        notes=[e for e in entries if staff and e.action == "note"],
    )  # fmt: skip


def _entry(form: domain_forms.Form, row: Any) -> TimelineEntry:
    return TimelineEntry(
        at=row.at,
        action=row.action,
        label=localised(labels.label(form, row.action)),
        actor_kind=row.actor_kind,
        actor_name=row.actor_name,
        status=row.status,
        text=row.text,
        params=row.params,
        attachments=row.attachments,
        internal=row.internal,
    )


def may(form: domain_forms.Form, action: str, caller: Caller) -> bool:
    """Tell whether the caller has the right a client's action demands, be it only after a stronger sign-in."""
    needed = form.actions[action].right
    return needed is None or needed in _rights(caller)


def _rights(caller: Caller) -> frozenset[str]:
    return caller.rights | frozenset(caller.short)


def _actions(form: domain_forms.Form, row: Any, caller: Caller) -> list[AllowedAction]:
    if caller.kind == "user":
        found = workflow.allowed(form, row.status, "client", _rights(caller)) if caller.holds("requests.submit") else []
    else:
        found = workflow.allowed(form, row.status, "staff", caller.roles)
        mine = row.assignee is not None and row.assignee == caller.user
        # Whoever has the case decides; the others may take it over first.
        found = [
            a
            for a in found
            if (a.name == "take_over" and not mine) or a.name == "take" or (mine and a.name != "take_over")
        ]
    return [AllowedAction(name=a.name, label=localised(a.button)) for a in found]

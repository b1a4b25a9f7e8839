"""One step of a case: state, clock, timeline; what every use case that moves a case has in common."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis.access import role, whole
from chassis.caller import Caller
from chassis.days import now, riga_day
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.requests.domain import workflow
from services.requests.domain.clock import Clock, due_date
from services.requests.domain.confirmation import content_hash
from services.requests.domain.forms import Form, Localised
from services.requests.store import parts
from services.requests.store.tables import AttachmentRow, Case, ConfirmationRow, TimelineRow

MOST_TEXT = 4000


def required_text(text: str, field: str) -> str:
    """Return a text without outer space. Raises PortalError text_required (422) when nothing is left."""
    plain = text.strip().replace("\r\n", "\n")
    if not plain:
        raise PortalError("requests.text_required", field=field)
    return plain


def move(
    uow: UnitOfWork,
    case: Case,
    form: Form,
    action: str,
    *,
    text: str = "",
    params: dict[str, str] | None = None,
    attachments: Sequence[UUID] = (),
    internal: bool = False,
    moment: datetime | None = None,
) -> datetime:
    """Take `case` through `action` for the caller of `uow`: new state, clock, timeline. Returns the moment.

    Raises what `workflow.after` raises: forbidden, requests.wrong_state; and what `check_allowed` raises.
    """
    check_allowed(form, action, uow.caller)
    moment = moment or now()
    actor = actor_kind(uow.caller)
    target = workflow.after(form, case.status, action, actor)
    before, after = form.states[case.status], form.states[target]
    case.status, case.ball, case.clock = target, after.ball, after.clock
    case.changed_at, case.version = moment, case.version + 1
    _turn_clock(uow.session, case, form, before.clock, after.clock, moment)
    note(uow, case, action, text=text, params=params, attachments=attachments, moment=moment,
         internal=internal or form.actions[action].internal)  # fmt: skip
    return moment


def check_allowed(form: Form, action: str, caller: Caller) -> None:
    """Raise PortalError forbidden (403) without the role or the right that this form's action demands.

    The doors let in whoever works with requests at all; which form wants whom is part of the form (B-20).
    """
    known = form.actions.get(action)
    if known is not None and known.actor == actor_kind(caller):
        if known.role is not None:
            role(known.role).check(caller)
        if known.right is not None:
            whole(known.right).check(caller)


def actor_kind(caller: Caller) -> str:
    """Return on whose side the caller stands: client, staff or system."""
    return {"user": "client", "staff": "staff"}.get(caller.kind, "system")


def note(
    uow: UnitOfWork,
    case: Case,
    action: str,
    *,
    text: str = "",
    params: dict[str, str] | None = None,
    attachments: Sequence[UUID] = (),
    internal: bool = False,
    moment: datetime | None = None,
) -> None:
    """Put something on the timeline without changing the state."""
    caller = uow.caller
    uow.session.add(
        TimelineRow(
            id=new_id(), case_id=case.id, at=moment or now(), action=action, actor_kind=actor_kind(caller),
            actor_id=caller.user, actor_name=caller.name if caller.user else "", status=case.status, text=text,
            params=params or {}, attachments=list(attachments), internal=internal,
        )
    )  # fmt: skip


def _turn_clock(session: Session, case: Case, form: Form, before: str, after: str, moment: datetime) -> None:
    day = riga_day(moment)
    if after == "running" and case.clock_started is None:
        case.clock_started = day
    if before != "stopped" and after == "stopped":
        parts.stop_clock(session, case.id, day)
    if before == "stopped" and after != "stopped":
        parts.start_clock(session, case.id, day)
    if after == "running" and case.clock_started is not None:
        clock = Clock(case.clock_started, form.service_level_days, parts.pauses(session, case.id))
        case.due_date = due_date(clock, day)


def confirm(
    uow: UnitOfWork,
    case: Case,
    kind: str,
    *,
    data: dict[str, str],
    files: Sequence[AttachmentRow],
    statement: Localised,
    moment: datetime,
) -> str:
    """Keep what the caller confirmed, when and from where; returns the content's hash (S1-52, S1-72)."""
    caller = uow.caller
    if caller.user is None:
        raise PortalError("forbidden")
    pairs = [(f.name, f.sha256 or "") for f in files]
    wording = f"{statement.lv}\n{statement.en}"
    digest = content_hash(case.form, case.form_version, data, pairs, wording)
    document: dict[str, Any] = {"data": data, "attachments": [list(pair) for pair in pairs]}
    uow.session.add(
        ConfirmationRow(
            id=new_id(), case_id=case.id, kind=kind, at=moment, user_id=caller.user, user_name=caller.name,
            client_id=caller.client, session=caller.session, assurance=caller.assurance, address=caller.address,
            form_version=case.form_version, sha256=digest, statement={"lv": statement.lv, "en": statement.en},
            document=document,
        )
    )  # fmt: skip
    return digest


def own_case(case: Case, form: Form, action: str, caller: Caller) -> None:
    """Raise requests.wrong_state, or requests.not_yours (409) unless this member of staff has the case."""
    workflow.after(form, case.status, action, "staff")
    if case.assignee != caller.user:
        raise PortalError("requests.not_yours", assignee=case.assignee_name or "—")


def event_fields(case: Case, form: Form) -> dict[str, Any]:
    """Return the fields every event of a case has."""
    return {
        "case_id": case.id,
        "case_no": case.case_no or "",
        "client_id": case.client_id,
        "form": case.form,
        "form_version": case.form_version,
        "title": {"lv": form.title.lv, "en": form.title.en},
        "contact": case.contact,
        "about": {"kind": case.about_kind, "object_id": case.about_id, "number": case.about_no}
        if case.about_kind
        else None,
    }

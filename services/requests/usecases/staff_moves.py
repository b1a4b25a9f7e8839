"""What staff do with a case: take it, ask, approve, refuse, note."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.unit_of_work import UnitOfWork
from services.requests import messages as m
from services.requests.domain.forms import Form
from services.requests.store import cases, forms
from services.requests.store.tables import Case
from services.requests.usecases import contract_order, fixed_link, moves, view

Change = Callable[[UnitOfWork, Case, Form], None]


def _change(db: Database, request: Any, caller: Caller, action: str, change: Change) -> m.CaseView:
    """Lock the case, let `change` work on it, audit, answer with the case; once per idempotency key."""
    with db.unit_of_work(caller) as uow:
        done: m.CaseView | None = uow.replayed(request, m.CaseView)
        if done is not None:
            return done
        case = cases.for_change(uow.session, request.case_id, None)
        if case.case_no is None:
            raise PortalError("not_found")
        form = forms.get(db, case.form, case.form_version).form
        moves.check_allowed(form, action, caller)
        change(uow, case, form)
        uow.audit(
            f"requests.case.{action}", on=("case", case.id), client=case.client_id, right=_role(form, action),
            detail={"case_no": case.case_no, "status": case.status},
        )  # fmt: skip
        uow.session.flush()
        return uow.remember(request, view.case_view(db, uow.session.connection(), case, caller))


def _role(form: Form, action: str) -> str:
    """Return the role by which staff take an action; notes are no part of a form."""
    known = form.actions.get(action)
    return (known.role if known else None) or "staff"


def _staff_id(caller: Caller) -> UUID:
    if caller.user is None:
        raise PortalError("forbidden")
    return caller.user


def take(db: Database, request: m.TakeCase, caller: Caller) -> m.CaseView:
    """Take a case; a colleague's only with `take_over`. Taking what one has already changes nothing."""

    def change(uow: UnitOfWork, case: Case, form: Form) -> None:
        if case.assignee is not None and case.assignee == caller.user:
            return
        if case.assignee is None:
            moves.move(uow, case, form, "take")
        else:
            if not request.take_over:
                moves.own_case(case, form, "take_over", caller)
            moves.move(uow, case, form, "take_over", params={"from": case.assignee_name or ""})
        case.assignee, case.assignee_name = _staff_id(caller), caller.name

    return _change(db, request, caller, "take", change)


def ask(db: Database, request: m.AskInformation, caller: Caller) -> m.CaseView:
    """Ask the client for information; the clock stops until the answer."""
    text = moves.required_text(request.text, "text")

    def change(uow: UnitOfWork, case: Case, form: Form) -> None:
        moves.own_case(case, form, "ask_information", caller)
        moves.move(uow, case, form, "ask_information", text=text)
        case.question = text
        uow.emit(m.CaseInformationRequested(**moves.event_fields(case, form), text=text))

    return _change(db, request, caller, "ask_information", change)


def approve(db: Database, request: m.Approve, caller: Caller) -> m.CaseView:
    """Grant the request; a free-form one is answered and closed.

    Its permit is issued by `permits` next, its contract concluded by `metering`.
    """
    if not request.confirmed:
        raise PortalError("requests.not_confirmed", field="confirmed")
    conditions = request.conditions.strip().replace("\r\n", "\n")

    def change(uow: UnitOfWork, case: Case, form: Form) -> None:
        moves.own_case(case, form, "approve", caller)
        if form.outcome == "answer":
            moves.required_text(conditions, "conditions")
        moment = moves.move(uow, case, form, "approve", text=conditions)
        case.conditions, case.decided_by, case.decided_at = conditions, _staff_id(caller), moment
        if form.outcome == "answer":
            uow.emit(m.CaseCompleted(**moves.event_fields(case, form), answer=conditions))
            return
        uow.emit(
            m.CaseApproved(
                **moves.event_fields(case, form),
                data=case.data,
                outcome=form.outcome,
                fixed_link=fixed_link.from_data(case.data) if form.code == "fixed_link" else None,
                contract=contract_order.from_data(case.data) if form.outcome == "contract" else None,
                conditions=conditions,
                decided_by=_staff_id(caller),
                decided_at=moment,
            )
        )

    return _change(db, request, caller, "approve", change)


def refuse(db: Database, request: m.Refuse, caller: Caller) -> m.CaseView:
    """Refuse the request with a reason the client reads."""
    reason = moves.required_text(request.reason, "reason")
    if not request.confirmed:
        raise PortalError("requests.not_confirmed", field="confirmed")

    def change(uow: UnitOfWork, case: Case, form: Form) -> None:
        moves.own_case(case, form, "refuse", caller)
        moment = moves.move(uow, case, form, "refuse", text=reason)
        case.refusal_reason, case.decided_by, case.decided_at = reason, _staff_id(caller), moment
        uow.emit(m.CaseRefused(**moves.event_fields(case, form), reason=reason, decided_by=_staff_id(caller)))

    return _change(db, request, caller, "refuse", change)


def add_note(db: Database, request: m.AddNote, caller: Caller) -> m.CaseView:
    """Write a note only staff see, in any state."""
    text = moves.required_text(request.text, "text")

    def change(uow: UnitOfWork, case: Case, form: Form) -> None:
        moves.note(uow, case, "note", text=text, internal=True, moment=now())

    return _change(db, request, caller, "note", change)

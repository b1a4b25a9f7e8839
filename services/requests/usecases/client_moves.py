"""What a client does with a submitted case: answers a question, withdraws the request."""

from __future__ import annotations

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from services.requests import messages as m
from services.requests.domain.forms import Localised
from services.requests.store import cases, forms, parts
from services.requests.usecases import moves, view
from services.requests.usecases.reaching import reach

ANSWER = Localised(
    lv="Apstiprinu, ka atbilde ir patiesa un pilnīga.", en="I confirm that the answer is true and complete."
)
WITHDRAWAL = Localised(
    lv="Apstiprinu, ka atsaucu šo pieprasījumu; tas vairs netiks izskatīts.",
    en="I confirm that I withdraw this request; it will not be examined any further.",
)


def answer(db: Database, request: m.AnswerInformation, caller: Caller) -> m.CaseView:
    """Give the information asked for; files uploaded since the question go with it.

    Raises text_required, not_confirmed, wrong_state, not_found.
    """
    text = moves.required_text(request.text, "text")
    if not request.confirmed:
        raise PortalError("requests.not_confirmed", field="confirmed")
    with db.unit_of_work(caller) as uow:
        done = uow.replayed(request, m.CaseView)
        if done is not None:
            return done
        case = cases.for_change(uow.session, request.case_id, *reach(caller))
        form, moment = forms.get(db, case.form, case.form_version).form, now()
        files = parts.send(uow.session, db.tables, case.id, moment)
        question = case.question or ""
        moves.move(uow, case, form, "answer_information", text=text, attachments=[f.id for f in files], moment=moment)
        case.question = None
        digest = moves.confirm(
            uow, case, "answer", data={"question": question, "answer": text}, files=files, statement=ANSWER,
            moment=moment,
        )  # fmt: skip
        uow.emit(m.CaseAnswered(**moves.event_fields(case, form), answered_at=moment))
        uow.audit(
            "requests.case.answer", on=("case", case.id), client=case.client_id, right="requests.submit",
            detail={"case_no": case.case_no, "sha256": digest, "attachments": len(files)},
        )  # fmt: skip
        uow.session.flush()
        return uow.remember(request, view.case_view(db, uow.session.connection(), case, caller))


def withdraw(db: Database, request: m.Withdraw, caller: Caller) -> m.CaseView:
    """Take the request back before it is decided. Raises not_confirmed, wrong_state, not_found."""
    if not request.confirmed:
        raise PortalError("requests.not_confirmed", field="confirmed")
    reason = request.reason.strip()
    with db.unit_of_work(caller) as uow:
        done = uow.replayed(request, m.CaseView)
        if done is not None:
            return done
        case = cases.for_change(uow.session, request.case_id, *reach(caller))
        form, moment = forms.get(db, case.form, case.form_version).form, now()
        moves.move(uow, case, form, "withdraw", text=reason, moment=moment)
        case.question, case.attention = None, None
        digest = moves.confirm(
            uow, case, "withdrawal", data={"reason": reason}, files=(), statement=WITHDRAWAL, moment=moment
        )
        uow.emit(m.CaseWithdrawn(**moves.event_fields(case, form), reason=reason))
        uow.audit(
            "requests.case.withdraw", on=("case", case.id), client=case.client_id, right="requests.submit",
            detail={"case_no": case.case_no, "sha256": digest},
        )  # fmt: skip
        uow.session.flush()
        return uow.remember(request, view.case_view(db, uow.session.connection(), case, caller))

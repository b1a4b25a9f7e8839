"""Submitting a request: everything is checked, the declaration confirmed, the case numbered, the world told."""

from __future__ import annotations

from uuid import UUID

from chassis.access import scoped_client
from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_day
from chassis.errors import PortalError
from chassis.telemetry import get_logger
from chassis.text import fold
from services.identity import messages as identity
from services.requests import messages as m
from services.requests.domain import validation
from services.requests.domain.confirmation import case_number
from services.requests.domain.forms import Form
from services.requests.store import cases, forms, parts
from services.requests.store.tables import Case
from services.requests.usecases import drafts, moves, view
from services.requests.usecases.reaching import reach

log = get_logger(__name__)


def client_name(bus: Bus, client: UUID | None) -> str:
    """Return a client's name as identity knows it; empty when identity is away (a timer fills it in later)."""
    if client is None:
        return ""
    try:
        cards = bus.call(identity.GetClients(client_ids=[client]), timeout=2.0).items
    except PortalError as error:
        log.warning("client's name not known yet", client=str(client), code=error.code)
        return ""
    return cards[0].name if cards else ""


def run(db: Database, bus: Bus, request: m.Submit, caller: Caller) -> m.CaseView:
    """Submit a draft. Raises `invalid` with every field at fault, not_confirmed, draft_changed, not_found."""
    client = scoped_client(caller)
    name = client_name(bus, client)
    with db.unit_of_work(caller) as uow:
        done = uow.replayed(request, m.CaseView)
        if done is not None:
            return done
        case = cases.for_change(uow.session, request.case_id, *reach(caller))
        form = forms.get(db, case.form, case.form_version).form
        if case.case_no is not None:
            return uow.remember(request, view.case_view(db, uow.session.connection(), case, caller))
        moves.check_allowed(form, "submit", caller)
        drafts.check_editable(case, request.version)
        moment = now()
        files = parts.send(uow.session, db.tables, case.id, moment)
        checked = validation.check(form, case.data, {f.document for f in files if f.document}, riga_day(moment))
        if checked.problems:
            raise PortalError.many(checked.problems)
        if not request.confirmed:
            raise PortalError("requests.not_confirmed", field="confirmed")
        case.data, case.client_name = dict(checked.clean), name
        case.case_no = case_number(riga_day(moment).year, cases.next_number(uow.session, riga_day(moment).year))
        case.submitted_at, case.expires_on = moment, None
        case.summary = " — ".join(filter(None, (case.data.get(f, "") for f in form.summary_fields)))[:200]
        case.contact = contact(case, caller)
        case.search = search_text(case, form)
        digest = moves.confirm(
            uow, case, "submission", data=case.data, files=files, statement=form.declaration, moment=moment
        )
        sent = [f.id for f in files]
        moves.move(uow, case, form, "submit", moment=moment, attachments=sent, params={"sha256": digest})
        if case.due_date is None:
            raise ValueError(f"form {form.code}: the clock does not run after the submission")
        uow.emit(m.CaseSubmitted(**moves.event_fields(case, form), submitted_at=moment, due_date=case.due_date))
        uow.audit(
            "requests.case.submit", on=("case", case.id), client=case.client_id, right="requests.submit",
            detail={"case_no": case.case_no, "form": form.code, "version": form.version, "sha256": digest},
        )  # fmt: skip
        uow.session.flush()
        return uow.remember(request, view.case_view(db, uow.session.connection(), case, caller))


def contact(case: Case, caller: Caller) -> dict[str, str | None]:
    """Return whom to tell about the case: what the form says, else the person who submitted it."""
    return {
        "user_id": str(caller.user),
        "name": case.data.get("contact_name", caller.name),
        "email": case.data.get("contact_email", ""),
        "phone": case.data.get("contact_phone", ""),
        "language": caller.language if caller.language in ("lv", "en") else "lv",
    }


def search_text(case: Case, form: Form) -> str:
    """Return what the staff queue's search looks through."""
    short = (case.data.get(f.name, "") for f in form.fields.values() if f.type == "text")
    return fold(" ".join((case.case_no or "", case.client_name, case.summary, *short)))[:4000]

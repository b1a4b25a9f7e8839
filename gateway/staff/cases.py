"""The staff side of requests: the queue, the case, every decision."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, request, url_for

from chassis.access import role
from gateway.bus import call, gather
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.pages import _requests as shared
from gateway.routing import Nav, page
from gateway.views import go, render
from services.requests import messages as m

bp = Blueprint("staff_cases", __name__)
STAFF = role("permit_engineer", "customer_service", "administrator", "auditor")
# Which of them a form wants, the form says; the service refuses the other.
DECIDER = role("permit_engineer", "customer_service")
FILTERS = ("status", "form", "assigned", "overdue", "attention", "closed", "client_id")


@page(bp, "/staff/cases", allow=STAFF, nav=Nav(N_("Cases"), "inboxes", 20))
def index() -> Response:
    listing = Listing.of_request(m.CaseQueue, sorts=("due", "submitted", "-submitted"), filters=FILTERS)
    cases, counts, forms = gather([listing.request, m.CountQueue(), m.ListForms()])
    return render("staff/cases/index.html", listing=listing, page=cases, counts=counts, forms=forms.items)


@page(bp, "/staff/cases/<uuid:case_id>", allow=STAFF)
def show(case_id: UUID) -> Response:
    case = call(m.GetCase(case_id=case_id))
    return _case(case, Form.of_request())


def _case(case: m.CaseView, form: Form) -> Response:
    data = shared.shown_data(case.definition, case.data)
    return render("staff/cases/show.html", form.status, case=case, data=data, form=form)


@page(bp, "/staff/cases/<uuid:case_id>/take", methods=["POST"], allow=DECIDER)
def take(case_id: UUID) -> Response:
    over = request.form.get("take_over") == "1"
    call(m.TakeCase(case_id=case_id, take_over=over))
    return go(url_for("staff_cases.show", case_id=case_id), _("The case is yours."))


@page(bp, "/staff/cases/<uuid:case_id>/note", methods=["POST"], allow=DECIDER)
def note(case_id: UUID) -> Response:
    form = Form.of_request()
    with form.catch():
        call(form.read(m.AddNote, clearable=("text",), case_id=case_id))
        return go(url_for("staff_cases.show", case_id=case_id), _("The note is saved."))
    return _case(call(m.GetCase(case_id=case_id)), form)


def _decide(case_id: UUID, model: type[m.AskInformation | m.Approve | m.Refuse], done: str) -> Response:
    """Show one decision's form, or carry it out; what was typed stays when it is refused."""
    form = Form.of_request()
    if form.submitted:
        fixed = {"confirmed": bool(form.value("confirmed"))} if "confirmed" in model.model_fields else {}
        with form.catch():
            call(form.read(model, clearable=("text", "reason"), case_id=case_id, **fixed))
            return go(url_for("staff_cases.show", case_id=case_id), done)
    case = call(m.GetCase(case_id=case_id))
    if not form.submitted and not shared.may(case, model.method):
        return go(url_for("staff_cases.show", case_id=case_id), shared.not_now(), "info")
    return render(f"staff/cases/{model.method}.html", form.status, form=form, case=case)


@page(bp, "/staff/cases/<uuid:case_id>/ask", methods=["GET", "POST"], allow=DECIDER)
def ask(case_id: UUID) -> Response:
    return _decide(case_id, m.AskInformation, _("The question has been sent; the time stands still."))


@page(bp, "/staff/cases/<uuid:case_id>/approve", methods=["GET", "POST"], allow=DECIDER)
def approve(case_id: UUID) -> Response:
    return _decide(case_id, m.Approve, _("The decision is made."))


@page(bp, "/staff/cases/<uuid:case_id>/refuse", methods=["GET", "POST"], allow=DECIDER)
def refuse(case_id: UUID) -> Response:
    return _decide(case_id, m.Refuse, _("The request has been refused."))


@page(bp, "/staff/cases/attachments/<uuid:attachment_id>", allow=STAFF)
def attachment(attachment_id: UUID) -> Response:
    return shared.download(attachment_id)

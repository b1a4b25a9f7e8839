"""The client's requests: the list, choosing a form, the case with its timeline, answering, withdrawing."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, request, url_for

from chassis.access import right
from gateway.bus import call, gather
from gateway.forms import Form
from gateway.i18n import N_
from gateway.i18n import gettext as _
from gateway.lists import Listing
from gateway.pages import _requests as shared
from gateway.routing import Nav, page
from gateway.views import confirm_page, go, render
from services.requests import messages as m

bp = Blueprint("requests", __name__)
SUBMIT = right("requests.submit")


@page(bp, "/requests", allow=SUBMIT, nav=Nav(N_("Requests"), "file-earmark-text", 40))
def index() -> Response:
    listing = Listing.of_request(m.ListCases, filters=("state",))
    cases, drafts = gather([listing.request, m.ListDrafts(limit=10)])
    return render("pages/requests/index.html", listing=listing, page=cases, drafts=drafts)


@page(bp, "/requests/new", allow=SUBMIT)
def new() -> Response:
    return render("pages/requests/new.html", forms=call(m.ListForms()).items, form=Form.of_request())


@page(bp, "/requests/new/<form_code>", methods=["POST"], allow=SUBMIT)
def start(form_code: str) -> Response:
    key = request.form.get("idempotency_key") or None
    draft = call(Form.of_request().read(m.StartDraft, form=form_code, idempotency_key=key))
    return go(url_for("drafts.edit", case_id=draft.case_id))


@page(bp, "/requests/<uuid:case_id>", allow=SUBMIT)
def show(case_id: UUID) -> Response:
    case = call(m.GetCase(case_id=case_id))
    return render("pages/requests/show.html", case=case, data=shared.shown_data(case.definition, case.data))


@page(bp, "/requests/<uuid:case_id>/answer", methods=["GET", "POST"], allow=SUBMIT, max_bytes=shared.UPLOAD_BYTES)
def answer(case_id: UUID) -> Response:
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            # The file first: what was typed survives a refused file, and a file is not lost by a missing text.
            file = form.file("file")
            if file is not None:
                shared.upload(case_id, file, None)
            if form.value("go") != "attach":
                confirmed = bool(form.value("confirmed"))
                call(form.read(m.AnswerInformation, clearable=("text",), case_id=case_id, confirmed=confirmed))
                return go(url_for("requests.show", case_id=case_id), _("Your answer has been sent."))
    case = call(m.GetCase(case_id=case_id))
    unsent = [a for a in case.attachments if a.removable]
    return render("pages/requests/answer.html", form.status, form=form, case=case, unsent=unsent, accept=shared.ACCEPT)


@page(bp, "/requests/<uuid:case_id>/withdraw", methods=["GET", "POST"], allow=SUBMIT)
def withdraw(case_id: UUID) -> Response:
    form, here = Form.of_request(), url_for("requests.show", case_id=case_id)
    if form.submitted:
        with form.catch():
            call(form.read(m.Withdraw, case_id=case_id, confirmed=True))
            return go(here, _("The request has been withdrawn."))
    case = call(m.GetCase(case_id=case_id))
    if not form.submitted and not shared.may(case, "withdraw"):
        return go(here, shared.not_now(), "info")
    return confirm_page(
        _("Withdraw request %(number)s?", number=case.case_no),
        [
            case.summary,
            _("A withdrawn request will not be examined any further, and this cannot be undone."),
        ],
        button=_("Withdraw the request"), cancel=here, form=form, tone="danger",
    )  # fmt: skip


@page(bp, "/requests/<uuid:case_id>/attachments/<uuid:attachment_id>/remove", methods=["POST"], allow=SUBMIT)
def remove_attachment(case_id: UUID, attachment_id: UUID) -> Response:
    call(m.RemoveAttachment(case_id=case_id, attachment_id=attachment_id))
    return go(url_for("requests.answer", case_id=case_id), _("The file has been removed."))


@page(bp, "/requests/attachments/<uuid:attachment_id>", allow=SUBMIT)
def attachment(attachment_id: UUID) -> Response:
    return shared.download(attachment_id)

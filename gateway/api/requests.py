"""A client's requests over the API: forms, drafts, files, submission, following, answering."""

from __future__ import annotations

import base64
from typing import Any, Literal
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import Field

from chassis.access import right, signed_in
from gateway.api._frame import Body, Paged, Query, api
from gateway.bus import call, call_json
from gateway.pages import _requests as shared
from services.requests import messages as m

bp = Blueprint("api_requests", __name__)

TAG = "Requests"
SUBMIT = right("requests.submit")
MISSING = ("not_found",)
DRAFT = ("not_found", "requests.already_submitted", "requests.draft_expired")
CASE = ("not_found", "requests.wrong_state", "requests.not_confirmed", "idempotency_key_reused")
FILE = ("not_found", "requests.attachment_type", "requests.attachment_size", "requests.attachment_count",
        "requests.attachment_empty", "requests.wrong_state")  # fmt: skip


class FormQuery(Query):
    version: int | None = Field(None, ge=1, le=10_000, description="The newest one when left out")


class CaseQuery(Paged):
    state: Literal["open", "waiting", "closed"] | None = Field(None, description="waiting: the client has the ball")
    search: str = Field("", max_length=200, description="Words that all occur in number, link, site or client")


class NewDraft(Body):
    form: str = Field(max_length=100, description="Code of a form")


class DraftData(Body):
    data: dict[str, str] = Field(max_length=200, description="By field name; an empty text clears the field")
    version: int = Field(ge=0, description="The version last seen")


class Submission(Body):
    version: int = Field(ge=0, description="The version last seen")
    confirmed: bool = Field(False, description="Yes to the form's declaration")


class FileQuery(Query):
    name: str = Field(min_length=1, max_length=200, description="Name of the file")
    document: str | None = Field(None, max_length=100, description="Which document of the form it is")


class Answer(Body):
    text: str = Field(max_length=4000)
    confirmed: bool = False


class Withdrawal(Body):
    reason: str = Field("", max_length=4000)
    confirmed: bool = False


@api(bp, "GET", "/request-forms", allow=signed_in, reply=m.FormList, tag=TAG, summary="List forms")
def list_forms() -> Any:
    return call_json(m.ListForms())


@api(bp, "GET", "/request-forms/<form>", allow=signed_in, query=FormQuery, reply=m.FormDefinition, tag=TAG,
     summary="A form as data", errors=("requests.unknown_form",))  # fmt: skip
def get_form(form: str, query: FormQuery) -> Any:
    """Fields with their limits, required documents, the declaration to confirm, the states of the workflow."""
    return call_json(m.GetForm(form=form[:200], version=query.version))


@api(bp, "GET", "/requests", allow=SUBMIT, query=CaseQuery, reply=m.CasePage, tag=TAG, summary="List own requests")
def list_cases(query: CaseQuery) -> Any:
    return call(m.ListCases(state=query.state, q=query.search, after=query.after, limit=query.limit))


@api(bp, "GET", "/requests/counts", allow=SUBMIT, reply=m.CaseCounts, tag=TAG, summary="How many requests are open")
def case_counts() -> Any:
    return call_json(m.CountCases())


@api(bp, "GET", "/requests/drafts", allow=SUBMIT, query=Paged, reply=m.DraftPage, tag=TAG, summary="List drafts")
def list_drafts(query: Paged) -> Any:
    return call(m.ListDrafts(after=query.after, limit=query.limit))


@api(bp, "POST", "/requests/drafts", allow=SUBMIT, body=NewDraft, reply=m.Draft, status=201, idempotent=True, tag=TAG,
     summary="Start a draft",
     errors=("requests.unknown_form", "requests.form_not_offered", "idempotency_key_reused"))  # fmt: skip
def start_draft(body: NewDraft, idempotency_key: str | None) -> Any:
    return call(m.StartDraft(form=body.form, idempotency_key=idempotency_key))


@api(bp, "GET", "/requests/drafts/<uuid:case_id>", allow=SUBMIT, reply=m.Draft, tag=TAG, summary="A draft",
     errors=("not_found", "requests.already_submitted"))  # fmt: skip
def get_draft(case_id: UUID) -> Any:
    """With its form, what was typed, and what still keeps it from being submitted."""
    return call_json(m.GetDraft(case_id=case_id))


@api(bp, "PATCH", "/requests/drafts/<uuid:case_id>", allow=SUBMIT, body=DraftData, reply=m.Draft, tag=TAG,
     summary="Save a draft", errors=(*DRAFT, "requests.draft_changed"))  # fmt: skip
def save_draft(case_id: UUID, body: DraftData) -> Any:
    """Keeps right and wrong values alike; `problems` in the answer says what a submission would refuse."""
    return call(m.SaveDraft(case_id=case_id, data=body.data, version=body.version))


@api(bp, "DELETE", "/requests/drafts/<uuid:case_id>", allow=SUBMIT, reply=None, status=204, tag=TAG,
     summary="Remove a draft", errors=("not_found", "requests.already_submitted"))  # fmt: skip
def discard_draft(case_id: UUID) -> None:
    call(m.DiscardDraft(case_id=case_id))


@api(bp, "POST", "/requests/drafts/<uuid:case_id>/submit", allow=SUBMIT, body=Submission, reply=m.CaseView,
     idempotent=True, tag=TAG, summary="Confirm and submit a draft",
     errors=(*DRAFT, "requests.draft_changed", "requests.not_confirmed", "idempotency_key_reused"))  # fmt: skip
def submit_draft(case_id: UUID, body: Submission, idempotency_key: str | None) -> Any:
    """Submitting again what is submitted answers the same case."""
    return call(
        m.Submit(case_id=case_id, version=body.version, confirmed=body.confirmed, idempotency_key=idempotency_key)
    )


@api(bp, "GET", "/requests/<uuid:case_id>", allow=SUBMIT, reply=m.CaseView, tag=TAG, summary="A request",
     errors=MISSING)  # fmt: skip
def get_case(case_id: UUID) -> Any:
    return call_json(m.GetCase(case_id=case_id))


@api(bp, "POST", "/requests/<uuid:case_id>/attachments", allow=SUBMIT, query=FileQuery, reply=m.Attachment, status=201,
     tag=TAG, summary="Attach a file", errors=FILE, consumes="application/octet-stream",
     max_bytes=shared.UPLOAD_BYTES)  # fmt: skip
def attach_file(case_id: UUID, query: FileQuery) -> Any:
    """The body is the file: PDF, PNG, JPEG, DOCX or ASICE, at most 10 MB; the type is told by the content."""
    content = request.get_data(cache=False)
    kept = call(m.StartAttachment(case_id=case_id, name=query.name, size=len(content), document=query.document))
    for offset in range(0, len(content), shared.PIECE):
        data = base64.b64encode(content[offset : offset + shared.PIECE]).decode()
        kept = call(m.AppendAttachment(attachment_id=kept.attachment_id, offset=offset, data=data))
    return kept


@api(bp, "GET", "/requests/attachments/<uuid:attachment_id>", allow=SUBMIT, reply=None, tag=TAG,
     summary="Download a file", errors=MISSING, produces="*/*")  # fmt: skip
def download_file(attachment_id: UUID) -> Response:
    return shared.download(attachment_id)


@api(bp, "DELETE", "/requests/<uuid:case_id>/attachments/<uuid:attachment_id>", allow=SUBMIT, reply=None, status=204,
     tag=TAG, summary="Remove a file that was not sent yet", errors=(*DRAFT, "requests.wrong_state"))  # fmt: skip
def remove_attachment(case_id: UUID, attachment_id: UUID) -> None:
    call(m.RemoveAttachment(case_id=case_id, attachment_id=attachment_id))


@api(bp, "POST", "/requests/<uuid:case_id>/answer", allow=SUBMIT, body=Answer, reply=m.CaseView, idempotent=True,
     tag=TAG, summary="Answer a question", errors=(*CASE, "requests.text_required"))  # fmt: skip
def answer_question(case_id: UUID, body: Answer, idempotency_key: str | None) -> Any:
    """Files attached since the question go with the answer."""
    return call(
        m.AnswerInformation(
            case_id=case_id, text=body.text, confirmed=body.confirmed, idempotency_key=idempotency_key
        )
    )


@api(bp, "POST", "/requests/<uuid:case_id>/withdraw", allow=SUBMIT, body=Withdrawal, reply=m.CaseView,
     idempotent=True, tag=TAG, summary="Withdraw a request", errors=CASE)  # fmt: skip
def withdraw_case(case_id: UUID, body: Withdrawal, idempotency_key: str | None) -> Any:
    return call(
        m.Withdraw(
            case_id=case_id, reason=body.reason, confirmed=body.confirmed, idempotency_key=idempotency_key
        )
    )

"""The staff side of requests over the API."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from flask import Blueprint, Response
from pydantic import Field

from chassis.access import any_of, scope
from gateway.api._frame import Body, Paged, api
from gateway.bus import call, call_json
from gateway.pages import _requests as shared
from gateway.staff.cases import DECIDER, STAFF
from services.requests import messages as m

bp = Blueprint("api_cases", __name__)

TAG = "Staff: cases"
READ = any_of(STAFF, scope("cases.read"))
MISSING = ("not_found",)
DECISION = ("not_found", "requests.wrong_state", "requests.not_yours", "idempotency_key_reused")


class QueueQuery(Paged):
    status: m.CaseStatus | None = None
    closed: bool | None = Field(None, description="Closed cases too")
    form: str | None = Field(None, max_length=100)
    assigned: Literal["me", "nobody"] | None = None
    overdue: bool | None = Field(None, description="Only those whose service level is used up")
    attention: bool | None = Field(None, description="Only those whose permit or contract is late")
    client_id: UUID | None = None
    search: str = Field("", max_length=200, description="Words that all occur in number, client, link or site")
    sort: Literal["due", "submitted", "-submitted"] = "due"


class Take(Body):
    take_over: bool = Field(False, description="Also from a colleague")


class Question(Body):
    text: str = Field(max_length=4000)


class Approval(Body):
    conditions: str = Field("", max_length=4000)
    confirmed: bool = False


class Refusal(Body):
    reason: str = Field(max_length=4000)
    confirmed: bool = False


@api(bp, "GET", "/staff/cases", allow=READ, query=QueueQuery, reply=m.CasePage, tag=TAG, summary="The queue of cases")
def case_queue(query: QueueQuery) -> Any:
    asked = query.model_dump(exclude_none=True)
    return call(m.CaseQueue(q=asked.pop("search"), **asked))


@api(bp, "GET", "/staff/cases/counts", allow=STAFF, reply=m.QueueCounts, tag=TAG, summary="Numbers above the queue")
def staff_case_counts() -> Any:
    return call_json(m.CountQueue())


@api(bp, "GET", "/staff/cases/<uuid:case_id>", allow=READ, reply=m.CaseView, tag=TAG, summary="A case",
     errors=MISSING)  # fmt: skip
def staff_case(case_id: UUID) -> Any:
    return call_json(m.GetCase(case_id=case_id))


@api(bp, "GET", "/staff/cases/attachments/<uuid:attachment_id>", allow=STAFF, reply=None, tag=TAG,
     summary="Download a file", errors=MISSING, produces="*/*")  # fmt: skip
def staff_case_file(attachment_id: UUID) -> Response:
    return shared.download(attachment_id)


@api(bp, "POST", "/staff/cases/<uuid:case_id>/take", allow=DECIDER, body=Take, reply=m.CaseView, tag=TAG,
     summary="Take a case", errors=("not_found", "requests.wrong_state", "requests.not_yours"))  # fmt: skip
def take_case(case_id: UUID, body: Take) -> Any:
    return call(m.TakeCase(case_id=case_id, take_over=body.take_over))


@api(bp, "POST", "/staff/cases/<uuid:case_id>/ask-information", allow=DECIDER, body=Question, reply=m.CaseView,
     idempotent=True, tag=TAG, summary="Ask the client", errors=(*DECISION, "requests.text_required"))  # fmt: skip
def ask_information(case_id: UUID, body: Question, idempotency_key: str | None) -> Any:
    return call(m.AskInformation(case_id=case_id, text=body.text, idempotency_key=idempotency_key))


@api(bp, "POST", "/staff/cases/<uuid:case_id>/approve", allow=DECIDER, body=Approval, reply=m.CaseView,
     idempotent=True, tag=TAG, summary="Approve a case",
     errors=(*DECISION, "requests.not_confirmed", "requests.text_required"))  # fmt: skip
def approve_case(case_id: UUID, body: Approval, idempotency_key: str | None) -> Any:
    """The permit is issued next; a free-form application is answered by `conditions` and closed."""
    return call(
        m.Approve(
            case_id=case_id, conditions=body.conditions, confirmed=body.confirmed, idempotency_key=idempotency_key
        )
    )


@api(bp, "POST", "/staff/cases/<uuid:case_id>/refuse", allow=DECIDER, body=Refusal, reply=m.CaseView,
     idempotent=True, tag=TAG, summary="Refuse a case",
     errors=(*DECISION, "requests.not_confirmed", "requests.text_required"))  # fmt: skip
def refuse_case(case_id: UUID, body: Refusal, idempotency_key: str | None) -> Any:
    return call(
        m.Refuse(case_id=case_id, reason=body.reason, confirmed=body.confirmed, idempotency_key=idempotency_key)
    )


@api(bp, "POST", "/staff/cases/<uuid:case_id>/notes", allow=DECIDER, body=Question,
     reply=m.CaseView, idempotent=True, tag=TAG, summary="Write a note only staff see",
     errors=("not_found", "requests.text_required", "idempotency_key_reused"))  # fmt: skip
def note_case(case_id: UUID, body: Question, idempotency_key: str | None) -> Any:
    return call(m.AddNote(case_id=case_id, text=body.text, idempotency_key=idempotency_key))

"""The facts requests tells."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from chassis.messages import Event, Message, Moment, Text
from services.requests.messages.parts import About, Contact, ContractOrder, FixedLink, Localised


class _CaseEvent(Message):
    case_id: UUID
    case_no: str
    client_id: UUID
    form: str
    form_version: int
    title: Localised
    contact: Contact
    about: About | None = None


class CaseSubmitted(_CaseEvent, Event, type="requests.case.submitted", aggregate="case_id"):
    submitted_at: Moment
    due_date: date


class CaseInformationRequested(_CaseEvent, Event, type="requests.case.information_requested", aggregate="case_id"):
    text: Text


class CaseAnswered(_CaseEvent, Event, type="requests.case.answered", aggregate="case_id"):
    answered_at: Moment


class CaseApproved(_CaseEvent, Event, type="requests.case.approved", aggregate="case_id"):
    """`data` is the form as submitted, by field name; `fixed_link` the same, typed, when the form leads to a permit,
    `contract` when it leads to a contract.

    permits issues and answers with permits.permit.issued, metering concludes and answers with
    metering.contract.concluded, each carrying this `case_id`. A form that leads to an answer is completed at once and
    is not told here.
    """

    data: dict[str, str]
    outcome: Literal["permit", "contract"] = "permit"
    fixed_link: FixedLink | None = None
    contract: ContractOrder | None = None
    conditions: str = ""
    decided_by: UUID
    decided_at: Moment


class CaseRefused(_CaseEvent, Event, type="requests.case.refused", aggregate="case_id"):
    reason: Text
    decided_by: UUID


class CaseCompleted(_CaseEvent, Event, type="requests.case.completed", aggregate="case_id"):
    """The end that was asked for: permit issued, contract concluded, or (free form) `answer` given."""

    permit_id: UUID | None = None
    permit_no: str | None = None
    contract_id: UUID | None = None
    contract_no: str | None = None
    answer: str = ""


class CaseWithdrawn(_CaseEvent, Event, type="requests.case.withdrawn", aggregate="case_id"):
    reason: str = ""

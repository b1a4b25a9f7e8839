"""Published language of `requests`: forms, drafts, cases, decisions, and the events that tell of them.

The pieces live in `parts` (what a form and a case look like); errors and events in files of their
own; this module holds the calls and re-exports the rest, so others import `services.requests.messages` only.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chassis.messages import Done, IdempotencyKey, Limit, Line, Message, Page, Request
from services.requests.messages.basis import GetCaseBasis
from services.requests.messages.errors import ERRORS
from services.requests.messages.events import (
    CaseAnswered,
    CaseApproved,
    CaseCompleted,
    CaseInformationRequested,
    CaseRefused,
    CaseSubmitted,
    CaseWithdrawn,
)
from services.requests.messages.parts import (
    About,
    Attachment,
    CaseRow,
    CaseView,
    Contact,
    ContractOrder,
    Draft,
    DraftRow,
    FixedLink,
    FormDefinition,
    FormSummary,
    LinkSite,
    Localised,
    Problem,
)
from services.requests.messages.words import FormWords, GetFormWords

__all__ = [
    "ERRORS",
    "About",
    "AddNote",
    "AnswerInformation",
    "AppendAttachment",
    "Approve",
    "AskInformation",
    "Attachment",
    "AttachmentChunk",
    "CaseAnswered",
    "CaseApproved",
    "CaseCompleted",
    "CaseCounts",
    "CaseInformationRequested",
    "CasePage",
    "CaseQueue",
    "CaseRefused",
    "CaseRow",
    "CaseStatus",
    "CaseSubmitted",
    "CaseView",
    "CaseWithdrawn",
    "Contact",
    "ContractOrder",
    "CountCases",
    "CountQueue",
    "DiscardDraft",
    "Draft",
    "DraftPage",
    "DraftRow",
    "FixedLink",
    "FormDefinition",
    "FormList",
    "FormSummary",
    "FormWords",
    "GetCase",
    "GetCaseBasis",
    "GetDraft",
    "GetForm",
    "GetFormWords",
    "LinkSite",
    "ListCases",
    "ListDrafts",
    "ListForms",
    "Localised",
    "Problem",
    "QueueCounts",
    "ReadAttachment",
    "Refuse",
    "RemoveAttachment",
    "SaveDraft",
    "StartAttachment",
    "StartDraft",
    "Submit",
    "TakeCase",
    "Withdraw",
]

CaseStatus = Literal[
    "draft", "submitted", "in_review", "information_requested", "approved", "completed", "refused", "withdrawn"
]
Base64 = Annotated[str, Field(max_length=720_000)]  # <= 512 KiB once decoded
CaseText = Annotated[str, Field(max_length=4000)]
FormData = Annotated[dict[str, Annotated[str, Field(max_length=8000)]], Field(max_length=200)]


class FormList(Message):
    items: list[FormSummary]


class ListForms(Request[FormList], rpc="requests.list_forms"):
    """The newest version of every form that is offered now."""


class GetForm(Request[FormDefinition], rpc="requests.get_form"):
    """One form as data; the newest version when `version` is None."""

    form: Line
    version: int | None = None


# --- drafts (right requests.submit) -------------------------------------------------------------------------------


class StartDraft(Request[Draft], rpc="requests.start_draft"):
    """Open a draft; of a request about a permit or a contract when one is named. Error not_found for another's."""

    form: Line
    permit_id: UUID | None = None
    contract_id: UUID | None = None
    idempotency_key: IdempotencyKey | None = None


class DraftPage(Page[DraftRow]): ...


class ListDrafts(Request[DraftPage], rpc="requests.list_drafts"):
    after: str | None = None
    limit: Limit = 20


class GetDraft(Request[Draft], rpc="requests.get_draft"):
    case_id: UUID


class SaveDraft(Request[Draft], rpc="requests.save_draft"):
    """Keep what was typed, right or wrong; the reply lists what a submission would refuse.

    `data` is merged by field name, an empty text clears the field. `version` is the one last seen;
    an older one is refused with `draft_changed` and nothing is written.
    """

    case_id: UUID
    data: FormData
    version: int


class DiscardDraft(Request[Done], rpc="requests.discard_draft"):
    case_id: UUID


class Submit(Request[CaseView], rpc="requests.submit", timeout=10.0):
    """Submit a draft; `confirmed` is the person's yes to the declaration shown (S1-52, S1-72).

    Submitting again what is submitted answers the same case.
    """

    case_id: UUID
    version: int
    confirmed: bool = False
    idempotency_key: IdempotencyKey | None = None


# --- attachments --------------------------------------------------------------------------------------------------


class StartAttachment(Request[Attachment], rpc="requests.start_attachment"):
    """Open an upload of `size` bytes (1..10 MB); `document` names the required document it is, if any."""

    case_id: UUID
    name: Annotated[str, Field(min_length=1, max_length=200)]
    size: Annotated[int, Field(ge=0)]
    document: Line | None = None


class AppendAttachment(Request[Attachment], rpc="requests.append_attachment", timeout=10.0):
    """Add the bytes that start at `offset`; with the last byte the content's type is checked and its hash kept."""

    attachment_id: UUID
    offset: Annotated[int, Field(ge=0)]
    data: Base64


class RemoveAttachment(Request[Done], rpc="requests.remove_attachment"):
    case_id: UUID
    attachment_id: UUID


class AttachmentChunk(Message):
    attachment: Attachment
    offset: int
    data: str
    last: bool


class ReadAttachment(Request[AttachmentChunk], rpc="requests.read_attachment", timeout=10.0):
    """Up to 512 KiB of an attachment from `offset`, base64; its owner and staff only."""

    attachment_id: UUID
    offset: Annotated[int, Field(ge=0)] = 0


# --- cases of a client --------------------------------------------------------------------------------------------


class CasePage(Page[CaseRow]): ...


class ListCases(Request[CasePage], rpc="requests.list_cases"):
    """The client's cases, newest first; `state` open|waiting|closed narrows (waiting = the client has the ball)."""

    state: Literal["open", "waiting", "closed"] | None = None
    q: Line = ""
    after: str | None = None
    limit: Limit = 20


class GetCase(Request[CaseView], rpc="requests.get_case"):
    case_id: UUID


class CaseCounts(Message):
    open: int
    waiting_for_client: int
    drafts: int


class CountCases(Request[CaseCounts], rpc="requests.case_counts"):
    """What the overview page shows of the client's cases."""


class AnswerInformation(Request[CaseView], rpc="requests.answer_information", timeout=10.0):
    """The client's answer; attachments uploaded since the question belong to it."""

    case_id: UUID
    text: CaseText
    confirmed: bool = False
    idempotency_key: IdempotencyKey | None = None


class Withdraw(Request[CaseView], rpc="requests.withdraw", timeout=10.0):
    case_id: UUID
    reason: CaseText = ""
    confirmed: bool = False
    idempotency_key: IdempotencyKey | None = None


# --- staff (the role a form names decides; reading also administrator, auditor) --------------------------------------


class CaseQueue(Request[CasePage], rpc="requests.case_queue"):
    """All clients' cases, the closed ones only when `closed` or a closed `status` asks for them.

    `sort` due (soonest first), submitted (oldest first), -submitted.
    """

    status: CaseStatus | None = None
    closed: bool | None = None
    form: Line | None = None
    assigned: Literal["me", "nobody"] | None = None
    overdue: bool | None = None
    attention: bool | None = None
    client_id: UUID | None = None
    q: Line = ""
    sort: Literal["due", "submitted", "-submitted"] = "due"
    after: str | None = None
    limit: Limit = 25


class QueueCounts(Message):
    unassigned: int
    mine: int
    overdue: int
    attention: int
    open: int


class CountQueue(Request[QueueCounts], rpc="requests.queue_counts"):
    """What the staff console shows above the queue."""


class TakeCase(Request[CaseView], rpc="requests.take_case"):
    """Take a case, also from a colleague (`take_over`)."""

    case_id: UUID
    take_over: bool = False


class AskInformation(Request[CaseView], rpc="requests.ask_information", timeout=10.0):
    case_id: UUID
    text: CaseText
    idempotency_key: IdempotencyKey | None = None


class Approve(Request[CaseView], rpc="requests.approve", timeout=10.0):
    case_id: UUID
    conditions: CaseText = ""
    confirmed: bool = False
    idempotency_key: IdempotencyKey | None = None


class Refuse(Request[CaseView], rpc="requests.refuse", timeout=10.0):
    case_id: UUID
    reason: CaseText
    confirmed: bool = False
    idempotency_key: IdempotencyKey | None = None


class AddNote(Request[CaseView], rpc="requests.add_note"):
    """A note only staff see."""

    case_id: UUID
    text: CaseText
    idempotency_key: IdempotencyKey | None = None

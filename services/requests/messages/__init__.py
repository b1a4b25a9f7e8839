"""Published language of `requests`: forms, drafts, cases, decisions, and the events that tell of them.

The pieces live in `parts` (what a form and a case look like); this module holds calls, errors and events,
and re-exports the pieces, so others import `services.requests.messages` only.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chassis.errors import ErrorTable
from chassis.messages import Done, Event, IdempotencyKey, Limit, Line, Message, Moment, Page, Request, Text
from services.requests.messages.parts import (
    Attachment,
    CaseRow,
    CaseView,
    Contact,
    Draft,
    DraftRow,
    FixedLink,
    FormDefinition,
    FormSummary,
    LinkSite,
    Localised,
    Problem,
)

__all__ = [
    "Attachment",
    "CaseRow",
    "CaseView",
    "Contact",
    "Draft",
    "DraftRow",
    "FixedLink",
    "FormDefinition",
    "FormSummary",
    "LinkSite",
    "Localised",
    "Problem",
]

ERRORS = ErrorTable(
    "requests",
    {
        "draft_expired": (410, "Melnraksta glabāšanas termiņš ir beidzies.", "The draft has expired."),
        "already_submitted": (409, "Pieprasījums jau ir iesniegts.", "The request has already been submitted."),
        "not_confirmed": (
            422,
            "Lai turpinātu, apstipriniet, ka esat izlasījis un piekrītat.",
            "To continue, confirm that you have read this and agree.",
        ),
        "wrong_state": (
            409,
            "Šo darbību nevar veikt, kad lietas statuss ir “{status_lv}”.",
            "This cannot be done while the case is “{status_en}”.",
        ),
        "not_yours": (
            409,
            "Lieta ir piešķirta darbiniekam {assignee}. Vispirms pārņemiet to.",
            "The case is assigned to {assignee}. Take it over first.",
        ),
        "draft_changed": (
            412,
            "Melnraksts mainīts citā logā. Jūsu ievadītais nav zudis: pārlūkojiet to un saglabājiet vēlreiz.",
            "The draft was changed in another window. What you typed is not lost: look it over and save again.",
        ),
        "case_changed": (
            412,
            "Lieta pa šo laiku ir mainījusies. Pārlādējiet lapu un mēģiniet vēlreiz.",
            "The case changed meanwhile. Reload the page and try again.",
        ),
        "unknown_form": (404, "Tādas veidlapas nav.", "There is no such form."),
        "bad_coordinates": (
            422,
            "Norādiet koordinātas WGS84 sistēmā, piemēram, 56,9463; 24,1059.",
            "Give coordinates in WGS84, for example 56.9463, 24.1059.",
        ),
        "outside_latvia": (
            422,
            "Koordinātas ir ārpus Latvijas.",
            "The coordinates are outside Latvia.",
        ),
        "bad_emission": (
            422,
            "Emisijas apzīmējums neatbilst ITU veidam, piemēram, 28M0D7WET.",
            "Not an ITU emission designator, for example 28M0D7WET.",
        ),
        "emission_wider": (
            422,
            "Emisijas apzīmējuma josla ({emission_khz} kHz) ir platāka par norādīto joslas platumu.",
            "The emission's bandwidth ({emission_khz} kHz) is wider than the bandwidth given.",
        ),
        "bad_date": (422, "Norādiet datumu kā dd.mm.gggg.", "Give the date as dd.mm.yyyy."),
        "date_past": (422, "Datums nedrīkst būt pagātnē.", "The date must not be in the past."),
        "date_late": (422, "Datums ir pārāk tālu (vēlākais {limit}).", "Too far ahead (at the latest {limit})."),
        "dates_crossed": (422, "Beigu datums ir pirms sākuma datuma.", "The end date is before the start date."),
        "bad_number": (422, "Ievadiet skaitli.", "Enter a number."),
        "too_precise": (
            422,
            "Ne vairāk kā {limit} cipari aiz komata.",
            "At most {limit} digits after the decimal point.",
        ),
        "bad_email": (422, "Norādiet derīgu e-pasta adresi.", "Give a valid e-mail address."),
        "bad_phone": (422, "Norādiet tālruni, piemēram, +371 67000000.", "Give a phone number, e.g. +371 67000000."),
        "bad_cadastre": (
            422,
            "Kadastra numurs sastāv no 11 cipariem.",
            "A cadastre number has 11 digits.",
        ),
        "address_or_cadastre": (
            422,
            "Norādiet adresi vai kadastra numuru.",
            "Give the address or the cadastre number.",
        ),
        "same_site": (
            422,
            "Vietas A un B koordinātas sakrīt (attālums {distance_m} m).",
            "Sites A and B have the same coordinates ({distance_m} m apart).",
        ),
        "too_far_apart": (
            422,
            "Vietas A un B ir {distance_km} km attālumā; līnija nevar būt garāka par {limit} km.",
            "Sites A and B are {distance_km} km apart; a link cannot be longer than {limit} km.",
        ),
        "azimuth_off": (
            422,
            "Azimuts neatbilst koordinātām: virziens uz otru vietu ir {bearing}°.",
            "The azimuth does not match the coordinates: the other site lies at {bearing}°.",
        ),
        "same_frequency": (
            422,
            "Raidīšanas un uztveršanas frekvences kanāli pārklājas.",
            "The two frequencies are closer than the bandwidth.",
        ),
        "document_missing": (422, "Pievienojiet dokumentu.", "Attach the document."),
        "attachment_type": (
            422,
            "Atļautas tikai PDF, PNG, JPEG, DOCX un ASICE datnes; šīs datnes saturs ir cits.",
            "Only PDF, PNG, JPEG, DOCX and ASICE files; the content of this one is something else.",
        ),
        "attachment_size": (413, "Datne ir lielāka par {limit_mb} MB.", "The file is larger than {limit_mb} MB."),
        "attachment_empty": (422, "Datne ir tukša.", "The file is empty."),
        "attachment_count": (409, "Vienai lietai var pievienot ne vairāk kā {limit} datnes.", "At most {limit} files."),
        "attachment_offset": (
            409,
            "Datnes augšupielāde ir pārtrūkusi; sāciet to no jauna.",
            "The upload was interrupted; start it again.",
        ),
        "text_required": (422, "Ierakstiet tekstu.", "Please write the text."),
        "unknown_assignee": (
            422,
            "Šim darbiniekam nevar piešķirt lietu.",
            "The case cannot be assigned to this person.",
        ),
    },
)

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
    form: Line
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


# --- staff (role permit_engineer; reading also customer_service, auditor) ------------------------------------------


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


# --- events -------------------------------------------------------------------------------------------------------


class _CaseEvent(Message):
    case_id: UUID
    case_no: str
    client_id: UUID
    form: str
    form_version: int
    title: Localised
    contact: Contact


class CaseSubmitted(_CaseEvent, Event, type="requests.case.submitted", aggregate="case_id"):
    submitted_at: Moment
    due_date: date


class CaseInformationRequested(_CaseEvent, Event, type="requests.case.information_requested", aggregate="case_id"):
    text: Text


class CaseAnswered(_CaseEvent, Event, type="requests.case.answered", aggregate="case_id"):
    answered_at: Moment


class CaseApproved(_CaseEvent, Event, type="requests.case.approved", aggregate="case_id"):
    """`data` is the form as submitted, by field name; `fixed_link` the same, typed, when the form leads to a permit.

    permits issues and answers with permits.permit.issued carrying this `case_id`. A form that leads to an answer
    instead of a permit is completed at once and is not told here.
    """

    data: dict[str, str]
    fixed_link: FixedLink | None = None
    conditions: str = ""
    decided_by: UUID
    decided_at: Moment


class CaseRefused(_CaseEvent, Event, type="requests.case.refused", aggregate="case_id"):
    reason: Text
    decided_by: UUID


class CaseCompleted(_CaseEvent, Event, type="requests.case.completed", aggregate="case_id"):
    """The end that was asked for: the permit was issued, or (free form) `answer` was given."""

    permit_id: UUID | None = None
    permit_no: str | None = None
    answer: str = ""


class CaseWithdrawn(_CaseEvent, Event, type="requests.case.withdrawn", aggregate="case_id"):
    reason: str = ""

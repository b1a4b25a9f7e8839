"""What a form and a case look like when they cross the bus; imported by others from `services.requests.messages`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from chassis.messages import Message, Moment
from services.metering.messages import ServiceCode


class Localised(Message):
    """A text in both languages."""

    lv: str
    en: str


class Choice(Message):
    value: str
    label: Localised


class FormField(Message):
    """One field of a form. Values are texts: numbers with a decimal point, dates ISO, coordinates `lat, lon`."""

    name: str
    label: Localised
    type: Literal["text", "long_text", "email", "phone", "number", "date", "choice", "coordinates"]
    required: bool = False
    help: Localised | None = None
    unit: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    decimals: int = 0
    max_length: int = 200
    choices: list[Choice] = []
    rule: str | None = None
    autocomplete: str | None = None


class FormStep(Message):
    name: str
    title: Localised
    help: Localised | None = None
    fields: list[FormField]


class RequiredDocument(Message):
    name: str
    title: Localised
    help: Localised | None = None
    required: bool = True


class WorkflowState(Message):
    """One state of the workflow; `ball` says who must act, `clock` whether the service level runs."""

    name: str
    label: Localised
    ball: Literal["client", "staff", "system", "nobody"]
    clock: Literal["running", "stopped", "none"]


class FormSummary(Message):
    form: str
    version: int
    title: Localised
    summary: Localised
    service_level_days: int
    outcome: Literal["permit", "contract", "answer"]


class FormDefinition(FormSummary):
    """A form as data: what is asked, which documents, the declaration to confirm, the states of its workflow."""

    steps: list[FormStep]
    documents: list[RequiredDocument]
    declaration: Localised
    states: list[WorkflowState]


class Problem(Message):
    """One thing a submission would refuse; `code` and `params` give the sentence in either language."""

    field: str
    code: str
    params: dict[str, Any] = {}


class Attachment(Message):
    """A file of a case. `complete` False while its upload lasts; `sha256` hex of the content."""

    attachment_id: UUID
    case_id: UUID
    name: str
    document: str | None = None
    media_type: str | None = None
    size: int
    received: int
    complete: bool
    sha256: str | None = None
    added_at: Moment
    added_by: str
    removable: bool = False


class DraftRow(Message):
    case_id: UUID
    form: str
    form_version: int
    title: Localised
    saved_at: Moment
    expires_on: date
    filled: int
    attachments: int


class About(Message):
    """The permit or contract a request is about."""

    kind: Literal["permit", "contract"]
    object_id: UUID
    number: str


class Draft(Message):
    """A draft with its form; `problems` is what still keeps it from being submitted.

    `may_submit` False: who reads it may prepare it, and somebody with the right the form demands submits it (S3-11).
    """

    case_id: UUID
    client_id: UUID
    definition: FormDefinition
    data: dict[str, str]
    version: int
    saved_at: Moment
    expires_on: date
    attachments: list[Attachment]
    problems: list[Problem]
    may_submit: bool = True
    about: About | None = None


class CaseRow(Message):
    """One line of a list. `due_date` is None while the clock stands and once the case is decided."""

    case_id: UUID
    case_no: str
    client_id: UUID
    client_name: str
    form: str
    title: Localised
    summary: str
    status: str
    status_label: Localised
    ball: str
    submitted_at: Moment
    changed_at: Moment
    due_date: date | None
    overdue: bool
    clock_stopped: bool
    assignee: UUID | None
    assignee_name: str | None
    attention: str | None
    permit_id: UUID | None = None
    permit_no: str | None = None
    contract_id: UUID | None = None
    contract_no: str | None = None
    about: About | None = None


class TimelineEntry(Message):
    """Something that happened: append-only. `internal` entries reach staff only."""

    at: Moment
    action: str
    label: Localised
    actor_kind: Literal["client", "staff", "system"]
    actor_name: str
    status: str
    text: str = ""
    params: dict[str, str] = {}
    attachments: list[UUID] = []
    internal: bool = False


class Confirmation(Message):
    """What somebody confirmed: who, when, which form version, the hash of the content (S1-52, S1-72)."""

    kind: str
    at: Moment
    user: UUID
    name: str
    form_version: int
    sha256: str
    statement: Localised


class AllowedAction(Message):
    """Something the caller may do with the case now."""

    name: str
    label: Localised


class CaseView(CaseRow):
    """A whole case as the caller may see it."""

    version: int
    definition: FormDefinition
    data: dict[str, str]
    attachments: list[Attachment]
    timeline: list[TimelineEntry]
    confirmations: list[Confirmation]
    actions: list[AllowedAction]
    question: str | None = None
    conditions: str = ""
    refusal_reason: str = ""
    invoices: list[str] = []
    notes: list[TimelineEntry] = []


class Contact(Message):
    """Whom to tell about the case, as known when the event was written."""

    user_id: UUID | None = None
    name: str = ""
    email: str = ""
    phone: str = ""
    language: Literal["lv", "en"] = "lv"


class LinkSite(Message):
    """One end of a fixed link. Coordinates WGS84 degrees; heights m above ground; gain dBi; azimuth degrees."""

    name: str
    address: str | None = None
    cadastre_no: str | None = None
    lat: Decimal
    lon: Decimal
    ground_elevation_m: Decimal | None = None
    tx_freq_mhz: Decimal
    rx_freq_mhz: Decimal
    antenna_make: str
    antenna_model: str
    antenna_gain_dbi: Decimal
    antenna_height_m: Decimal
    azimuth_deg: Decimal
    eirp_dbm: Decimal


class ContractOrder(Message):
    """What a contract is to be concluded about: where, which services, from which day."""

    address: str
    cadastre_no: str | None = None
    services: list[ServiceCode]
    desired_from: date


class FixedLink(Message):
    """A fixed link as asked for: what `permits` turns into stations, antennas and assignments."""

    permit_kind: Literal["install", "temporary", "use"]
    link_name: str
    site_a: LinkSite
    site_b: LinkSite
    bandwidth_khz: Decimal
    emission: str
    modulation: str | None = None
    polarization: Literal["H", "V", "X"]
    equipment_manufacturer: str
    equipment_model: str
    desired_from: date
    desired_to: date | None = None

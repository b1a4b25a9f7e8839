"""Becoming a portal user: what is asked and declared, self-registration, applications, and giving it all up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.messages import IdempotencyKey, Line, Message, Moment, Request
from services.identity.messages.kinds import ClientKind, Email, Language, Phone, RepresentationRole

Registration = Literal["off", "natural", "all"]
# data_true: S1-19; legal_basis: S3-23; processing: S1-24, S3-22; terms: S1-18
DeclarationKind = Literal["terms", "data_true", "legal_basis", "processing"]
ApplicationState = Literal["submitted", "signed", "approved", "refused", "lapsed"]
OriginalChannel = Literal["email", "e_address", "paper"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)]
Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
ApplicationCode = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), Field(repr=False)]
Declared = Annotated[list[DeclarationKind], Field(max_length=10)]
Rights = Annotated[list[Line], Field(max_length=10)]


class DeclarationText(Message):
    """A sentence somebody has to declare, in both languages; what was declared is kept with the text's hash."""

    kind: DeclarationKind
    lv: str
    en: str


class Joining(Message):
    """Which ways lead to an account here, and what has to be read and declared on them.

    `registration` says for whom registering oneself is switched on; `contract_needed` that a contract in force must
    be named. `application_days` is how long a signed original is waited for.
    """

    registration: Registration
    contract_needed: bool
    terms_id: UUID | None
    terms_title: str
    terms_approved_on: date | None
    registration_declarations: list[DeclarationText]
    application_declarations: list[DeclarationText]
    application_days: int
    help_phone: str


class GetJoining(Request[Joining], rpc="identity.get_joining"):
    """What the pages and forms for becoming a user need to know."""


class Registered(Message):
    """The account is there and waits for its owner; the activation link is on its way to `email`."""

    email: str


class Register(Request[Registered], rpc="identity.register", timeout=15.0):
    """Register oneself as the main user of a client the register knows (S3-07, S3-18).

    `client_name` and `reg_no` for a legal person, `person_code` for a natural one, whose name is `user_name`. Numbers
    that were typed must all fit. Errors: registration_off, registration_refused (409, one answer in one time whatever
    did not match), too_many, terms_superseded, and *_malformed, *_invalid, required beside the field.
    """

    kind: ClientKind
    client_name: Name | None = None
    reg_no: Code | None = None
    person_code: Code | None = None
    client_no: Line | None = None
    contract_no: Line | None = None
    user_name: Name
    email: Email
    phone: Phone | None = None
    language: Language = "lv"
    terms_id: UUID
    declared: Declared
    address: Line | None = None
    idempotency_key: IdempotencyKey | None = None


class ApplicationData(Message):
    """What an application for portal use says: the client, the one authorised person, what they may do (S0-14, S0-15).

    `resident` is false for clients outside Latvia, whose numbers are not checked. `password_wanted` asks for signing
    in by e-mail and password (S0-17); a `user_person_code` makes unified login possible (S1-30).
    """

    client_kind: ClientKind
    resident: bool = True
    client_name: Name
    reg_no: Code | None = None
    person_code: Code | None = None
    client_no: Line | None = None
    client_address: Address
    client_email: Email
    client_phone: Phone
    signatory_name: Line | None = None
    signatory_position: Line | None = None
    user_name: Name
    user_email: Email
    user_phone: Phone | None = None
    user_person_code: Code | None = None
    password_wanted: bool = False
    language: Language = "lv"
    role: RepresentationRole
    rights: Rights = []
    valid_to: date | None = None


def left_out_of_registration(given: Mapping[str, Any], *, contract_needed: bool) -> list[str]:
    """Return what this kind of client has to give to register and did not: for the form, and for who checks it."""
    wanted = ["person_code"] if given.get("kind") == "natural" else ["client_name", "reg_no"]
    if contract_needed:
        wanted.append("contract_no")
    elif given.get("kind") == "legal" and not given.get("contract_no"):
        wanted.append("client_no")
    return [name for name in wanted if not given.get(name)]


def left_out_of_application(given: Mapping[str, Any]) -> list[str]:
    """Return what an application of this kind of client has to say and does not."""
    wanted = ["client_address", "client_phone"]
    if given.get("client_kind") == "legal":
        wanted += ["reg_no", "signatory_name", "signatory_position"]
    elif given.get("resident", True):
        wanted.append("person_code")
    return [name for name in wanted if not given.get(name)]


class ApplicationReceipt(Message):
    """Number and code under which an application is found again; the code is shown to nobody else."""

    application_id: UUID
    number: str
    code: str = Field(repr=False)
    wait_until: date


class SubmitApplication(Request[ApplicationReceipt], rpc="identity.submit_application", timeout=10.0):
    """Submit an application; it counts once the signed original has come (S0-20).

    Errors terms_superseded, no_means, rights_missing, ends_in_past, *_malformed, *_invalid, required.
    """

    data: ApplicationData
    terms_id: UUID
    declared: Declared
    address: Line | None = None
    idempotency_key: IdempotencyKey | None = None


class ApplicationView(Message):
    """An application as the applicant sees it; `wait_until` is the last day the signed original is waited for."""

    application_id: UUID
    number: str
    state: ApplicationState
    data: ApplicationData
    submitted_at: Moment
    wait_until: date
    original_received_on: date | None = None
    decided_at: Moment | None = None
    refusal_reason: str | None = None


class FindApplication(Request[ApplicationView], rpc="identity.find_application"):
    """The applicant's own application by number and code. Errors application_unknown, too_many."""

    number: Line
    code: ApplicationCode
    address: Line | None = None


class Document(Message):
    """A document made for the asker, base64."""

    name: str
    media_type: str = "application/pdf"
    data: str = Field(repr=False)


class ApplicationDocument(Request[Document], rpc="identity.application_document", timeout=15.0):
    """The application as PDF, to be signed; by number and code. Errors application_unknown, too_many."""

    number: Line
    code: ApplicationCode
    language: Language = "lv"
    address: Line | None = None


class BlankForm(Request[Document], rpc="identity.blank_form", timeout=15.0):
    """An empty application, or a withdrawal, which is filled in for whoever is signed in (S0-23, S0-24)."""

    form: Literal["application", "withdrawal"]
    language: Language = "lv"


class Withdrawn(Message):
    """What ended: the sessions, and the clients the person no longer acts for; `everything` when the account, too."""

    everything: bool
    sessions: int
    clients: list[str]


class Withdraw(Request[Withdrawn], rpc="identity.withdraw"):
    """The caller gives up the use of the portal, or acting for one client only; at once (S0-24, S1-47, S1-55).

    Errors confirmation_needed unless `confirmed`, not_found for a client the caller does not act for.
    """

    client_id: UUID | None = None
    confirmed: bool = False
    note: Line | None = None

"""/api/v1: becoming a portal user and giving it up; applications and users made by staff."""

from __future__ import annotations

import base64
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import Field

from chassis.access import customer, fresh, public, role
from chassis.errors import PortalError
from gateway.api._frame import Body, Paged, Query, api
from gateway.bus import call, call_json
from gateway.pages import _joining as shared
from gateway.ratelimit import limiter
from gateway.settings import settings
from gateway.staff import applications as staff
from gateway.work import current
from services.identity import messages as m

bp = Blueprint("api_joining", __name__)

SEES = role("customer_service", "administrator", "auditor")
KEEPS = role("customer_service", "administrator")
TAG, STAFF = "Becoming a user", "Staff: applications"
PERSON = ("identity.email_malformed", "identity.phone_malformed", "identity.person_code_invalid")
GRANT = ("identity.no_means", "identity.rights_missing", "identity.ends_in_past", "identity.code_held",
         "identity.email_of_staff", "identity.email_unproven", "identity.email_of_another", "identity.wrong_user_state",
         "identity.already_represents")  # fmt: skip
DECIDED = ("not_found", "stale", "identity.application_decided", "idempotency_key_reused")


class NewRegistration(Body):
    """Who registers, and for which client; every number given must fit what the register knows."""

    kind: m.ClientKind
    client_name: str | None = Field(None, max_length=300, description="Name of the company; legal persons")
    reg_no: str | None = Field(None, max_length=50, description="Registration number; legal persons")
    person_code: str | None = Field(None, max_length=50, description="Personal code; natural persons")
    client_no: str | None = Field(None, max_length=200)
    contract_no: str | None = Field(None, max_length=200)
    user_name: str = Field(min_length=1, max_length=300, description="Name and surname of the user")
    email: str = Field(min_length=3, max_length=254, description="Becomes the user name")
    phone: str | None = Field(None, max_length=32)
    language: m.Language = "lv"
    terms_id: UUID = Field(description="The version of the terms that was read and agreed to")
    declared: list[m.DeclarationKind] = Field(max_length=10)


class NewApplication(Body):
    data: m.ApplicationData
    terms_id: UUID
    declared: list[m.DeclarationKind] = Field(max_length=10)


class ApplicationKey(Body):
    """Number and code as the receipt of the application gave them."""

    number: str = Field(min_length=1, max_length=40)
    code: str = Field(min_length=1, max_length=40)


class Withdrawal(Body):
    client_id: UUID | None = Field(None, description="Only stop acting for this client; without it: all use ends")
    confirmed: bool
    note: str | None = Field(None, max_length=200)


class LanguageQuery(Query):
    language: m.Language = "lv"


class ApplicationQuery(Paged):
    query: str = Field("", max_length=200, description="Number, name, code, e-mail; Latvian letters optional")
    state: m.ApplicationState | None = None


class OriginalQuery(Query):
    name: str = Field(min_length=1, max_length=200, description="File name")
    channel: m.OriginalChannel
    received_on: date
    note: str | None = Field(None, max_length=200)


class Approval(Body):
    version: int = Field(description="`version` of the application you saw")
    client_id: UUID | None = Field(None, description="The client; without it a new one is registered")
    checked: bool = Field(description="The client's data and the signature were checked")
    note: str | None = Field(None, max_length=200)


class Refusal(Body):
    version: int
    reason: str = Field(min_length=1, max_length=4000, description="Told to the applicant")
    note: str | None = Field(None, max_length=200)


class NewUser(Body):
    """A user made at a service centre after an identity document was seen."""

    name: str = Field(min_length=1, max_length=300)
    email: str = Field(min_length=3, max_length=254)
    phone: str | None = Field(None, max_length=32)
    language: m.Language = "lv"
    person_code: str | None = Field(None, max_length=50)
    password_allowed: bool = True
    role: m.RepresentationRole
    rights: list[str] = Field([], max_length=10)
    valid_to: date | None = None
    document: m.IdentityDocument
    last_digits: str = Field(pattern="^[0-9A-Za-z]{2,4}$")
    seen_on: date


def _slow() -> None:
    """Becoming a user is public: limited per address like signing in."""
    limiter.check(f"register:{current().address}", settings().sign_in_per_minute)


@api(bp, "GET", "/joining", allow=public, reply=m.Joining, tag=TAG, summary="Ways to an account, terms, declarations")
def get_joining() -> bytes:
    return call_json(m.GetJoining())


@api(bp, "POST", "/registrations", allow=public, body=NewRegistration, reply=m.Registered, status=201, idempotent=True,
     tag=TAG, summary="Register oneself", errors=(*PERSON, "identity.reg_no_invalid", "identity.registration_off",
     "identity.registration_refused", "identity.terms_superseded", "idempotency_key_reused"))  # fmt: skip
def register(body: NewRegistration, idempotency_key: str | None) -> m.Registered:
    """Free of charge. An account is made, inactive, and an activation link mailed, when all data match the register.

    Whatever does not match, the answer and its time are the same.
    """
    _slow()
    return call(m.Register(**body.model_dump(), address=current().address, idempotency_key=idempotency_key))


@api(bp, "POST", "/applications", allow=public, body=NewApplication, reply=m.ApplicationReceipt, status=201,
     idempotent=True, tag=TAG, summary="Apply for portal use", errors=(*PERSON, "identity.reg_no_invalid",
     "identity.no_means", "identity.rights_missing", "identity.ends_in_past", "identity.terms_superseded",
     "idempotency_key_reused"))  # fmt: skip
def submit_application(body: NewApplication, idempotency_key: str | None) -> m.ApplicationReceipt:
    """One application for each user, free of charge; it counts once the signed original has come."""
    _slow()
    return call(m.SubmitApplication(
        data=body.data, terms_id=body.terms_id, declared=body.declared, address=current().address,
        idempotency_key=idempotency_key,
    ))  # fmt: skip


@api(bp, "POST", "/applications/find", allow=public, body=ApplicationKey, reply=m.ApplicationView, tag=TAG,
     summary="My application, by number and code", errors=("identity.application_unknown",))  # fmt: skip
def find_application(body: ApplicationKey) -> m.ApplicationView:
    _slow()
    return call(m.FindApplication(number=body.number, code=body.code, address=current().address))


@api(bp, "POST", "/applications/document", allow=public, query=LanguageQuery, body=ApplicationKey, reply=None, tag=TAG,
     summary="My application as PDF, to be signed", errors=("identity.application_unknown",),
     produces="application/pdf")  # fmt: skip
def application_document(query: LanguageQuery, body: ApplicationKey) -> Response:
    _slow()
    return shared.file_of(call(m.ApplicationDocument(
        number=body.number, code=body.code, language=query.language, address=current().address
    )))  # fmt: skip


@api(bp, "GET", "/forms/application", allow=public, query=LanguageQuery, reply=None, tag=TAG,
     summary="An empty application as PDF", produces="application/pdf")  # fmt: skip
def blank_application(query: LanguageQuery) -> Response:
    return shared.file_of(call(m.BlankForm(form="application", language=query.language)))


@api(bp, "GET", "/forms/withdrawal", allow=public, query=LanguageQuery, reply=None, tag=TAG,
     summary="A withdrawal from portal use as PDF", produces="application/pdf")  # fmt: skip
def withdrawal_form(query: LanguageQuery) -> Response:
    """With the name of whoever is signed in."""
    return shared.file_of(call(m.BlankForm(form="withdrawal", language=query.language)))


@api(bp, "POST", "/withdrawal", allow=customer, body=Withdrawal, reply=m.Withdrawn, tag=TAG,
     summary="Stop using the portal", errors=("not_found", "identity.confirmation_needed"))  # fmt: skip
def withdraw(body: Withdrawal) -> m.Withdrawn:
    """Takes effect at once: sessions end, and the user acts for nobody any more (or not for this client)."""
    return call(m.Withdraw(client_id=body.client_id, confirmed=body.confirmed, note=body.note))


@api(bp, "GET", "/staff/applications", allow=SEES, query=ApplicationQuery, reply=m.ApplicationPage, tag=STAFF,
     summary="Find applications")  # fmt: skip
def list_applications(query: ApplicationQuery) -> m.ApplicationPage:
    return call(m.ListApplications(**query.model_dump(exclude_none=True)))


@api(bp, "GET", "/staff/applications/<uuid:application_id>", allow=SEES, reply=m.ApplicationDetails, tag=STAFF,
     summary="One application, compared with the register", errors=("not_found",))  # fmt: skip
def get_application(application_id: UUID) -> bytes:
    return call_json(m.GetApplication(application_id=application_id))


@api(bp, "GET", "/staff/applications/<uuid:application_id>/document", allow=SEES, query=LanguageQuery, reply=None,
     tag=STAFF, summary="The application as PDF", errors=("not_found",), produces="application/pdf")  # fmt: skip
def staff_application_document(application_id: UUID, query: LanguageQuery) -> Response:
    return shared.file_of(call(m.StaffApplicationDocument(application_id=application_id, language=query.language)))


@api(bp, "POST", "/staff/applications/<uuid:application_id>/originals", allow=KEEPS, query=OriginalQuery,
     reply=m.Original, status=201, tag=STAFF, summary="Record the signed original",
     errors=("not_found", "identity.application_decided", "identity.original_size", "identity.original_type",
     "identity.day_ahead"), consumes="application/octet-stream", max_bytes=staff.UPLOAD_BYTES)  # fmt: skip
def receive_original(application_id: UUID, query: OriginalQuery) -> m.Original:
    """The body is the file: PDF, ASiC-E, PNG or JPEG; the type is told by the content."""
    content = request.get_data(cache=False)
    if not content:
        raise PortalError("required", field="file")
    asked: Any = m.StartOriginal(application_id=application_id, size=len(content), **query.model_dump())
    kept = call(asked)
    for offset in range(0, len(content), staff.PIECE):
        data = base64.b64encode(content[offset : offset + staff.PIECE]).decode()
        kept = call(m.AppendOriginal(original_id=kept.original_id, offset=offset, data=data))
    return kept


@api(bp, "GET", "/staff/applications/originals/<uuid:original_id>", allow=SEES, reply=None, tag=STAFF,
     summary="Download a signed original", errors=("not_found",), produces="*/*")  # fmt: skip
def download_original(original_id: UUID) -> Response:
    return staff.fetch(original_id)


@api(bp, "POST", "/staff/applications/<uuid:application_id>/approve", allow=fresh(KEEPS), body=Approval,
     reply=m.ApplicationDetails, idempotent=True, tag=STAFF, summary="Approve an application",
     errors=(*DECIDED, *GRANT, "identity.original_missing", "identity.not_checked", "identity.client_exists",
     "identity.client_kind_differs"))  # fmt: skip
def approve_application(application_id: UUID, body: Approval, idempotency_key: str | None) -> m.ApplicationDetails:
    """Impossible before the signed original is recorded. The user is made and mailed the activation link."""
    return call(m.ApproveApplication(
        application_id=application_id, idempotency_key=idempotency_key, **body.model_dump()
    ))  # fmt: skip


@api(bp, "POST", "/staff/applications/<uuid:application_id>/refuse", allow=KEEPS, body=Refusal,
     reply=m.ApplicationDetails, idempotent=True, tag=STAFF, summary="Refuse an application",
     errors=DECIDED)  # fmt: skip
def refuse_application(application_id: UUID, body: Refusal, idempotency_key: str | None) -> m.ApplicationDetails:
    return call(m.RefuseApplication(
        application_id=application_id, idempotency_key=idempotency_key, **body.model_dump()
    ))  # fmt: skip


@api(bp, "POST", "/staff/clients/<uuid:client_id>/users", allow=fresh(KEEPS), body=NewUser, reply=m.CreatedUser,
     status=201, idempotent=True, tag="Staff: clients", summary="Make a user for a client at a service centre",
     errors=("not_found", *PERSON, *GRANT, "identity.day_ahead", "idempotency_key_reused"))  # fmt: skip
def create_user(client_id: UUID, body: NewUser, idempotency_key: str | None) -> m.CreatedUser:
    """The account is inactive until the user follows the link in the e-mail."""
    return call(m.CreateUser(client_id=client_id, idempotency_key=idempotency_key, **body.model_dump()))

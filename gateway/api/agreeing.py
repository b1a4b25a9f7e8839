"""/api/v1: the state of the portal, files of the terms, agreements and consents; drafts and notices for staff."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import AwareDatetime, Field

from chassis.access import public, role, signed_in
from chassis.errors import PortalError
from gateway.api._frame import Body, Paged, Query, api
from gateway.bus import call, call_json
from gateway.pages.public import pdf_of
from gateway.staff import terms_files as files
from gateway.work import current
from services.identity.messages import (
    Agreements,
    ConsentKind,
    DiscardTermsDraft,
    EndNotice,
    GetPortalState,
    ListAgreements,
    ListNotices,
    ListTermsDrafts,
    NoticeList,
    NoticeView,
    PortalState,
    PublishedTerms,
    PublishTerms,
    PutNotice,
    RemoveTermsFile,
    SaveTermsDraft,
    SetConsent,
    StartTermsFile,
    TermsDraftList,
    TermsDraftView,
    TermsFileView,
)

bp = Blueprint("api_agreeing", __name__)
SEES = role("administrator", "customer_service", "auditor")
KEEPS = role("administrator", "customer_service")
ADMINISTRATOR = role("administrator")


class DraftBody(Body):
    """`version`: of the draft you saw, when it is changed."""

    version: int | None = None
    title: str = Field(min_length=5, max_length=200)
    text: str = Field(min_length=20, max_length=200_000)
    note: str | None = Field(None, max_length=200)
    approved_on: date
    valid_from: date


class TermsDraftQuery(Paged):
    query: str = Field("", max_length=200, description="Title, note or who drafted it; Latvian letters optional")


class VersionQuery(Query):
    version: int = Field(description="`version` of the draft you saw")


class FileQuery(VersionQuery):
    name: str = Field(min_length=1, max_length=200, description="Name of the file")


class Publication(Body):
    version: int = Field(description="`version` of the draft you read")


class ConsentChange(Body):
    given: bool
    text_sha256: str = Field(min_length=64, max_length=64, description="Hash of the text you read")


class NoticeBody(Body):
    text_lv: str = Field(min_length=3, max_length=500)
    text_en: str = Field(min_length=3, max_length=500)
    closes: bool = Field(False, description="Customers are answered 503 meanwhile")
    starts_at: AwareDatetime
    ends_at: AwareDatetime


@api(bp, "GET", "/portal", allow=public, reply=PortalState, tag="Portal", summary="Notices and terms to come")
def portal() -> bytes:
    return call_json(GetPortalState())


@api(bp, "GET", "/terms/<uuid:terms_id>/file", allow=public, reply=None, tag="Terms", summary="One version as PDF",
     errors=("not_found",), produces="application/pdf")
def terms_file(terms_id: UUID) -> Response:
    return pdf_of(terms_id)


@api(bp, "GET", "/profile/agreements", allow=signed_in, reply=Agreements, tag="Profile", summary="What I agreed to")
def agreements() -> bytes:
    return call_json(ListAgreements())


@api(bp, "PUT", "/profile/consents/<any(data_processing,electronic_documents):kind>", allow=signed_in,
     body=ConsentChange, reply=Agreements, tag="Profile", summary="Give or withdraw a consent",
     errors=("identity.consent_changed", "identity.consent_stays"))
def set_consent(kind: ConsentKind, body: ConsentChange) -> Agreements:
    """Consent is to exactly the text whose hash you send; saying it twice changes nothing."""
    return call(SetConsent(kind=kind, given=body.given, text_sha256=body.text_sha256, address=current().address))


@api(bp, "GET", "/staff/users/<uuid:user_id>/agreements", allow=SEES, reply=Agreements, tag="Staff: users",
     summary="What a user agreed to", errors=("not_found",))
def user_agreements(user_id: UUID) -> bytes:
    return call_json(ListAgreements(user_id=user_id))


@api(bp, "GET", "/staff/terms-drafts", allow=SEES, query=TermsDraftQuery, reply=TermsDraftList, tag="Staff: terms",
     summary="List drafts")
def list_drafts(query: TermsDraftQuery) -> TermsDraftList:
    return call(ListTermsDrafts(**query.model_dump(exclude_none=True)))


@api(bp, "POST", "/staff/terms-drafts", allow=KEEPS, body=DraftBody, reply=TermsDraftView, status=201,
     tag="Staff: terms", summary="Begin a draft", idempotent=True, errors=("idempotency_key_reused",))
def create_draft(body: DraftBody, idempotency_key: str | None) -> TermsDraftView:
    return call(SaveTermsDraft(**body.model_dump(exclude={"version"}), idempotency_key=idempotency_key))


@api(bp, "PUT", "/staff/terms-drafts/<uuid:draft_id>", allow=KEEPS, body=DraftBody, reply=TermsDraftView,
     tag="Staff: terms", summary="Change a draft", errors=("not_found", "stale"))
def change_draft(draft_id: UUID, body: DraftBody) -> TermsDraftView:
    return call(SaveTermsDraft(draft_id=draft_id, **body.model_dump()))


@api(bp, "DELETE", "/staff/terms-drafts/<uuid:draft_id>", allow=KEEPS, reply=None, status=204, tag="Staff: terms",
     summary="Discard a draft", errors=("not_found",))
def discard_draft(draft_id: UUID) -> None:
    call(DiscardTermsDraft(draft_id=draft_id))


@api(bp, "PUT", "/staff/terms-drafts/<uuid:draft_id>/file", allow=KEEPS, query=FileQuery, reply=TermsFileView,
     tag="Staff: terms", summary="Put the approved PDF file to a draft", consumes="application/octet-stream",
     errors=("not_found", "stale", "too_large", "identity.terms_file_type"), max_bytes=files.UPLOAD_BYTES)
def put_file(draft_id: UUID, query: FileQuery) -> TermsFileView:
    """The body is the file. Whoever sends it is the drafter then and cannot publish the draft."""
    content = request.get_data(cache=False)
    if not content:
        raise PortalError("required", field="file")
    asked = StartTermsFile(draft_id=draft_id, version=query.version, name=query.name, size=len(content))
    return files.send(asked, BytesIO(content))


@api(bp, "GET", "/staff/terms-drafts/<uuid:draft_id>/file", allow=SEES, reply=None, tag="Staff: terms",
     summary="The PDF file of a draft", errors=("not_found",), produces="application/pdf")
def draft_file(draft_id: UUID) -> Response:
    return files.file_of(draft_id)


@api(bp, "DELETE", "/staff/terms-drafts/<uuid:draft_id>/file", allow=KEEPS, query=VersionQuery, reply=None, status=204,
     tag="Staff: terms", summary="Remove the PDF file of a draft", errors=("not_found", "stale"))
def remove_file(draft_id: UUID, query: VersionQuery) -> None:
    call(RemoveTermsFile(draft_id=draft_id, version=query.version))


@api(bp, "POST", "/staff/terms-drafts/<uuid:draft_id>/publish", allow=ADMINISTRATOR, body=Publication,
     reply=PublishedTerms, status=201, tag="Staff: terms", summary="Publish a draft somebody else made",
     idempotent=True, errors=("not_found", "stale", "identity.four_eyes", "identity.approved_in_future",
                              "identity.valid_from_too_early", "idempotency_key_reused"))
def publish(draft_id: UUID, body: Publication, idempotency_key: str | None) -> PublishedTerms:
    """All users are told; a published version cannot be changed or taken back."""
    return call(PublishTerms(draft_id=draft_id, version=body.version, idempotency_key=idempotency_key))


@api(bp, "GET", "/staff/notices", allow=role("administrator", "auditor"), reply=NoticeList, tag="Staff: system",
     summary="Notices, newest first")
def list_notices() -> bytes:
    return call_json(ListNotices())


@api(bp, "POST", "/staff/notices", allow=ADMINISTRATOR, body=NoticeBody, reply=NoticeView, status=201,
     tag="Staff: system", summary="Put a notice up", idempotent=True, errors=("idempotency_key_reused",))
def put_notice(body: NoticeBody, idempotency_key: str | None) -> NoticeView:
    return call(PutNotice(**body.model_dump(), idempotency_key=idempotency_key))


@api(bp, "POST", "/staff/notices/<uuid:notice_id>/end", allow=ADMINISTRATOR, reply=NoticeView, tag="Staff: system",
     summary="Take a notice down", errors=("not_found",))
def end_notice(notice_id: UUID) -> NoticeView:
    return call(EndNotice(notice_id=notice_id))

"""Drafting and publishing terms, consents, what a person agreed to, and notices of the portal."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from chassis.messages import Done, Event, IdempotencyKey, Limit, Line, Message, Moment, Page, Request
from services.identity.messages.kinds import Language
from services.identity.messages.terms_files import TermsFileView

ConsentKind = Literal["data_processing", "electronic_documents"]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=200)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=20, max_length=200_000)]
NoticeText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


class TermsDraftView(Message):
    """A version in preparation; publishing needs somebody else than who drafted it."""

    draft_id: UUID
    version: int
    title: str
    text: str
    note: str | None = None
    approved_on: date
    valid_from: date
    drafted_by: UUID
    drafted_by_name: str
    updated_at: Moment
    file: TermsFileView | None = None


class TermsDraftList(Page[TermsDraftView]):
    pass


class ListTermsDrafts(Request[TermsDraftList], rpc="identity.list_terms_drafts"):
    """Drafts, the newest first. Search: title, note, who drafted it."""

    query: Line = ""
    draft_id: UUID | None = None
    after: str | None = None
    limit: Limit = 25


class SaveTermsDraft(Request[TermsDraftView], rpc="identity.save_terms_draft"):
    """Make or change a draft; whoever saved it last is its drafter. Errors not_found, stale."""

    draft_id: UUID | None = None
    version: int | None = None
    title: Title
    text: LongText
    note: Line | None = None
    approved_on: date
    valid_from: date
    idempotency_key: IdempotencyKey | None = None


class DiscardTermsDraft(Request[Done], rpc="identity.discard_terms_draft"):
    """Throw a draft away. Error not_found."""

    draft_id: UUID


class PublishedTerms(Message):
    terms_id: UUID


class PublishTerms(Request[PublishedTerms], rpc="identity.publish_terms"):
    """Publish a draft: everybody is told, and asked to accept once it is in force.

    Errors not_found, stale, four_eyes, approved_in_future, valid_from_too_early.
    """

    draft_id: UUID
    version: int
    idempotency_key: IdempotencyKey | None = None


class AcceptedTerms(Message):
    """One version a person accepted: when, from where, and the hash of the very text."""

    terms_id: UUID
    title: str
    approved_on: date
    accepted_at: Moment
    address: str | None = None
    text_sha256: str


class ConsentRow(Message):
    kind: ConsentKind
    given: bool
    at: Moment
    address: str | None = None
    text_sha256: str


class ConsentText(Message):
    """The words of a consent and their hash; what is given is consent to exactly these."""

    kind: ConsentKind
    lv: str
    en: str
    text_sha256: str
    withdrawable: bool


class Agreements(Message):
    """What a person agreed to: accepted terms newest first, consents with their history newest first."""

    terms: list[AcceptedTerms]
    consents: list[ConsentRow]
    texts: list[ConsentText]


class ListAgreements(Request[Agreements], rpc="identity.list_agreements"):
    """One's own, or for staff those of `user_id`. Error not_found."""

    user_id: UUID | None = None


class SetConsent(Request[Agreements], rpc="identity.set_consent"):
    """Give or withdraw a consent to exactly the text with this hash. Errors consent_stays, terms_superseded."""

    kind: ConsentKind
    given: bool
    text_sha256: Annotated[str, StringConstraints(min_length=64, max_length=64)]
    address: Line | None = None


class TermsAnnounced(Event, type="identity.terms.announced", aggregate="user_id"):
    """A person is told of a new version of the terms; one event per person, in batches."""

    user_id: UUID
    name: str
    email: str
    language: Language
    terms_id: UUID
    title: str
    valid_from: date


class NoticeView(Message):
    notice_id: UUID
    text_lv: str
    text_en: str
    closes: bool
    starts_at: Moment
    ends_at: Moment
    made_by: str
    ended_by: str | None = None


class UpcomingTerms(Message):
    terms_id: UUID
    title: str
    valid_from: date


class PortalState(Message):
    """What pages show of the portal: notices in force or to come within a day, terms that are not in force yet.

    `registration` says whether people may register themselves.
    """

    notices: list[NoticeView]
    upcoming_terms: UpcomingTerms | None = None
    registration: bool = False


class GetPortalState(Request[PortalState], rpc="identity.get_portal_state", timeout=2.0):
    """Public: asked by every gateway process every few seconds."""


class NoticeList(Message):
    items: list[NoticeView]


class ListNotices(Request[NoticeList], rpc="identity.list_notices"):
    """The last 50 notices, the newest first."""


class PutNotice(Request[NoticeView], rpc="identity.put_notice"):
    """Show a notice from a moment to a moment; `closes` answers customers 503 meanwhile (S1-73). Error malformed."""

    text_lv: NoticeText
    text_en: NoticeText
    closes: bool = False
    starts_at: Moment
    ends_at: Moment
    idempotency_key: IdempotencyKey | None = None


class EndNotice(Request[NoticeView], rpc="identity.end_notice"):
    """End a notice now. Errors not_found."""

    notice_id: UUID


class PortalStateChanged(Event, type="identity.portal_state.changed", aggregate="notice_id"):
    """A notice was put up or taken down: whoever keeps the state of the portal asks again."""

    notice_id: UUID



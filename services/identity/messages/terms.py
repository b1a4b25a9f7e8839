"""Versions of the terms of use and their acceptance."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from chassis.messages import Line, Message, Request
from services.identity.messages.kinds import Audience
from services.identity.messages.sessions import SignedIn


class TermsBlock(Message):
    """One piece of a text: `heading`, `clause` (with `number`, `depth` 1..4) or `text`."""

    kind: str
    text: str
    number: str = ""
    depth: int = 1


class TermsVersion(Message):
    """One version of the terms of use (S1-77). `text` is filled when one version is asked for."""

    terms_id: UUID
    audience: Audience
    title: str
    approved_on: date
    valid_from: date
    valid_to: date | None = None
    current: bool
    text_sha256: str
    text: str | None = None
    number: int | None = None
    note: str | None = None  # validity, in the publisher's words
    file_name: str = ""
    file_sha256: str = ""  # of the file it was approved in; empty when the file is made from the text
    blocks: list[TermsBlock] = []  # the text in its pieces, when one version is asked for


class TermsList(Message):
    items: list[TermsVersion]


class ListTerms(Request[TermsList], rpc="identity.list_terms"):
    """The public register of all versions of the customers' terms, newest first."""


class GetTerms(Request[TermsVersion], rpc="identity.get_terms"):
    """One version with its text; the one in force when no id is given."""

    terms_id: UUID | None = None


class AcceptTerms(Request[SignedIn], rpc="identity.accept_terms"):
    """Accept a version; the session is rotated (new cookie value) and gains its rights. Error terms_superseded."""

    terms_id: UUID
    address: Line | None = None

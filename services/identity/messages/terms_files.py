"""The file a version of the terms was approved in: put to a draft, published with it, kept by its hash (S0-22)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from chassis.messages import Done, Line, Message, Moment, Request


class TermsFileView(Message):
    """A PDF file put to a draft; `sha256` (hex) is empty until its last byte came."""

    file_id: UUID
    name: str
    size: int
    sha256: str = ""
    added_at: Moment
    added_by: str


class StartTermsFile(Request[TermsFileView], rpc="identity.start_terms_file"):
    """Begin to put a PDF file to a draft, of `size` bytes. Errors not_found, stale, terms_file_size."""

    draft_id: UUID
    version: int
    name: Line
    size: Annotated[int, Field(ge=1)]


class AppendTermsFile(Request[TermsFileView], rpc="identity.append_terms_file", timeout=10.0):
    """A piece of the file, base64, in whole rows of 256 KiB but for the last, at most 512 KiB.

    The last byte puts it to the draft in the place of an earlier one; whoever sent it is the draft's drafter then.
    Errors not_found, terms_file_type, conflict, stale.
    """

    file_id: UUID
    offset: Annotated[int, Field(ge=0)]
    data: str


class RemoveTermsFile(Request[Done], rpc="identity.remove_terms_file"):
    """Take the file away from a draft. Errors not_found, stale."""

    draft_id: UUID
    version: int


class TermsPdf(Message):
    """A piece of a file from `offset`: `data` is Base64; `size` and `sha256` are those of the whole file."""

    name: str
    data: str
    size: int
    sha256: str
    last: bool = True


class ReadTermsDraftFile(Request[TermsPdf], rpc="identity.read_terms_draft_file", timeout=10.0):
    """Up to 512 KiB of a draft's file from `offset`, a multiple of 256 KiB. Error not_found."""

    draft_id: UUID
    offset: Annotated[int, Field(ge=0)] = 0


class TermsFile(Request[TermsPdf], rpc="identity.terms_file", timeout=15.0):
    """The file of a published version: the one it was approved in, else PDF/A made from its text. Error not_found.

    Up to 512 KiB from `offset`, a multiple of 256 KiB.
    """

    terms_id: UUID
    offset: Annotated[int, Field(ge=0)] = 0

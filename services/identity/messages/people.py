"""A person's own data: a copy of everything, erasure, and who looked at them (S1-62, S3-27, B-14, B-15)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from chassis.messages import Event, IdempotencyKey, Limit, Line, Message, Moment, Page, Request, last_day
from services.identity.messages.audit import DisclosurePage
from services.identity.messages.kinds import Language

ErasureState = Literal["asked", "erasing", "reporting", "checking", "done", "refused"]


class ExportPart(Message):
    """How far one service is; `waiting` while it is away."""

    service: str
    rows: int
    state: Literal["waiting", "done"]


class DataExport(Message):
    """A copy of one's own data: being gathered, ready until `expires_at`, or expired."""

    export_id: UUID
    state: Literal["gathering", "ready", "expired"]
    asked_at: Moment
    ready_at: Moment | None
    expires_at: Moment | None
    size: int | None
    sha256: str | None
    parts: list[ExportPart]


class DataExports(Message):
    items: list[DataExport]


class AskExport(Request[DataExport], rpc="identity.ask_export"):
    """Ask for a copy of everything held about oneself. Raises identity.export_under_way (409)."""

    idempotency_key: IdempotencyKey | None = None


class ListExports(Request[DataExports], rpc="identity.list_exports"):
    """One's own copies, newest first (20 at most)."""


class ExportPiece(Message):
    """A piece of the file (base64), None after the last."""

    name: str
    size: int
    data: str | None


class ReadExport(Request[ExportPiece], rpc="identity.read_export", timeout=10.0):
    """Piece `number` (from 0) of one's own copy. Raises not_found for others' and for expired ones."""

    export_id: UUID
    number: int = Field(ge=0, le=1_000_000)


class OpenObligation(Message):
    """What is still open: an unpaid invoice, an open request, a permit or contract in force."""

    kind: str
    label: str


class ErasedPart(Message):
    """What happened in one table of one service; `reason` says why rows were kept."""

    service: str
    title: dict[str, str]
    deleted: int
    changed: int
    kept: int
    reason: str | None


class ErasureStepView(Message):
    """How far one service is."""

    service: str
    done_at: Moment | None
    tries: int
    problem: str | None
    traces: list[dict[str, Any]]


class ErasureView(Message):
    """One erasure as its person and staff see it; the name is gone once it is done."""

    erasure_id: UUID
    user_id: UUID
    user_name: str
    state: ErasureState
    asked_at: Moment
    asked_by: Literal["person", "staff"]
    decided_at: Moment | None
    decision_note: str | None
    done_at: Moment | None
    stuck: bool
    obligations: list[OpenObligation]
    steps: list[ErasureStepView]
    parts: list[ErasedPart]
    accounts: list[UUID] = []  # of the same personal code, and not erased
    unreachable: bool = False  # no address of the person is proven: no last letter goes out


ErasurePage = Page[ErasureView]


class ErasureOutlook(Message):
    """What an erasure would meet: what is open, whose data go with it, and one that was asked for already."""

    obligations: list[OpenObligation]
    clients: list[str]
    unknown: list[str]  # services that could not be asked
    asked: ErasureView | None
    accounts: list[str] = []  # e-mails, hinted at, of other accounts of the same personal code
    unreachable: bool = False  # no address is proven, so no last letter would come


class LookAtErasure(Request[ErasureOutlook], rpc="identity.look_at_erasure", timeout=15.0):
    """What would happen if one asked to be erased."""


class AskErasure(Request[ErasureView], rpc="identity.ask_erasure", timeout=15.0):
    """Ask to be erased; `confirm` is one's own e-mail, typed. Begins at once unless something is still open.

    Raises identity.erasure_not_confirmed (field confirm), identity.erasure_asked (409).
    """

    confirm: Line
    idempotency_key: IdempotencyKey | None = None


class ListErasures(Request[ErasurePage], rpc="identity.list_erasures"):
    """Erasures, newest first. Search: name, e-mail or phone of the person."""

    query: Line = ""
    state: ErasureState | None = None
    after: str | None = None
    limit: Limit = 50


class GetErasure(Request[ErasureView], rpc="identity.get_erasure"):
    """One erasure. Raises not_found."""

    erasure_id: UUID


class DecideErasure(Request[ErasureView], rpc="identity.decide_erasure"):
    """Approve an erasure that met something open, or refuse it with a note. Raises identity.erasure_decided."""

    erasure_id: UUID
    approve: bool
    note: str | None = Field(default=None, max_length=1000)


class ErasureLetter(Message):
    """What the last letter says: whom, where, and what is kept for which reason."""

    email: str
    name: str
    language: Language
    user_id: UUID
    kept: list[dict[str, Any]]  # {title: {lv, en}, count, reason: {lv, en}}


class GetErasureLetter(Request[ErasureLetter], rpc="identity.get_erasure_letter"):
    """The report for the person, while the address is still known. Raises not_found afterwards."""

    erasure_id: UUID


class ErasureStarted(Event, type="identity.person.erasure_started", aggregate="user_id"):
    """Whoever keeps copies of the suite's data has to take this person out of them. Ids only, never a name."""

    erasure_id: UUID
    user_id: UUID
    client_ids: list[UUID]


class ErasureReported(Event, type="identity.person.reported", aggregate="user_id"):
    """All is erased but the letters, and searched: the person is told what stays before the address goes."""

    erasure_id: UUID
    user_id: UUID


class ErasureDone(Event, type="identity.person.erased", aggregate="user_id"):
    """Nothing but what is kept on purpose names the person any more."""

    erasure_id: UUID
    user_id: UUID
    client_ids: list[UUID]


class ListMyDisclosures(Request[DisclosurePage], rpc="identity.list_my_disclosures"):
    """Who looked at one's own data as a user (B-14), newest first."""

    who: Line = ""
    from_day: date | None = None
    to_day: Annotated[date | None, last_day("from_day")] = None
    after: str | None = None
    limit: Limit = 25

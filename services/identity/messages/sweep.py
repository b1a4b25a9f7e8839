"""Loss of the legal basis: what a client's access rests on, and what the sweep will end when (S1-56)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chassis.messages import Limit, Line, Message, Page, Request

EndingKind = Literal["mandate", "basis", "idle"]
ClientIds = Annotated[list[UUID], Field(max_length=500)]


class Basis(Message):
    """What one service has for a client's access to rest on; `until` is its last day, None while it goes on."""

    client_id: UUID
    until: date | None


class ClientBasis(Message):
    """Clients a service has, or had, something for; others are left out."""

    items: list[Basis]


class PlannedEnding(Message):
    """What the sweep will end after `ends_on`: a mandate, all mandates of a client without basis, an idle user."""

    kind: EndingKind
    object_id: UUID
    user_id: UUID | None
    client_id: UUID | None
    name: str
    ends_on: date
    told: list[int] = Field(description="days in advance the users were told so far")


PlannedEndingPage = Page[PlannedEnding]


class ListPlannedEndings(Request[PlannedEndingPage], rpc="identity.list_planned_endings"):
    """What the sweep will do, the next first. Search: the user or the client it concerns."""

    query: Line = ""
    kind: EndingKind | None = None
    after: str | None = None
    limit: Limit = 25


class SweepResult(Message):
    """What one turn did; `asked` is false when a service could not be asked, so nobody lost a basis this time."""

    told: int
    ended: int
    asked: bool


class RunSweep(Request[SweepResult], rpc="identity.run_sweep", timeout=60.0):
    """Sweep now instead of waiting for the timer."""

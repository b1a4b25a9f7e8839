"""The messages with which staff see and redrive a service's dead letters; without nameko, for the gateway's sake."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import Field

from chassis.messages import Limit, Message, Request


class DeadLetterItem(Message):
    """One event that a handler could not digest; `id` is the event's."""

    id: str
    handler: str
    type: str
    subject: str
    reason: str
    trace: str
    attempts: int
    dead_at: str
    event: str


class DeadLetterList(Message):
    """The oldest dead letters of a service."""

    items: list[DeadLetterItem]


class Count(Message):
    """How many dead letters it concerned."""

    count: int


class DeadLetterRequests(NamedTuple):
    """The request classes of one service: list, redrive, discard."""

    look: type[Any]
    redrive: type[Any]
    discard: type[Any]


@lru_cache
def requests_for(service: str) -> DeadLetterRequests:
    """Return the request classes with which the dead letters of `service` are managed."""

    class ListDeadLetters(Request[DeadLetterList], rpc=f"{service}.dead_letters", timeout=10.0):
        """The oldest dead letters."""

        limit: Limit = 100

    class RedriveDeadLetters(Request[Count], rpc=f"{service}.redrive", timeout=20.0):
        """Send dead letters back to their handlers: those with these event ids, or all."""

        ids: list[str] | None = Field(default=None, max_length=1000)

    class DiscardDeadLetters(Request[Count], rpc=f"{service}.discard_dead_letters", timeout=20.0):
        """Throw dead letters away for good."""

        ids: list[str] = Field(min_length=1, max_length=1000)

    return DeadLetterRequests(ListDeadLetters, RedriveDeadLetters, DiscardDeadLetters)

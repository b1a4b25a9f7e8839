"""The doors through which staff see and redrive a service's dead letters.

Every service has them: `class Service(dead_letter_doors("billing")): ...`; the gateway asks with
`requests_for("billing")`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import Field

from chassis import redrive
from chassis.access import role
from chassis.caller import Caller
from chassis.errors import PortalError
from chassis.messages import Limit, Message, Request
from chassis.rpc import serves
from chassis.wire import ConnectionLost


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


def dead_letter_doors(service: str) -> type[Any]:
    """Return a base class for the service class, with the three doors; only administrators change anything."""
    requests = requests_for(service)

    class DeadLetterDoors:
        @serves(requests.look, allow=role("administrator", "auditor"))
        def dead_letters(self, request: Any, caller: Caller) -> DeadLetterList:
            with _coded():
                letters = redrive.look(service, limit=request.limit)
            return DeadLetterList(items=[DeadLetterItem(**vars(letter)) for letter in letters])

        @serves(requests.redrive, allow=role("administrator"))
        def redrive(self, request: Any, caller: Caller) -> Count:
            with _coded():
                count = redrive.redrive(service, request.ids)
            _note(self, caller, f"{service}.dead_letters.redrive", request.ids, count)
            return Count(count=count)

        @serves(requests.discard, allow=role("administrator"))
        def discard_dead_letters(self, request: Any, caller: Caller) -> Count:
            with _coded():
                count = redrive.discard(service, request.ids)
            _note(self, caller, f"{service}.dead_letters.discard", request.ids, count)
            return Count(count=count)

    return DeadLetterDoors


class _coded:
    """Turn a broker that is away into a coded error."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, ConnectionLost):
            raise PortalError("unavailable") from error


def _note(door: Any, caller: Caller, action: str, ids: list[str] | None, count: int) -> None:
    database = getattr(door, "db", None)
    if database is not None:
        with database.unit_of_work(caller) as unit:
            unit.audit(action, right="administrator", detail={"ids": (ids or ["all"])[:50], "count": count})

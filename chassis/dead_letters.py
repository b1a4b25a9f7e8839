"""The doors through which staff see and redrive a service's dead letters.

Every service has them: `@dead_letter_doors` stands on its class; the gateway asks with
`chassis.dead_letter_messages.requests_for("billing")`.
"""

from __future__ import annotations

from typing import Any, TypeVar

from chassis import redrive
from chassis.access import role
from chassis.caller import Caller
from chassis.dead_letter_messages import Count, DeadLetterItem, DeadLetterList, requests_for
from chassis.errors import PortalError
from chassis.rpc import serves
from chassis.wire import ConnectionLost

Door = TypeVar("Door")


def dead_letter_doors(service_class: type[Door]) -> type[Door]:
    """Give a service class the three doors; only administrators change anything."""
    service: str = service_class.name  # type: ignore[attr-defined]
    requests = requests_for(service)

    @serves(requests.look, allow=role("administrator", "auditor"))
    def dead_letters(self: Any, request: Any, caller: Caller) -> DeadLetterList:
        with _coded():
            letters = redrive.look(service, limit=request.limit)
        return DeadLetterList(items=[DeadLetterItem(**vars(letter)) for letter in letters])

    @serves(requests.redrive, allow=role("administrator"))
    def redrive_dead_letters(self: Any, request: Any, caller: Caller) -> Count:
        with _coded():
            count = redrive.redrive(service, request.ids)
        _note(self, caller, f"{service}.dead_letters.redrive", request.ids, count)
        return Count(count=count)

    @serves(requests.discard, allow=role("administrator"))
    def discard_dead_letters(self: Any, request: Any, caller: Caller) -> Count:
        with _coded():
            count = redrive.discard(service, request.ids)
        _note(self, caller, f"{service}.dead_letters.discard", request.ids, count)
        return Count(count=count)

    for door in (dead_letters, redrive_dead_letters, discard_dead_letters):
        setattr(service_class, door.__name__, door)
    return service_class


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

"""The doors through which identity gathers, finds and erases a person: `@person_doors(declaration)` on a service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from chassis import person_erasing, person_export
from chassis.access import service
from chassis.caller import Caller
from chassis.person_data import Declaration
from chassis.person_messages import Obligations, PersonErased, PersonFile, PersonRows, PersonTraces, requests_for
from chassis.rpc import serves

Door = TypeVar("Door")


def person_doors(declared: Declaration) -> Callable[[type[Door]], type[Door]]:
    """Give a service class its five doors; nobody but identity may knock."""

    def give(service_class: type[Door]) -> type[Door]:
        requests = requests_for(service_class.name)  # type: ignore[attr-defined]
        identity = service("identity")

        @serves(requests.rows, allow=identity)
        def export_person(self: Any, request: Any, caller: Caller) -> PersonRows:
            return person_export.rows(self.db, declared, request.person, request.after)

        @serves(requests.file, allow=identity)
        def export_person_file(self: Any, request: Any, caller: Caller) -> PersonFile:
            return person_export.file(self.db, declared, request.person, request.file_id, request.number)

        @serves(requests.erase, allow=identity)
        def erase_person(self: Any, request: Any, caller: Caller) -> PersonErased:
            return person_erasing.erase(self.db, declared, request.person, caller, request.force)

        @serves(requests.traces, allow=identity)
        def find_person(self: Any, request: Any, caller: Caller) -> PersonTraces:
            return person_erasing.traces(self.db, declared, request.person)

        @serves(requests.obligations, allow=identity)
        def person_obligations(self: Any, request: Any, caller: Caller) -> Obligations:
            return person_export.obligations(self.db, declared, request.person)

        for door in (export_person, export_person_file, erase_person, find_person, person_obligations):
            setattr(service_class, door.__name__, door)
        return service_class

    return give

"""The messages with which identity gathers, finds and erases what a service holds about a person (S1-62, S3-27, B-15).

Only identity may ask. What names the person rides in the call, never in an event: calls are not kept, streams are.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import Field

from chassis.messages import Message, Request


class Person(Message):
    """Whose data: the user, the clients that are the same natural person, and every word that names them.

    `names` and `marks` (e-mails, personal codes, telephone numbers) are taken out of the person's own rows. Rows are
    known to be the person's, and texts about others are changed, by `sure` words alone: those that somebody vouched for
    (a register, a provider, a mail that was answered) and nobody else has. What a person merely typed may be anybody's.
    `common` names are borne by others too; elsewhere nobody can tell of whom a row speaks. `acted_for`: other clients.
    """

    user: UUID | None = None
    clients: list[UUID] = []
    acted_for: list[UUID] = []
    names: list[str] = Field(default=[], max_length=200)
    marks: list[str] = Field(default=[], max_length=200)
    sure: list[str] = Field(default=[], max_length=400)
    common: list[str] = Field(default=[], max_length=200)
    pseudonym: str = ""

    @property
    def own_names(self) -> list[str]:
        """The names that nobody else bears."""
        return [name for name in self.names if name not in self.common]

    @property
    def sure_names(self) -> list[str]:
        """The names that are certainly this person's, wherever they stand."""
        return [name for name in self.own_names if name in self.sure]

    @property
    def sure_marks(self) -> list[str]:
        """The e-mails, codes and numbers that are certainly this person's."""
        return [mark for mark in self.marks if mark in self.sure]


class PersonRows(Message):
    """A piece of what is held: rows of one table; `next` is None after the last row of the last table."""

    table: str
    title: dict[str, str]
    rows: list[dict[str, Any]]
    files: list[UUID] = []
    next: str | None = None


class PersonFile(Message):
    """A piece of a file (base64), None after the last."""

    name: str
    data: str | None


class ErasedTable(Message):
    """What was done in one table: rows deleted, rows made nameless, rows kept and why (a code of `KEPT`)."""

    table: str
    title: dict[str, str]
    deleted: int = 0
    changed: int = 0
    kept: int = 0
    reason: str | None = None


class PersonErased(Message):
    """The answer of one service. `waits`: something has to leave first (the report by e-mail); ask again."""

    tables: list[ErasedTable] = []
    waits: bool = False


class Trace(Message):
    """A column in which words that name the person were found; `reason` when it is kept on purpose."""

    table: str
    column: str
    count: int
    reason: str | None = None


class PersonTraces(Message):
    """Every trace found in a service's database."""

    items: list[Trace]


class Obligation(Message):
    """Something still open between the person and the office: `kind` and the number people know it by."""

    kind: str
    label: str


class Obligations(Message):
    """What is open (at most 200)."""

    items: list[Obligation]


class PersonRequests(NamedTuple):
    """The request classes of one service."""

    rows: type[Any]
    file: type[Any]
    erase: type[Any]
    traces: type[Any]
    obligations: type[Any]


@lru_cache
def requests_for(service: str) -> PersonRequests:
    """Return the request classes with which identity asks `service`."""

    class ExportPerson(Request[PersonRows], rpc=f"{service}.export_person", timeout=20.0):
        """What is held about a person, piece by piece."""

        person: Person
        after: str | None = None

    class ExportPersonFile(Request[PersonFile], rpc=f"{service}.export_person_file", timeout=20.0):
        """One piece (from 0) of a file that belongs to the person. Raises not_found for any other file."""

        person: Person
        file_id: UUID
        number: int = Field(ge=0)

    class ErasePerson(Request[PersonErased], rpc=f"{service}.erase_person", timeout=60.0):
        """Take the person's data away; repeating it does no harm. `force`: wait for nothing any more."""

        person: Person
        force: bool = False

    class FindPerson(Request[PersonTraces], rpc=f"{service}.find_person", timeout=60.0):
        """Search every column of every table for words that name the person."""

        person: Person

    class PersonObligations(Request[Obligations], rpc=f"{service}.person_obligations", timeout=10.0):
        """What is still open between the person and the office."""

        person: Person

    return PersonRequests(ExportPerson, ExportPersonFile, ErasePerson, FindPerson, PersonObligations)

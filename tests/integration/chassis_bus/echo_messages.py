"""The published language of the service these tests run."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from chassis.errors import ErrorTable
from chassis.messages import Done, Event, Message, Request

ERRORS = ErrorTable("echo", {"refused": (409, "Nē, {why}.", "No, {why}.")})


class Said(Message):
    text: str
    caller: str = ""
    language: str = ""
    address: str | None = None
    correlation_id: str = ""


class Say(Request[Said], rpc="echo.say", timeout=3.0):
    text: str
    amount: Decimal | None = None
    day: date | None = None
    ref: UUID | None = None
    limit: int = 1


class Raw(Request[Said], rpc="echo.raw", timeout=3.0):
    text: str


class Fail(Request[Done], rpc="echo.fail", timeout=3.0):
    how: str


class Nap(Request[Said], rpc="echo.nap", timeout=10.0):
    """Sleeps (yielding) and notes that it ran."""

    seconds: float
    note: str = ""


class Burn(Request[Done], rpc="echo.burn", timeout=5.0):
    """Burns CPU without yielding."""

    seconds: float
    note: str = ""


class Ran(Message):
    notes: list[str]


class Notes(Request[Ran], rpc="echo.notes", timeout=3.0):
    """What has run in this process."""


class Guarded(Request[Done], rpc="echo.guarded", timeout=3.0):
    pass


class Onward(Request[Said], rpc="echo.onward", timeout=3.0):
    """Calls itself through the bus, as itself or as its caller."""

    text: str
    as_caller: bool = False


class Lookup(Request[Done], rpc="ghost.lookup", timeout=3.0):
    """Of a service nobody runs."""


class Rang(Event, type="echo.bell.rang", aggregate="bell"):
    bell: str
    number: int = 0

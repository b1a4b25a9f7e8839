"""The service these tests run: every way to answer, to fail, to hang."""

from __future__ import annotations

import time
from typing import Any

import echo_messages as m
import eventlet

from chassis import context
from chassis.access import any_service, public, service
from chassis.errors import PortalError
from chassis.messages import Done
from chassis.rpc import dump, serves
from chassis.service import BusDependency

NOTES: list[str] = []


class Service:
    name = "echo"
    bus = BusDependency()

    @serves(m.Say, allow=public)
    def say(self, request: m.Say, caller: Any) -> m.Said:
        now = context.current()
        return m.Said(
            text=request.text,
            caller=caller.actor,
            language=caller.language,
            address=caller.address,
            correlation_id=now.correlation_id,
        )

    @serves(m.Raw, allow=public)
    def raw(self, request: m.Raw, caller: Any) -> bytes:
        return dump(m.Said(text=request.text))

    @serves(m.Fail, allow=public)
    def fail(self, request: m.Fail, caller: Any) -> Any:
        if request.how == "coded":
            raise PortalError("echo.refused", field="how", why="slēgts")
        if request.how == "wrong type":
            return {"not": "a model"}
        if request.how == "none":
            return None
        raise RuntimeError("secret detail")

    @serves(m.Nap, allow=public)
    def nap(self, request: m.Nap, caller: Any) -> m.Said:
        NOTES.append(request.note)
        eventlet.sleep(request.seconds)
        return m.Said(text=request.note)

    @serves(m.Burn, allow=public)
    def burn(self, request: m.Burn, caller: Any) -> None:
        NOTES.append(request.note)
        end = time.monotonic() + request.seconds
        while time.monotonic() < end:
            sum(range(1000))

    @serves(m.Notes, allow=public)
    def notes(self, request: m.Notes, caller: Any) -> m.Ran:
        return m.Ran(notes=NOTES)

    @serves(m.Guarded, allow=any_service)
    def guarded(self, request: m.Guarded, caller: Any) -> Done:
        return Done()

    @serves(m.Onward, allow=public)
    def onward(self, request: m.Onward, caller: Any) -> m.Said:
        return self.bus.call(m.Say(text=request.text), as_caller=caller if request.as_caller else None)


_ = service

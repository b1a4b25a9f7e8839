"""Access tokens of machine clients: verified here by signature, believed while identity says the machine is in force.

A token is asked about once per process and remembered until it ends; `machine.changed` drops a machine's tokens at
once, and after a lost connection everything is asked anew, for a word may have been missed.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from chassis import tokens
from chassis.caller import Caller
from chassis.errors import PortalError
from gateway import bus
from gateway.ratelimit import limiter
from gateway.settings import settings
from gateway.work import Work
from services.identity.messages import MachineChanged, ResolveMachine

REMEMBERED = 5_000
REMEMBERED_SECONDS = 300.0

Resolve = Callable[[Caller], list[str]]


class MachineCache:
    """Token to caller, least recently used out first; `resolve` tells which scopes the machine has now."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._known: OrderedDict[str, tuple[float, Caller]] = OrderedDict()
        self._lock = threading.Lock()
        self._drops = 0

    def find(self, token: str) -> Caller | None:
        """Return whose token this is, None for one that is not believed. Raises PortalError while identity is away."""
        try:
            caller = tokens.verify(token)
        except PortalError as error:
            if error.status >= 500:
                raise
            return None
        if caller.kind != "machine" or caller.user is None or caller.session is None:
            return None  # people bring the secret of their session, never its token
        known = self._known.get(token)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        drops = self._drops
        try:
            scopes = self._resolve(caller)
        except PortalError as error:
            if error.status >= 500:
                raise
            return None
        caller = replace(caller, rights=caller.rights & frozenset(scopes))
        with self._lock:
            if drops == self._drops:  # else a word came while we asked, perhaps about this very machine
                self._known[token] = (time.monotonic() + REMEMBERED_SECONDS, caller)
                while len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
        return caller

    def drop(self, machine_id: UUID) -> None:
        """Forget the tokens of a machine."""
        with self._lock:
            self._drops += 1
            for token in [t for t, (_, caller) in self._known.items() if caller.user == machine_id]:
                del self._known[token]

    def drop_all(self) -> None:
        """Forget everything."""
        with self._lock:
            self._drops += 1
            self._known.clear()


def _resolve(caller: Caller) -> list[str]:
    if caller.user is None or caller.session is None:
        raise PortalError("unauthenticated")
    found = bus.call(ResolveMachine(machine_id=caller.user, secret_id=caller.session), own=True)
    return list(found.scopes)


cache = MachineCache(_resolve)


def _listen(client: Any) -> None:
    client.listen(MachineChanged, lambda event: cache.drop(event.machine_id))
    client.on_reconnect(cache.drop_all)


bus.on_open(_listen)


def attach(work: Work, token: str) -> None:
    """Let a machine in by its access token; each machine has a limit of its own. Raises PortalError too_many."""
    caller = cache.find(token)
    if caller is not None:
        limiter.check(f"machine:{caller.user}", settings().machine_per_minute)
        work.caller, work.token = caller, token

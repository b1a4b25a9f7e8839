"""Sessions that ended or changed a moment ago: tokens signed before are refused in every process that hears of it.

A token is good for five minutes and verified without asking anybody. So every process with a door listens to the
broadcast of `session.revoked` and `session.changed` and remembers what it heard for longer than a token lives. A change
counts the session's generation up in the transaction that makes it; a token carries the generation it was signed in, so
no clock and no race decides which is the older one.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from uuid import UUID

from chassis.caller import Caller

REMEMBERED_SECONDS = 600.0
MOST = 200_000
ENDED = 1 << 62  # a generation no token reaches


class Revocations:
    """What this process heard lately; bounded, the oldest forgotten first."""

    def __init__(self, seconds: float = REMEMBERED_SECONDS, most: int = MOST) -> None:
        self._seconds = seconds
        self._most = most
        self._heard: OrderedDict[UUID, tuple[float, int]] = OrderedDict()
        self._lock = Lock()

    def ended(self, session: UUID) -> None:
        """The session is over: none of its tokens is good any more."""
        self.changed(session, ENDED)

    def changed(self, session: UUID, generation: int) -> None:
        """The session goes on in this generation: tokens of earlier ones are not good any more."""
        moment = time.monotonic()
        with self._lock:
            known = self._heard.pop(session, None)
            self._heard[session] = (moment + self._seconds, max(generation, known[1] if known else 0))
            while self._heard:
                oldest, (until, _) = next(iter(self._heard.items()))
                if until > moment and len(self._heard) <= self._most:
                    break
                del self._heard[oldest]

    def refuses(self, caller: Caller) -> bool:
        """Tell whether a token that was good in itself has been overtaken."""
        if caller.session is None or not self._heard:
            return False
        heard = self._heard.get(caller.session)
        return heard is not None and caller.generation < heard[1]

    def is_over(self, session: UUID) -> bool:
        """Tell whether the session was heard to have ended."""
        heard = self._heard.get(session)
        return heard is not None and heard[1] == ENDED

    def __len__(self) -> int:
        return len(self._heard)


# What this process heard.
revocations = Revocations()

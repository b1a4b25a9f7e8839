"""When a refused sign-in is answered: at fixed moments after it came, and not faster than a pace per address.

A name that exists, one that does not, a locked account and a wrong password cost different work; the moment of the
answer, and what the answer says of its time, is the same for all. Who guesses from one address is held to a pace,
however many connections they open, while right passwords are never delayed, not even from that address: nobody who
shares it is kept out (C8). An address with too many answers waiting hears `too_many` at once.

With several worker processes the pace is that of each.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from typing import NoReturn

from chassis.errors import PortalError
from gateway.bus import call
from gateway.settings import settings
from gateway.work import current
from services.identity.messages import SignedIn, SignIn

LONGEST_WAIT_SECONDS = 3.0
MAX_ADDRESSES = 50_000
REFUSED = ("identity.sign_in_refused", "identity.address_held")


class Pace:
    """Gives out moments to answer, at most so many a second for each address."""

    def __init__(self) -> None:
        self._next: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def moment(self, address: str, now: float, per_second: float) -> float:
        """Return the next free moment of an address, `now` at the earliest, and take it."""
        with self._lock:
            free = max(self._next.get(address, now), now)
            self._next[address] = free + 1 / per_second
            self._next.move_to_end(address)
            while len(self._next) > MAX_ADDRESSES:
                self._next.popitem(last=False)
            return free

    def check(self, address: str, now: float) -> None:
        """Raise PortalError too_many (429, with `retry_after`) while too many answers wait for an address."""
        behind = self._next.get(address, now) - now
        if behind > LONGEST_WAIT_SECONDS:
            raise PortalError("too_many", retry_after=math.ceil(behind))


pace = Pace()


def answer_at(began: float, free: float, now: float, step: float) -> float:
    """Return when a refusal is answered: whole steps after it came, not before `free`, nor in the past."""
    steps = max(math.ceil((max(free, now) - began) / step), 1)
    return began + steps * step


def sign_in(email: str, password: str, audience: str) -> SignedIn:
    """Ask identity to open a session. Raises PortalError as identity does, a refusal at its moment; too_many."""
    work = current()
    address = work.address or "unknown"
    pace.check(address, time.perf_counter())
    try:
        return call(SignIn(
            email=email, password=password, audience=audience,  # type: ignore[arg-type]
            address=work.address, user_agent=work.request.headers.get("User-Agent", "")[:2000],
        ))
    except PortalError as error:
        if error.code in REFUSED:
            _refuse(address, error)
        raise


def _refuse(address: str, error: PortalError) -> NoReturn:
    work = current()
    now = time.perf_counter()
    free = pace.moment(address, now, settings().refusals_per_second)
    due = answer_at(work.started, free, now, settings().refusal_ms / 1000)
    time.sleep(max(due - now, 0))
    work.fetched = work.slowest = 0.0  # the answer's Server-Timing must not tell what the waiting hides
    raise error

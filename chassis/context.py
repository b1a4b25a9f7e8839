"""What travels with the work at hand: correlation id, trace, language, address, deadline, and who asked.

One context variable holds one record, so that a thread or green thread sets everything in one step.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any


class Context:
    """The circumstances of one call or one event; only the door that made it completes it, all others make another.

    `deadline` is epoch milliseconds or None; `caller` and `token` are set once the token has been verified.
    """

    __slots__ = ("address", "caller", "correlation_id", "deadline", "language", "token", "traceparent")

    def __init__(
        self,
        *,
        correlation_id: str = "",
        traceparent: str | None = None,
        language: str = "lv",
        address: str | None = None,
        deadline: int | None = None,
        caller: Any = None,
        token: str | None = None,
    ) -> None:
        self.correlation_id = correlation_id
        self.traceparent = traceparent
        self.language = language
        self.address = address
        self.deadline = deadline
        self.caller = caller
        self.token = token

    def seconds_left(self) -> float | None:
        """Return the seconds until the deadline (negative when it has passed), None without one."""
        return None if self.deadline is None else self.deadline / 1000 - time.time()


NOTHING = Context()
_current: ContextVar[Context] = ContextVar("portal_context", default=NOTHING)

current = _current.get


def enter(context: Context) -> Any:
    """Make `context` the current one for the rest of this (green) thread's work; `leave` takes it back."""
    return _current.set(context)


def leave(mark: Any) -> None:
    """Undo the `enter` that returned `mark`."""
    _current.reset(mark)


@contextlib.contextmanager
def using(context: Context) -> Iterator[Context]:
    """Make `context` the current one inside the block."""
    mark = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(mark)


def new_correlation_id() -> str:
    """Return a fresh reference: 16 characters a person can read to somebody over the telephone."""
    return os.urandom(8).hex()


def new_traceparent() -> str:
    """Return a W3C traceparent that starts a new trace."""
    raw = os.urandom(24).hex()
    return f"00-{raw[:32]}-{raw[32:]}-01"

"""What every channel is: it opens once for a batch, sends one message at a time, and says how it went."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Outgoing:
    """One message to one address; `reference` is the same every time it is tried."""

    reference: str
    address: str
    language: str
    subject: str
    text: str
    html: str
    sms: str
    kind: str
    created_at: datetime


@dataclass(frozen=True)
class Outcome:
    """How a try went: `sent`; `refused` for good; `later`, worth another try. `detail` is what the other side said."""

    state: str
    detail: str = ""
    provider_ref: str | None = None

    @classmethod
    def sent(cls, detail: str = "", provider_ref: str | None = None) -> Outcome:
        return cls("sent", detail[:500], provider_ref)

    @classmethod
    def refused(cls, detail: str) -> Outcome:
        return cls("refused", detail[:500])

    @classmethod
    def later(cls, detail: str) -> Outcome:
        return cls("later", detail[:500])


class Session(Protocol):
    """An open channel."""

    def send(self, message: Outgoing) -> Outcome:
        """Send one message; never raises for what the other side does."""


class Channel(Protocol):
    """A way to reach people."""

    def open(self) -> AbstractContextManager[Session]:
        """Open the channel for a batch of messages."""

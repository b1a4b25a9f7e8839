"""What every payment provider can do (domain facts 4.1); adding one touches no other file but the registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from services.billing.domain.payments import BankAnswer


class ProviderUnavailable(Exception):
    """The provider did not answer, or not sensibly: what we asked for may or may not have happened."""


class NoticeRefused(Exception):
    """A notice whose signature or content is not good; `code` is a billing error."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Order:
    """What we ask a provider to take; `items` are (what for, amount), `reference` is unique for ever."""

    reference: str
    amount: Decimal
    currency: str
    items: Sequence[tuple[str, Decimal]]
    payee: str
    payer_email: str
    language: str
    return_url: str
    notice_url: str


class Provider(Protocol):
    """A provider. Every method may raise ProviderUnavailable and ends within the configured seconds."""

    name: str

    def create(self, order: Order) -> BankAnswer:
        """Begin a payment; the answer carries provider_ref and redirect_url."""

    def find(self, reference: str) -> BankAnswer | None:
        """Return the payment with our reference, None when the provider knows of none."""

    def query(self, provider_ref: str) -> BankAnswer:
        """Return the state of a payment."""

    def cancel(self, provider_ref: str) -> BankAnswer:
        """Stop a payment if it can still be stopped; the answer says what became of it."""

    def refund(self, provider_ref: str, amount: Decimal, key: str) -> None:
        """Give money back; the same key again gives nothing twice."""

    def read_notice(self, body: bytes, signature: str) -> BankAnswer:
        """Verify and read a notice. Raises NoticeRefused."""

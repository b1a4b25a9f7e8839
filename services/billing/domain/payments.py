"""The life of a payment: what the bank's words mean for it, and when to ask the bank again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

OPEN = frozenset({"created", "pending"})
FINISHED = frozenset({"paid", "failed", "cancelled", "expired"})

# A browser is waiting during the first of these; the last one is repeated until the payment expires.
POLL_SECONDS = (2, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300)
# After a payment ended without money we look again: a bank may tell us late that it took some after all.
LAST_LOOKS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))

Action = Literal["nothing", "wait", "settle", "suspend", "close"]


@dataclass(frozen=True)
class Expected:
    """What we asked the bank for; `provider_ref` None while its answer to our create is not yet known."""

    state: str
    amount: Decimal
    currency: str
    reference: str
    provider_ref: str | None
    expires_at: datetime


@dataclass(frozen=True)
class BankAnswer:
    """What the bank says, from its callback or from our asking: status is pending, paid, failed or cancelled."""

    provider_ref: str
    reference: str
    status: str
    amount: Decimal
    currency: str
    redirect_url: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What to do: `settle` (money for the invoices), `suspend` (money that fits nothing), `close` (ended without).

    `state` is the payment's next state (None: stays); `reason` explains it: declined, cancelled, expired for `close`,
    double, amount, currency, reference for `suspend`. `late` says the payment had ended before.
    """

    action: Action
    state: str | None = None
    reason: str = ""
    late: bool = False


def judge(expected: Expected, answer: BankAnswer, now: datetime) -> Verdict:
    """Decide what a bank answer does to a payment; the same answer twice gives `nothing` the second time."""
    if answer.status == "paid":
        return _judge_money(expected, answer)
    if expected.state in FINISHED:
        return Verdict("nothing")
    if expected.provider_ref not in (None, answer.provider_ref) or answer.reference != expected.reference:
        # Another purchase than ours failed or waits; that says nothing about ours.
        return Verdict("nothing")
    if answer.status == "cancelled":
        reason = "expired" if now >= expected.expires_at else "cancelled"
        return Verdict("close", reason, reason)
    if answer.status == "failed":
        return Verdict("close", "failed", "declined")
    return Verdict("wait")


def _judge_money(expected: Expected, answer: BankAnswer) -> Verdict:
    if answer.reference != expected.reference:
        return Verdict("suspend", None, "reference")
    if expected.provider_ref not in (None, answer.provider_ref):
        # The bank made two purchases of one payment and took money for the one we do not follow.
        return Verdict("suspend", None, "double")
    if expected.state == "paid":
        return Verdict("nothing")
    closed = "failed" if expected.state in OPEN else None
    if answer.currency != expected.currency:
        return Verdict("suspend", closed, "currency")
    if answer.amount != expected.amount:
        return Verdict("suspend", closed, "amount")
    return Verdict("settle", "paid", late=expected.state in FINISHED)


def payment_reference(day: date, chance: bytes) -> str:
    """Return a reference for people and banks, e.g. `P-20261121-7F3K9QX2`, from 5 random bytes."""
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    number = int.from_bytes(chance[:5].rjust(5, b"\0"), "big")
    return f"P-{day:%Y%m%d}-" + "".join(letters[number >> shift & 31] for shift in range(35, -1, -5))


def next_poll(now: datetime, asked: int) -> datetime:
    """Return when to ask the bank again after `asked` (>= 0) questions: seconds at first, then minutes."""
    return now + timedelta(seconds=POLL_SECONDS[min(asked, len(POLL_SECONDS) - 1)])


def last_look(finished_at: datetime, looks: int) -> datetime | None:
    """Return when to look again at a payment that ended without money; None when it was looked at often enough."""
    return finished_at + LAST_LOOKS[looks] if looks < len(LAST_LOOKS) else None

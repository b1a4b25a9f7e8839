"""Double entry: every fact about money is a set of lines whose debits equal its credits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from chassis.errors import PortalError

ZERO = Decimal("0.00")

RECEIVABLE = "receivable"  # what a client owes (debit side), per client
REVENUE = {"monthly": "revenue.monthly", "one_off": "revenue.one_off"}
VAT = "vat.payable"
CLEARING = "bank.clearing"  # money the payment provider holds for us, until it is on the statement
BANK = "bank.account"  # money on the bank statement
SUSPENSE = "suspense"  # money that fits nothing yet: a debt to somebody
OVERPAYMENT = "overpayment"  # money a client paid too much, per client

ACCOUNTS = (RECEIVABLE, *REVENUE.values(), VAT, CLEARING, BANK, SUSPENSE, OVERPAYMENT)


@dataclass(frozen=True)
class Entry:
    """One line: exactly one of debit and credit is more than zero."""

    account: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    client_id: UUID | None = None


@dataclass(frozen=True)
class Posting:
    """A balanced set. `source` is unique for ever, so that one fact can never be booked twice."""

    source: str
    what: str
    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        check(self.entries)


def check(entries: Sequence[Entry]) -> None:
    """Raise billing.ledger_unbalanced unless debits equal credits and every line is a proper one."""
    proper = len(entries) >= 2 and all(
        entry.account in ACCOUNTS and (entry.debit > 0) != (entry.credit > 0) and min(entry.debit, entry.credit) == 0
        for entry in entries
    )
    if not proper or sum(e.debit for e in entries) != sum(e.credit for e in entries):
        raise PortalError("billing.ledger_unbalanced")


def invoice_issued(invoice_id: UUID, client_id: UUID, revenue: Mapping[str, Decimal], vat: Decimal) -> Posting:
    """Book an invoice: the client owes, revenue (by price kind, without VAT) and VAT are earned."""
    credits = [Entry(REVENUE[kind], credit=net) for kind, net in sorted(revenue.items()) if net > 0]
    if vat > 0:
        credits.append(Entry(VAT, credit=vat))
    total = sum((entry.credit for entry in credits), ZERO)
    return Posting(
        f"invoice:{invoice_id}", "invoice issued", (Entry(RECEIVABLE, debit=total, client_id=client_id), *credits)
    )


def payment_settled(payment_id: UUID, client_id: UUID, applied: Decimal, rest: Decimal) -> Posting:
    """Book money the provider reports: the part for invoices closes what the client owes, the rest waits."""
    entries = [Entry(CLEARING, debit=applied + rest)]
    if applied > 0:
        entries.append(Entry(RECEIVABLE, credit=applied, client_id=client_id))
    if rest > 0:
        entries.append(Entry(SUSPENSE, credit=rest, client_id=client_id))
    return Posting(f"payment:{payment_id}", "payment settled", tuple(entries))


def suspense_received(suspense_id: UUID, client_id: UUID | None, amount: Decimal) -> Posting:
    """Book money that came and cannot be applied to anything."""
    return Posting(
        f"suspense:{suspense_id}",
        "money in suspense",
        (Entry(CLEARING, debit=amount), Entry(SUSPENSE, credit=amount, client_id=client_id)),
    )


def suspense_returned(suspense_id: UUID, client_id: UUID | None, amount: Decimal) -> Posting:
    """Book suspense money sent back to the payer."""
    return Posting(
        f"suspense-return:{suspense_id}",
        "suspense returned",
        (Entry(SUSPENSE, debit=amount, client_id=client_id), Entry(CLEARING, credit=amount)),
    )

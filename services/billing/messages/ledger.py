"""The double-entry ledger: journal and trial balance."""

from __future__ import annotations

from uuid import UUID

from chassis.messages import Limit, Message, Moment, Money, Page, Request


class AccountTotal(Message):
    """Debit and credit totals of one kind of account; balance = debit - credit."""

    account: str
    debit: Money
    credit: Money
    balance: Money


class LedgerReport(Message):
    """The trial balance and what is wrong with it; `balanced` only when `faults` is empty."""

    balanced: bool
    as_of: Moment
    posting_sets: int
    accounts: list[AccountTotal]
    faults: list[str]


class CheckLedger(Request[LedgerReport], rpc="billing.check_ledger", timeout=15.0):
    pass


class Posting(Message):
    account: str
    client_id: UUID | None
    debit: Money
    credit: Money


class PostingSet(Message):
    """One entry of the journal: its lines have equal debit and credit."""

    posting_set_id: UUID
    number: int
    at: Moment
    what: str
    subject: str
    lines: list[Posting]


class ListPostings(Request[Page[PostingSet]], rpc="billing.list_postings", timeout=5.0):
    client_id: UUID | None = None
    limit: Limit = 50
    after: str | None = None

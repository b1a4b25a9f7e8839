"""Staff check the books: the trial balance, what is wrong, and the journal itself."""

from __future__ import annotations

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.ids import encode_cursor
from chassis.messages import Page
from services.billing import messages as m
from services.billing.store import ledger
from services.billing.store.cursors import read_cursor
from services.billing.usecases.common import by_right


def check(db: Database, request: m.CheckLedger, caller: Caller) -> m.LedgerReport:
    """Add everything up and compare it with invoices, payments, suspense and numbers."""
    with db.reading() as connection:
        # One statement's answer is one moment; the four below see one moment only inside a snapshot.
        connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            accounts = ledger.trial_balance(connection)
            faults = ledger.faults(connection)
            sets = ledger.count_sets(connection)
        finally:
            connection.exec_driver_sql("ROLLBACK")
    totals = [
        m.AccountTotal(account=row.account, debit=row.debit, credit=row.credit, balance=row.debit - row.credit)
        for row in accounts
    ]
    if sum(total.balance for total in totals) != 0:
        faults.insert(0, "the sum of all accounts is not zero")
    db.disclosed("billing.ledger.check", caller=caller, on=("ledger", "all"), right=by_right(caller, ""))
    return m.LedgerReport(balanced=not faults, as_of=now(), posting_sets=sets, accounts=totals, faults=faults)


def journal(db: Database, request: m.ListPostings, caller: Caller) -> Page[m.PostingSet]:
    """Return the journal, newest entry first."""
    after = read_cursor(request.after, int)
    before = after[0] if after else None
    with db.reading() as connection:
        rows = ledger.page(connection, request.client_id, before, request.limit + 1)
        more = len(rows) > request.limit
        rows = rows[: request.limit]
        lines = ledger.lines_of(connection, [row.id for row in rows])
    db.disclosed(
        "billing.ledger.view",
        caller=caller,
        on=("ledger", request.client_id or "all"),
        client=request.client_id,
        right=by_right(caller, ""),
    )
    items = [
        m.PostingSet(
            posting_set_id=row.id,
            number=row.number,
            at=row.at,
            what=row.what,
            subject=row.source,
            lines=[
                m.Posting(account=x.account, client_id=x.client_id, debit=x.debit, credit=x.credit)
                for x in lines[row.id]
            ],
        )
        for row in rows
    ]
    return Page[m.PostingSet](items=items, next=encode_cursor([rows[-1].number]) if more else None)

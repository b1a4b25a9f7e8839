"""The journal: sets are appended, sums are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.days import now
from chassis.ids import new_id
from services.billing.domain import ledger
from services.billing.store.bulk import append
from services.billing.store.tables import Posting, PostingSet

ZERO = Decimal("0.00")


def book(session: Session, postings: Sequence[ledger.Posting], at: datetime | None = None) -> None:
    """Append sets, of the moment `at` (now). IntegrityError when the fact of one of them is booked already."""
    if not postings:
        return
    sets, lines = [], []
    for posting in postings:
        set_id = new_id()
        sets.append({"id": set_id, "source": posting.source, "what": posting.what, "at": at or now()})
        lines += [
            {
                "set_id": set_id,
                "position": position,
                "account": entry.account,
                "client_id": entry.client_id,
                "debit": entry.debit,
                "credit": entry.credit,
            }
            for position, entry in enumerate(posting.entries, start=1)
        ]
    append(session, PostingSet, sets)
    append(session, Posting, lines)


_CLIENT = sa.select(
    sa.func.coalesce(sa.func.sum(Posting.debit - Posting.credit).filter(Posting.account == ledger.RECEIVABLE), ZERO),
    sa.func.coalesce(sa.func.sum(Posting.credit - Posting.debit).filter(Posting.account == ledger.OVERPAYMENT), ZERO),
).where(Posting.client_id == sa.bindparam("client_id"))


def client_balance(connection: sa.Connection, client_id: UUID) -> tuple[Decimal, Decimal]:
    """Return what a client owes and what it paid too much."""
    owed, overpaid = connection.execute(_CLIENT, {"client_id": client_id}).one()
    return owed, overpaid


_TRIAL = (
    sa.select(
        Posting.account,
        sa.func.sum(Posting.debit).label("debit"),
        sa.func.sum(Posting.credit).label("credit"),
    )
    .group_by(Posting.account)
    .order_by(Posting.account)
)

# Each row is a fault in words; an empty result is a ledger that agrees with itself and with the invoices.
_FAULTS = sa.text("""
SELECT 'posting set ' || s.number || ' does not balance: ' || coalesce(sum(p.debit - p.credit), 0)
  FROM posting_sets s LEFT JOIN postings p ON p.set_id = s.id
 GROUP BY s.id, s.number HAVING coalesce(sum(p.debit - p.credit), 0) <> 0 OR count(p.set_id) < 2
UNION ALL
SELECT 'client ' || coalesce(i.client_id, l.client_id) || ' owes ' || coalesce(l.owed, 0)
       || ' by the ledger, ' || coalesce(i.owed, 0) || ' by the invoices'
  FROM (SELECT client_id, sum(total - paid) AS owed FROM invoices GROUP BY client_id) i
  FULL JOIN (SELECT client_id, sum(debit - credit) AS owed FROM postings WHERE account = 'receivable'
              GROUP BY client_id) l ON l.client_id = i.client_id
 WHERE coalesce(i.owed, 0) <> coalesce(l.owed, 0)
UNION ALL
SELECT 'invoice ' || i.number || ' has no posting' FROM invoices i
 WHERE NOT EXISTS (SELECT FROM posting_sets s WHERE s.source = 'invoice:' || i.id)
UNION ALL
SELECT 'payment ' || p.reference || ' is paid but not booked' FROM payments p
 WHERE p.state = 'paid' AND NOT EXISTS (SELECT FROM posting_sets s WHERE s.source = 'payment:' || p.id)
UNION ALL
SELECT 'invoice ' || i.number || ' shows ' || i.paid || ' paid, its payments ' || coalesce(sum(pp.applied), 0)
  FROM invoices i LEFT JOIN payment_parts pp ON pp.invoice_id = i.id
 GROUP BY i.id, i.number, i.paid HAVING i.paid <> coalesce(sum(pp.applied), 0)
UNION ALL
SELECT 'numbers of ' || n.series || '-' || n.year || ' have a gap: last ' || n.last || ', issued ' || count(i.id)
  FROM number_series n LEFT JOIN invoices i ON i.series = n.series AND i.year = n.year
 GROUP BY n.series, n.year, n.last HAVING n.last <> count(i.id) OR n.last <> coalesce(max(i.sequence), 0)
UNION ALL
SELECT 'suspense account holds ' || coalesce(l.held, 0) || ', the list of suspense ' || coalesce(s.held, 0)
  FROM (SELECT sum(credit - debit) AS held FROM postings WHERE account = 'suspense') l,
       (SELECT sum(amount) AS held FROM suspense WHERE returned_at IS NULL AND currency = 'EUR') s
 WHERE coalesce(l.held, 0) <> coalesce(s.held, 0)
LIMIT 100
""")


def trial_balance(connection: sa.Connection) -> list[Any]:
    """Return (account, debit, credit) of every account used."""
    return list(connection.execute(_TRIAL))


def faults(connection: sa.Connection) -> list[str]:
    """Return what is wrong with the books, in words; at most 100."""
    return [row[0] for row in connection.execute(_FAULTS)]


def count_sets(connection: sa.Connection) -> int:
    """Return how many sets the journal has."""
    return int(connection.execute(sa.select(sa.func.count()).select_from(PostingSet)).scalar_one())


def page(connection: sa.Connection, client_id: UUID | None, before: int | None, limit: int) -> list[Any]:
    """Return the newest sets before a number."""
    statement = sa.select(PostingSet.id, PostingSet.number, PostingSet.at, PostingSet.source, PostingSet.what)
    if client_id is not None:
        statement = statement.where(
            PostingSet.id.in_(sa.select(Posting.set_id).where(Posting.client_id == client_id).distinct())
        )
    if before is not None:
        statement = statement.where(PostingSet.number < before)
    return list(connection.execute(statement.order_by(PostingSet.number.desc()).limit(limit)))


def lines_of(connection: sa.Connection, set_ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """Return the lines of sets."""
    found: dict[UUID, list[Any]] = {set_id: [] for set_id in set_ids}
    statement = (
        sa.select(Posting.set_id, Posting.account, Posting.client_id, Posting.debit, Posting.credit)
        .where(Posting.set_id.in_(set_ids))
        .order_by(Posting.set_id, Posting.position)
    )
    for row in connection.execute(statement):
        found[row.set_id].append(row)
    return found

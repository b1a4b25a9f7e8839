"""People look at invoices and at what is owed."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from chassis.access import only, scoped_client
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import PortalError
from chassis.messages import Page
from services.billing import messages as m
from services.billing.domain import amounts
from services.billing.store import invoices, ledger
from services.billing.usecases.common import by_right


def page(db: Database, request: m.ListInvoices, caller: Caller) -> Page[m.InvoiceRow]:
    """Return a page of the list: the own client's, or for staff everybody's."""
    client_id = scoped_client(caller, request.client_id)
    with db.reading() as connection:
        found = invoices.page(connection, request, client_id, only(caller, "finance.see"), riga_today())
    db.disclosed(
        "billing.invoice.list",
        caller=caller,
        on=("client", client_id or "all"),
        client=client_id,
        right=by_right(caller, "finance.see"),
    )
    return found


def one(db: Database, request: m.GetInvoice, caller: Caller) -> m.Invoice:
    """Return an invoice with its lines, payments and history."""
    invoice = load(db, request.invoice_id, caller)
    db.disclosed(
        "billing.invoice.view",
        caller=caller,
        on=("invoice", invoice.invoice_id),
        client=invoice.client_id,
        right=by_right(caller, "finance.see"),
    )
    return invoice


def load(db: Database, invoice_id: UUID, caller: Caller) -> m.Invoice:
    """Read an invoice whole. Raises not_found when it is not there, another client's, or out of the right's reach."""
    named = only(caller, "finance.see")
    with db.reading() as connection:
        row = invoices.head(connection, invoice_id, named)
        if row is None:
            raise PortalError("not_found")
        scoped_client(caller, row.client_id)
        notes = amounts.VAT_NOTES[row.vat_category]
        return m.Invoice(
            **invoices.shown_row(row, riga_today()),
            net=row.net,
            vat=row.vat,
            vat_category=row.vat_category,
            vat_rate=row.vat_rate,
            vat_note_lv=notes[0],
            vat_note_en=notes[1],
            reference=row.reference,
            supplier=m.Party.model_validate(row.supplier),
            customer=m.Party.model_validate(row.customer),
            case_id=row.case_id,
            legal_basis=row.legal_basis,
            lines=[m.InvoiceLine.model_validate(line._mapping) for line in invoices.lines(connection, invoice_id)],
            payments=[
                m.InvoicePayment(
                    payment_id=p.id, state=p.state, amount=p.applied if p.state == "paid" else p.amount, at=p.at
                )
                for p in invoices.payments_of(connection, invoice_id, named)
            ],
            history=[
                m.HistoryEntry(at=h.at, what=h.what, by=h.by, detail=h.detail)
                for h in invoices.history(connection, invoice_id)
            ],
        )


def balance(db: Database, request: m.Balance, caller: Caller) -> m.BalanceSummary:
    """Return what a client owes, from the ledger (S1-10).

    A right for named permits shows what is open on their invoices; what was paid too much is the whole client's.
    """
    client_id, named = scoped_client(caller, request.client_id), only(caller, "finance.see")
    if client_id is None:
        raise PortalError("required", field="client_id")
    with db.reading() as connection:
        owed, overpaid = ledger.client_balance(connection, client_id)
        sums = invoices.sums(connection, client_id, named, riga_today())
    if named is not None:
        owed, overpaid = sums.open, Decimal("0.00")
    db.disclosed(
        "billing.balance.view",
        caller=caller,
        on=("client", client_id),
        client=client_id,
        right=by_right(caller, "finance.see"),
    )
    return m.BalanceSummary(
        client_id=client_id,
        owed=owed,
        open_count=sums.open_count,
        overdue=sums.overdue,
        overdue_count=sums.overdue_count,
        overpaid=overpaid,
        next_due_on=sums.next_due_on,
        in_payment=sums.in_payment,
        as_of=now(),
    )


def books(db: Database) -> m.BooksAtHand:
    """Return what is open in everybody's books; sums of nobody in particular."""
    with db.reading() as connection:
        return m.BooksAtHand(**invoices.at_hand(connection, riga_today())._mapping)

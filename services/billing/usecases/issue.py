"""Issuing: numbers, invoices, lines, postings and events of a batch, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from chassis.days import now
from chassis.ids import new_id
from chassis.text import fold
from chassis.unit_of_work import UnitOfWork
from services.billing import messages as m
from services.billing.domain import amounts, ledger, numbering
from services.billing.settings import BillingSettings
from services.billing.store import invoices, tables
from services.billing.store import ledger as journal
from services.billing.store.bulk import append
from services.billing.usecases.common import by_right, who


@dataclass(frozen=True)
class Draft:
    """An invoice to be: one client, one VAT category. `legal` persons may have another term (C11)."""

    client_id: UUID
    customer: m.Party
    kind: m.InvoiceKind
    lines: Sequence[amounts.Line]
    legal: bool = True
    month: date | None = None
    case_id: UUID | None = None
    permit_id: UUID | None = None
    fee_run_id: UUID | None = None


@dataclass(frozen=True)
class Issued:
    """What became of a draft."""

    invoice_id: UUID
    client_id: UUID
    number: str
    total: Decimal


def issue(
    uow: UnitOfWork,
    drafts: Sequence[Draft],
    *,
    price_list_id: UUID,
    legal_basis: str,
    issued_on: date,
    config: BillingSettings,
    at: datetime | None = None,
    tell: bool = True,
) -> list[Issued]:
    """Issue invoices with numbers that follow each other; a rollback gives the numbers back.

    The caller holds the series (`invoices.lock_series`) and has made sure that none of them exists. `at` and `tell`
    are for the demo, whose invoices were issued long ago and are no news to anybody.
    """
    last = invoices.lock_series(uow.session, config.invoice_series, issued_on.year)
    rows, lines, histories, postings, issued = [], [], [], [], []
    supplier = config.supplier()
    moment = at or now()
    for sequence, draft in enumerate(drafts, start=last + 1):
        totals = amounts.totals(draft.lines)
        category = draft.lines[0].vat_category
        number = numbering.invoice_number(config.invoice_series, issued_on.year, sequence)
        invoice_id = new_id()
        term = amounts.payment_term(
            config.term_days,
            legal=draft.legal,
            e_invoice=False,
            bonus=config.e_invoice_bonus_days,
            cap=config.e_invoice_cap_days,
        )
        due_on = amounts.due_date(issued_on, term)
        # BR-O-02: outside the scope of VAT no VAT number may stand on the invoice.
        seller = supplier.model_copy(update={"vat_no": ""}) if category == "O" else supplier
        rows.append(
            {
                "id": invoice_id,
                "number": number,
                "series": config.invoice_series,
                "year": issued_on.year,
                "sequence": sequence,
                "reference": numbering.rf_reference(number),
                "client_id": draft.client_id,
                "client_name": draft.customer.name,
                "search": fold(f"{number} {draft.customer.name} {draft.customer.reg_no}"),
                "kind": draft.kind,
                "month": draft.month,
                "issued_on": issued_on,
                "due_on": due_on,
                "vat_category": category,
                "vat_rate": amounts.VAT_RATES[category],
                "net": totals.net,
                "vat": totals.vat,
                "total": totals.total,
                "supplier": seller.model_dump(),
                "customer": draft.customer.model_dump(),
                "price_list_id": price_list_id,
                "legal_basis": legal_basis,
                "case_id": draft.case_id,
                "permit_id": draft.permit_id,
                "fee_run_id": draft.fee_run_id,
                "issued_at": moment,
                "issued_by": uow.caller.actor,
            }
        )
        lines += [_line(invoice_id, position, line) for position, line in enumerate(draft.lines, start=1)]
        histories.append(
            {"id": new_id(), "invoice_id": invoice_id, "at": moment, "what": "issued", "by": who(uow.caller)}
        )
        revenue: dict[str, Decimal] = {}
        for line in draft.lines:
            revenue[line.price_kind] = revenue.get(line.price_kind, Decimal("0.00")) + line.net
        postings.append(ledger.invoice_issued(invoice_id, draft.client_id, revenue, totals.vat))
        issued.append(Issued(invoice_id, draft.client_id, number, totals.total))
        if tell:
            _tell(uow, draft, invoice_id, number, totals.total, due_on)
    if rows:
        append(uow.session, tables.Invoice, rows)
        append(uow.session, tables.InvoiceLine, lines)
        append(uow.session, tables.InvoiceHistory, histories)
        journal.book(uow.session, postings, moment)
        invoices.move_series(uow.session, config.invoice_series, issued_on.year, last + len(rows))
    return issued


def _line(invoice_id: UUID, position: int, line: amounts.Line) -> dict[str, object]:
    return {
        "invoice_id": invoice_id,
        "position": position,
        "code": line.code,
        "name_lv": line.name_lv,
        "name_en": line.name_en,
        "unit_lv": line.unit_lv,
        "unit_en": line.unit_en,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "net": line.net,
        "permit_id": line.permit_id,
        "permit_no": line.permit_no,
    }


def _tell(uow: UnitOfWork, draft: Draft, invoice_id: UUID, number: str, total: Decimal, due_on: date) -> None:
    permit_ids = list(dict.fromkeys(line.permit_id for line in draft.lines if line.permit_id))
    uow.emit(
        m.InvoiceIssued(
            invoice_id=invoice_id,
            number=number,
            client_id=draft.client_id,
            client_name=draft.customer.name,
            kind=draft.kind,
            month=draft.month,
            total=total,
            due_date=due_on,
            permit_ids=permit_ids,
            case_id=draft.case_id,
            of_permits=sorted(permit_ids) if all(line.permit_id for line in draft.lines) else [],
        )
    )
    uow.audit(
        "billing.invoice.issue",
        on=("invoice", invoice_id),
        client=draft.client_id,
        right=by_right(uow.caller, ""),
        detail={"number": number, "total": str(total)},
    )

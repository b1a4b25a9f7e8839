"""billing: price lists, invoices, payments, the ledger."""

from __future__ import annotations

from typing import Any

from nameko.extensions import DependencyProvider

from chassis.access import any_of, entitled, fresh, public, right, role, scope, service
from chassis.caller import Caller, Delivery
from chassis.dead_letters import dead_letter_doors
from chassis.events import subscribe
from chassis.messages import Done, Page
from chassis.person_doors import person_doors
from chassis.rpc import serves
from chassis.service import BusDependency, DatabaseDependency
from chassis.timers import every
from services.billing import messages as m
from services.billing.settings import settings
from services.billing.store import tables
from services.billing.store.personal import PERSONAL
from services.billing.usecases import (
    advance_fee_run,
    fee_runs,
    invoice_pdf,
    invoice_permit,
    payment_notice,
    publish_price_list,
    read_invoices,
    read_ledger,
    read_payments,
    read_prices,
    save_price_list,
    start_payment,
    suspense,
    sweep_payments,
    tell_overdue,
)
from services.permits.messages import PermitIssued

ACCOUNTANT = role("accountant")
BOOKS = role("accountant", "auditor")
SEE = any_of(right("finance.see"), role("accountant", "auditor", "customer_service"))
# Who has somebody else settle pays nothing here (S1-16, S1-22).
PAY = entitled("payments", right("finance.pay"))


class CheckedSettings(DependencyProvider):
    """A wrong setting stops the start, not the first payment."""

    def setup(self) -> None:
        """Read and check."""
        settings()


@dead_letter_doors
@person_doors(PERSONAL)
class Service:
    name = "billing"
    config: Any = CheckedSettings()
    db: Any = DatabaseDependency(tables.metadata)
    bus: Any = BusDependency()

    # ---- invoices

    @serves(m.ListInvoices, allow=any_of(SEE, scope("invoices.read")))
    def list_invoices(self, request: m.ListInvoices, caller: Caller) -> Page[m.InvoiceRow]:
        return read_invoices.page(self.db, request, caller)

    @serves(m.GetInvoice, allow=any_of(SEE, service("notifications", "requests"), scope("invoices.read")))
    def get_invoice(self, request: m.GetInvoice, caller: Caller) -> m.Invoice:
        return read_invoices.one(self.db, request, caller)

    @serves(m.InvoicePdf, allow=any_of(SEE, service("notifications"), scope("invoices.read")))
    def invoice_pdf(self, request: m.InvoicePdf, caller: Caller) -> m.PdfChunk:
        return invoice_pdf.run(self.db, request, caller)

    @serves(m.Balance, allow=SEE)
    def balance(self, request: m.Balance, caller: Caller) -> m.BalanceSummary:
        return read_invoices.balance(self.db, request, caller)

    @serves(m.CountBooks, allow=BOOKS)
    def count_books(self, request: m.CountBooks, caller: Caller) -> m.BooksAtHand:
        return read_invoices.books(self.db)

    @subscribe(PermitIssued)
    def on_permit_issued(self, event: PermitIssued, delivery: Delivery) -> None:
        invoice_permit.run(self.db, self.bus, event, delivery)

    @every(seconds=60)
    def tell_overdue(self, caller: Caller) -> None:
        tell_overdue.run(self.db, caller)

    # ---- payments

    @serves(m.StartPayment, allow=PAY)
    def start_payment(self, request: m.StartPayment, caller: Caller) -> m.Payment:
        return start_payment.run(self.db, request, caller)

    @serves(m.GetPayment, allow=SEE)
    def get_payment(self, request: m.GetPayment, caller: Caller) -> m.Payment:
        return read_payments.one(self.db, request, caller)

    @serves(m.CheckPayment, allow=SEE)
    def check_payment(self, request: m.CheckPayment, caller: Caller) -> m.Payment:
        return read_payments.check(self.db, request, caller)

    @serves(m.CancelPayment, allow=right("finance.pay"))
    def cancel_payment(self, request: m.CancelPayment, caller: Caller) -> m.Payment:
        return read_payments.cancel(self.db, request, caller)

    @serves(m.ListPayments, allow=SEE)
    def list_payments(self, request: m.ListPayments, caller: Caller) -> Page[m.Payment]:
        return read_payments.page(self.db, request, caller)

    @serves(m.PaymentNotice, allow=public)
    def payment_notice(self, request: m.PaymentNotice, caller: Caller) -> Done:
        return payment_notice.run(self.db, request, caller)

    @every(seconds=1)
    def sweep_payments(self, caller: Caller) -> None:
        sweep_payments.run(self.db, caller)

    @serves(m.ListSuspense, allow=BOOKS)
    def list_suspense(self, request: m.ListSuspense, caller: Caller) -> Page[m.SuspenseEntry]:
        return suspense.page(self.db, request, caller)

    @serves(m.ReturnSuspense, allow=fresh(ACCOUNTANT))
    def return_suspense(self, request: m.ReturnSuspense, caller: Caller) -> m.SuspenseEntry:
        return suspense.give_back(self.db, request, caller)

    # ---- price lists

    @serves(m.ListPriceLists, allow=BOOKS)
    def list_price_lists(self, request: m.ListPriceLists, caller: Caller) -> Page[m.PriceListRow]:
        return read_prices.page(self.db, request, caller)

    @serves(m.GetPriceList, allow=BOOKS)
    def get_price_list(self, request: m.GetPriceList, caller: Caller) -> m.PriceList:
        return read_prices.one(self.db, request, caller)

    @serves(m.PriceListInForce, allow=public)
    def price_list_in_force(self, request: m.PriceListInForce, caller: Caller) -> m.PriceList:
        return read_prices.in_force(self.db, request, caller)

    @serves(m.CreatePriceList, allow=ACCOUNTANT)
    def create_price_list(self, request: m.CreatePriceList, caller: Caller) -> m.PriceList:
        return save_price_list.create(self.db, request, caller)

    @serves(m.SavePriceList, allow=ACCOUNTANT)
    def save_price_list(self, request: m.SavePriceList, caller: Caller) -> m.PriceList:
        return save_price_list.save(self.db, request, caller)

    @serves(m.PublishPriceList, allow=ACCOUNTANT)
    def publish_price_list(self, request: m.PublishPriceList, caller: Caller) -> m.PriceList:
        return publish_price_list.run(self.db, request, caller)

    @serves(m.DropPriceList, allow=ACCOUNTANT)
    def drop_price_list(self, request: m.DropPriceList, caller: Caller) -> Done:
        return save_price_list.drop(self.db, request, caller)

    # ---- fee runs

    @serves(m.PreviewFeeRun, allow=BOOKS)
    def preview_fee_run(self, request: m.PreviewFeeRun, caller: Caller) -> m.FeeRunPreview:
        return fee_runs.preview(self.db, request, caller)

    @serves(m.StartFeeRun, allow=ACCOUNTANT)
    def start_fee_run(self, request: m.StartFeeRun, caller: Caller) -> m.FeeRun:
        return fee_runs.start(self.db, request, caller)

    @serves(m.GetFeeRun, allow=BOOKS)
    def get_fee_run(self, request: m.GetFeeRun, caller: Caller) -> m.FeeRun:
        return fee_runs.one(self.db, request, caller)

    @serves(m.ListFeeRuns, allow=BOOKS)
    def list_fee_runs(self, request: m.ListFeeRuns, caller: Caller) -> Page[m.FeeRun]:
        return fee_runs.page(self.db, request, caller)

    @serves(m.FeeRunReport, allow=BOOKS)
    def fee_run_report(self, request: m.FeeRunReport, caller: Caller) -> Page[m.FeeRunResult]:
        return fee_runs.report(self.db, request, caller)

    @every(seconds=1)
    def advance_fee_runs(self, caller: Caller) -> None:
        advance_fee_run.run(self.db, self.bus, caller)

    # ---- ledger

    @serves(m.CheckLedger, allow=BOOKS)
    def check_ledger(self, request: m.CheckLedger, caller: Caller) -> m.LedgerReport:
        return read_ledger.check(self.db, request, caller)

    @serves(m.ListPostings, allow=BOOKS)
    def list_postings(self, request: m.ListPostings, caller: Caller) -> Page[m.PostingSet]:
        return read_ledger.journal(self.db, request, caller)

"""A permit was issued on a case: its one-off fee is invoiced, exactly once."""

from __future__ import annotations

from chassis.caller import Delivery
from chassis.database import Database
from chassis.days import riga_day, riga_today
from chassis.errors import PortalError
from services.billing.domain import amounts
from services.billing.domain import prices as rules
from services.billing.settings import settings
from services.billing.store import invoices, prices
from services.billing.usecases.advance_fee_run import Calls
from services.billing.usecases.common import customer_of
from services.billing.usecases.issue import Draft, issue
from services.identity.messages import GetClients
from services.permits.messages import PermitIssued


def run(db: Database, bus: Calls, event: PermitIssued, delivery: Delivery) -> int:
    """Invoice the fee items of the event by the prices of the day of issue; returns how many invoices were made.

    A missing price or client raises, so that the event goes up the retry ladder and to the dead letters, where staff
    see it: an issued permit whose fee nobody hears of would be worse.
    """
    if not event.fee_items:
        return 0
    day = riga_day(delivery.time)
    cards = bus.call(GetClients(client_ids=[event.client_id])).items
    if not cards:
        raise PortalError("not_found", field="client_id")
    config = settings()
    with db.unit_of_work(delivery) as uow:
        validity = rules.in_force(prices.published(uow.session), day)
        items = prices.items(uow.session, validity.price_list_id)
        lines = [
            line
            for due in event.fee_items
            for line in rules.one_off_lines(
                items,
                due.code,
                due.quantity,
                day,
                service_kind=event.service_kind,
                permit_kind=event.permit_kind,
                permit_id=event.permit_id,
                permit_no=event.permit_no,
            )
        ]
        today = riga_today()
        invoices.lock_series(uow.session, config.invoice_series, today.year)
        if invoices.one_off_of(uow.session, event.permit_id):
            return 0
        head = prices.row(uow.session, validity.price_list_id)
        assert head is not None
        drafts = [
            Draft(
                client_id=event.client_id,
                customer=customer_of(cards[0]),
                kind="one_off",
                lines=category_lines,
                legal=cards[0].kind == "legal",
                case_id=event.case_id,
                permit_id=event.permit_id,
            )
            for category_lines in amounts.by_vat_category(lines).values()
        ]
        return len(
            issue(
                uow,
                drafts,
                price_list_id=head.id,
                legal_basis=head.legal_basis,
                issued_on=today,
                config=config,
            )
        )

"""A client pays several invoices in one payment (S2-15, B-06)."""

from __future__ import annotations

import os
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from chassis.access import only, scoped_client
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.text import fold
from services.billing import messages as m
from services.billing.domain import allocation
from services.billing.domain import payments as rules
from services.billing.settings import settings
from services.billing.store import payments
from services.billing.store.tables import Invoice, Payment, PaymentPart
from services.billing.usecases import talk_to_bank
from services.billing.usecases.common import by_right, who


def run(db: Database, request: m.StartPayment, caller: Caller) -> m.Payment:
    """Keep the payment first, then speak to the bank: a crash in between leaves a payment that can be found again."""
    client_id = scoped_client(caller)
    if client_id is None:
        raise PortalError("forbidden")
    payment_id = _keep(db, request, caller, client_id)
    talk_to_bank.connect(db, payment_id, caller)
    with db.reading() as connection:
        return payments.shown(connection, [payments.row(connection, payment_id)], history=True)[0]


def _keep(db: Database, request: m.StartPayment, caller: Caller, client_id: UUID) -> UUID:
    config = settings()
    moment = now()
    with db.unit_of_work(caller) as uow:
        done = uow.replayed(request, m.Payment)
        if done is not None:
            return done.payment_id
        wanted = [(part.invoice_id, part.amount) for part in request.parts]
        chosen = [invoice_id for invoice_id, _ in wanted]
        invoices = payments.lock_invoices(uow.session, chosen, client_id, only(caller, "finance.pay"))
        parts = allocation.allocate(wanted, invoices, config.payment_limit)
        client_name = uow.session.execute(
            sa.select(Invoice.client_name).where(Invoice.id == parts[-1].invoice_id)
        ).scalar_one()
        reference = rules.payment_reference(riga_today(), os.urandom(5))
        payment = Payment(
            id=new_id(),
            client_id=client_id,
            client_name=client_name,
            search=fold(f"{reference} {client_name} {' '.join(part.number for part in parts)}"),
            state="created",
            amount=sum(part.amount for part in parts),
            currency="EUR",
            reference=reference,
            provider=config.payment_provider,
            language=caller.language,
            started_by=caller.actor,
            started_at=moment,
            expires_at=moment + timedelta(minutes=config.payment_minutes),
            next_poll_at=rules.next_poll(moment, 1),
        )
        uow.session.add(payment)
        uow.session.flush()
        uow.session.execute(
            sa.insert(PaymentPart),
            [
                {
                    "payment_id": payment.id,
                    "invoice_id": part.invoice_id,
                    "number": part.number,
                    "amount": part.amount,
                    "position": position,
                }
                for position, part in enumerate(parts, start=1)
            ],
        )
        payments.note(uow.session, payment.id, "started", who(caller))
        uow.emit(
            m.PaymentStarted(
                payment_id=payment.id,
                client_id=client_id,
                amount=payment.amount,
                invoices=[
                    m.Allocation(invoice_id=part.invoice_id, number=part.number, amount=part.amount) for part in parts
                ],
            )
        )
        uow.audit(
            "billing.payment.start",
            on=("payment", payment.id),
            client=client_id,
            right=by_right(caller, "finance.pay"),
            detail={"amount": str(payment.amount), "invoices": [part.number for part in parts]},
        )
        uow.session.flush()
        uow.remember(request, payments.shown(uow.session, [payments.row(uow.session, payment.id)])[0])
        return payment.id

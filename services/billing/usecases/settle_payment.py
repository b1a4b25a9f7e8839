"""What the bank says becomes money on invoices, in suspense, or an ended payment: once, whoever says it how often."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from prometheus_client import Counter
from sqlalchemy.dialects.postgresql import insert

from chassis import telemetry
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.billing import messages as m
from services.billing.domain import allocation, ledger
from services.billing.domain import payments as rules
from services.billing.domain.payments import BankAnswer
from services.billing.store import ledger as journal
from services.billing.store import payments, reach
from services.billing.store.tables import Payment, Suspense
from services.billing.usecases.common import by_right, who

log = telemetry.get_logger(__name__)
FINISHED = Counter("billing_payments_finished_total", "Payments that ended, by state", ["state"])
SUSPENDED = Counter("billing_suspense_total", "Money that fitted nothing, by reason", ["reason"])
# After an answer nobody needs to ask again at once, however many browsers wait.
PAUSE = timedelta(seconds=1)


def apply(db: Database, payment_id: UUID, answer: BankAnswer, caller: Caller) -> str:
    """Apply an answer in a transaction of its own; returns what was done (rules.Action)."""
    with db.unit_of_work(caller) as uow:
        return apply_within(uow, payment_id, answer)


def apply_within(uow: UnitOfWork, payment_id: UUID, answer: BankAnswer) -> str:
    """Apply an answer in the caller's transaction. The payment's row is locked first: answers come one by one."""
    payment = _lock(uow, payment_id)
    moment = now()
    verdict = rules.judge(
        rules.Expected(
            payment.state,
            payment.amount,
            payment.currency,
            payment.reference,
            payment.provider_ref,
            payment.expires_at,
        ),
        answer,
        moment,
    )
    payment.claimed_until = moment + PAUSE
    if verdict.action == "settle" and _held(uow, payment.provider, answer.provider_ref):
        # The bank first told another amount or currency of this very money: it is in suspense, staff decide.
        return "nothing"
    if verdict.action == "settle":
        _settle(uow, payment, answer, late=verdict.late)
    elif verdict.action == "suspend":
        _suspend(uow, payment, answer, verdict.reason)
        if verdict.state is not None:
            _finish(uow, payment, verdict.state, verdict.reason)
    elif verdict.action == "close":
        payment.provider_ref = payment.provider_ref or answer.provider_ref
        _finish(uow, payment, verdict.state or "failed", verdict.reason)
    else:
        if verdict.action == "wait" and payment.state == "created":
            payment.state, payment.polls = "pending", 0
            payment.provider_ref, payment.redirect_url = answer.provider_ref, answer.redirect_url
            payments.note(uow.session, payment.id, "known to the bank", "portal")
        _plan(payment)
    return verdict.action


def close(db: Database, payment_id: UUID, state: str, reason: str, caller: Caller) -> None:
    """End a payment the bank knows nothing of."""
    with db.unit_of_work(caller) as uow:
        payment = _lock(uow, payment_id)
        if payment.state in rules.OPEN:
            _finish(uow, payment, state, reason)


def looked(db: Database, payment_id: UUID, caller: Caller) -> None:
    """Remember that the bank was asked in vain."""
    with db.unit_of_work(caller) as uow:
        payment = _lock(uow, payment_id)
        payment.claimed_until = now() + PAUSE
        _plan(payment)


def _lock(uow: UnitOfWork, payment_id: UUID) -> Payment:
    payment = payments.lock(uow.session, payment_id)
    if payment is None:
        raise PortalError("not_found")
    return payment


def _plan(payment: Payment) -> None:
    payment.polls += 1
    if payment.state in rules.OPEN:
        payment.next_poll_at = rules.next_poll(now(), payment.polls)
    elif payment.state != "paid" and payment.finished_at is not None:
        payment.next_poll_at = rules.last_look(payment.finished_at, payment.polls)


def _finish(uow: UnitOfWork, payment: Payment, state: str, reason: str) -> None:
    payment.state, payment.reason, payment.finished_at, payment.polls = state, reason, now(), 0
    payment.next_poll_at = rules.last_look(payment.finished_at, 0)
    payments.release(uow.session, payment.id)
    payments.note(uow.session, payment.id, state, who(uow.caller), reason)
    uow.emit(m.PaymentFailed(payment_id=payment.id, client_id=payment.client_id, amount=payment.amount, reason=reason))
    uow.audit(
        "billing.payment.end",
        on=("payment", payment.id),
        client=payment.client_id,
        right=by_right(uow.caller, "finance.pay"),
        detail={"state": state, "reason": reason},
    )
    FINISHED.labels(state).inc()


def _settle(uow: UnitOfWork, payment: Payment, answer: BankAnswer, *, late: bool) -> None:
    parts = payments.parts(uow.session, payment.id)
    open_now = payments.open_amounts(uow.session, [part.invoice_id for part in parts])
    applied = allocation.apply(answer.amount, parts, open_now)
    payment.state, payment.reason, payment.finished_at, payment.next_poll_at = "paid", "", now(), None
    payment.provider_ref = answer.provider_ref
    payments.release(uow.session, payment.id)
    for part in applied.parts:
        row = payments.apply_part(uow.session, payment.id, part, "portal")
        if row.open == 0:
            uow.emit(
                m.InvoicePaid(
                    invoice_id=part.invoice_id,
                    number=row.number,
                    client_id=row.client_id,
                    total=row.total,
                    case_id=row.case_id,
                )
            )
    on_invoices = sum((part.amount for part in applied.parts), Decimal("0.00"))
    journal.book(uow.session, [ledger.payment_settled(payment.id, payment.client_id, on_invoices, applied.rest)])
    if applied.rest > 0:
        _hold(uow, payment, answer, applied.rest, "late" if late else "invoice_paid")
    payments.note(uow.session, payment.id, "paid", "portal", "late" if late else "")
    uow.emit(
        m.PaymentSettled(
            payment_id=payment.id,
            client_id=payment.client_id,
            amount=answer.amount,
            invoices=[
                m.Allocation(invoice_id=part.invoice_id, number=part.number, amount=part.amount)
                for part in applied.parts
            ],
            suspense=applied.rest,
            of_permits=_permits(uow, [part.invoice_id for part in applied.parts]),
        )
    )
    uow.audit(
        "billing.payment.settle",
        on=("payment", payment.id),
        client=payment.client_id,
        right=by_right(uow.caller, "finance.pay"),
        detail={"amount": str(answer.amount), "suspense": str(applied.rest), "provider_ref": answer.provider_ref},
    )
    FINISHED.labels("paid").inc()


def _suspend(uow: UnitOfWork, payment: Payment, answer: BankAnswer, reason: str) -> None:
    suspense_id = _hold(uow, payment, answer, answer.amount, reason)
    if suspense_id is not None and answer.currency == "EUR":
        journal.book(uow.session, [ledger.suspense_received(suspense_id, payment.client_id, answer.amount)])


def _held(uow: UnitOfWork, provider: str, provider_ref: str) -> bool:
    query = sa.select(Suspense.id).where(Suspense.provider == provider, Suspense.provider_ref == provider_ref)
    return uow.session.execute(query).first() is not None


def _hold(
    uow: UnitOfWork, payment: Payment | None, answer: BankAnswer, amount: Decimal, reason: str, provider: str = ""
) -> UUID | None:
    """Hold money that fits nothing; None when it is held already."""
    suspense_id = uow.session.execute(
        insert(Suspense)
        .values(
            id=new_id(),
            payment_id=payment.id if payment else None,
            client_id=payment.client_id if payment else None,
            client_name=payment.client_name if payment else "",
            provider=payment.provider if payment else provider,
            provider_ref=answer.provider_ref,
            amount=amount,
            currency=answer.currency,
            reason=reason,
        )
        .on_conflict_do_nothing()
        .returning(Suspense.id)
    ).scalar()
    if suspense_id is None:
        return None
    log.warning("money in suspense", reason=reason, amount=str(amount), provider_ref=answer.provider_ref)
    SUSPENDED.labels(reason).inc()
    if payment is not None:
        payments.note(uow.session, payment.id, "money in suspense", "portal", f"{amount} {answer.currency}: {reason}")
    uow.audit(
        "billing.suspense.hold",
        on=("suspense", suspense_id),
        client=payment.client_id if payment else None,
        right=by_right(uow.caller, ""),
        detail={"amount": str(amount), "currency": answer.currency, "reason": reason},
    )
    return suspense_id


def hold_unknown(uow: UnitOfWork, provider: str, answer: BankAnswer) -> None:
    """Hold money of a payment we never asked for."""
    suspense_id = _hold(uow, None, answer, answer.amount, "reference", provider)
    if suspense_id is not None and answer.currency == "EUR":
        journal.book(uow.session, [ledger.suspense_received(suspense_id, None, answer.amount)])


def _permits(uow: UnitOfWork, invoice_ids: list[UUID]) -> list[UUID]:
    behind = reach.permits_behind(uow.session, invoice_ids)
    if not all(invoice_id in behind for invoice_id in invoice_ids):
        return []
    return sorted({permit for permits in behind.values() for permit in permits})

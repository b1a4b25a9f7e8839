"""Talking to the bank about one payment, never inside a transaction; what it says is applied by settle_payment.

One process at a time talks about a payment (a claim on its row that ends by itself), so that a bank that does not
know our reference yet is never asked for two purchases at once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis import telemetry
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from services.billing.domain import payments as rules
from services.billing.domain.payments import BankAnswer
from services.billing.providers.base import Order, Provider, ProviderUnavailable
from services.billing.providers.registry import provider
from services.billing.settings import settings
from services.billing.store import payments
from services.billing.usecases import settle_payment

log = telemetry.get_logger(__name__)

PATIENCE_SECONDS = 3.0


@dataclass(frozen=True)
class Talk:
    """What is needed to talk about a payment, read while it was claimed."""

    payment_id: UUID
    state: str
    provider: Provider
    provider_ref: str | None
    tried: int
    order: Order
    started_at: datetime
    expires_at: datetime


def connect(db: Database, payment_id: UUID, caller: Caller) -> None:
    """Make the bank know a new payment. A bank that is away leaves it `created`, for the sweeper."""
    talk = _claim(db, payment_id, caller)
    if talk is not None and talk.state == "created":
        _talk(db, talk, caller)


def check(db: Database, payment_id: UUID, caller: Caller) -> None:
    """Ask the bank about a payment and apply the answer; nothing while somebody else is asking."""
    talk = _claim(db, payment_id, caller)
    if talk is not None:
        _talk(db, talk, caller)


def cancel(db: Database, payment_id: UUID, caller: Caller) -> bool:
    """Stop a payment at the bank and here. False when the bank did not answer, or somebody else keeps talking to it."""
    talk = _claim(db, payment_id, caller)
    until = time.monotonic() + PATIENCE_SECONDS
    while talk is None and time.monotonic() < until:
        # The page with the button has just asked the bank: its pause is short, and the payer means it.
        time.sleep(0.2)
        talk = _claim(db, payment_id, caller)
    if talk is None:
        return False
    try:
        answer = _known(talk)
        if answer is None:
            settle_payment.close(db, talk.payment_id, "cancelled", "cancelled", caller)
            return True
        if answer.status == "pending":
            answer = talk.provider.cancel(answer.provider_ref)
    except ProviderUnavailable as error:
        _unavailable(db, talk, caller, error)
        return False
    settle_payment.apply(db, talk.payment_id, answer, caller)
    return True


def _claim(db: Database, payment_id: UUID, caller: Caller) -> Talk | None:
    config = settings()
    moment = now()
    with db.unit_of_work(caller) as uow:
        until = moment + timedelta(seconds=3 * config.bank_seconds)
        row = payments.claim(uow.session, payment_id, moment, until)
        if row is None:
            return None
        tried = row.polls
        if row.state == "created":
            # Counted before the bank is called: whoever comes after a crash must look before creating again.
            row.polls += 1
        parts = payments.parts(uow.session, payment_id)
        order = Order(
            reference=row.reference,
            amount=row.amount,
            currency=row.currency,
            items=[(part.number, part.amount) for part in parts],
            payee=config.supplier_name,
            payer_email=payments.payer_email(uow.session, payment_id) or config.supplier_email,
            language=row.language,
            return_url=f"{config.public_url.rstrip('/')}/payments/{payment_id}",
            notice_url=config.bank_callback_url,
        )
        return Talk(
            payment_id, row.state, provider(row.provider), row.provider_ref, tried, order, row.started_at,
            row.expires_at,
        )  # fmt: skip


def _talk(db: Database, talk: Talk, caller: Caller) -> None:
    try:
        answer = _known(talk)
        if answer is None and talk.state == "created":
            answer = talk.provider.create(talk.order)
        elif answer is not None and answer.status == "pending" and _expired(talk):
            # Only the bank can say that nobody will pay this any more.
            answer = talk.provider.cancel(answer.provider_ref)
    except ProviderUnavailable as error:
        _unavailable(db, talk, caller, error)
        return
    if answer is not None:
        settle_payment.apply(db, talk.payment_id, answer, caller)
    else:
        settle_payment.looked(db, talk.payment_id, caller)


def _expired(talk: Talk) -> bool:
    return talk.state in rules.OPEN and now() >= talk.expires_at


def _known(talk: Talk) -> BankAnswer | None:
    """Return what the bank knows of the payment; None when it cannot know it or does not."""
    if talk.provider_ref is not None:
        return talk.provider.query(talk.provider_ref)
    if talk.state == "created" and talk.tried == 0:
        return None
    # A create was tried before and we never learnt how it ended: look before creating again.
    return talk.provider.find(talk.order.reference)


def _unavailable(db: Database, talk: Talk, caller: Caller, error: ProviderUnavailable) -> None:
    log.warning("bank does not answer", payment=str(talk.payment_id), reason=str(error)[:200])
    given_up = talk.state == "created" and now() > talk.started_at + timedelta(seconds=settings().connect_seconds)
    if given_up:
        # Nobody was ever sent to the bank. Should it hold a purchase all the same, the last looks will find it.
        settle_payment.close(db, talk.payment_id, "failed", "bank_unavailable", caller)
    else:
        settle_payment.looked(db, talk.payment_id, caller)

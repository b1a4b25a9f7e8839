"""Wrong, double, late or unsigned notices; a bank that is away; a billing that dies at the worst moment."""

from __future__ import annotations

import base64
import signal
from decimal import Decimal
from uuid import UUID

import pytest

from chassis.errors import PortalError
from services.billing import messages as m
from services.billing.providers.registry import provider
from services.billing.settings import settings
from services.billing.usecases import payment_notice, start_payment, suspense, talk_to_bank
from tests.integration.billing.conftest import Receiver
from tests.integration.billing.world import ACCOUNTANT, NOBODY, TIMER, World, wait_for


def held(world: World, payment: m.Payment) -> list[m.SuspenseEntry]:
    found = suspense.page(world.db, m.ListSuspense(only_open=False, limit=100), ACCOUNTANT).items
    return [one for one in found if one.payment_id == payment.payment_id]


def test_another_amount_goes_to_suspense_and_can_be_returned_once(world: World) -> None:
    anna = world.client()
    invoice = world.invoice(anna, "50.00")
    payment = world.pay(anna, invoice)
    number = world.decide(payment, "twice", amount=4000)
    world.until(payment, "failed")
    assert world.payment(payment, anna).reason == "amount"
    assert world.open(invoice, anna) == Decimal("50.00")
    (entry,) = held(world, payment)
    assert (entry.amount, entry.reason) == (Decimal("40.00"), "amount")
    assert world.books().balanced, world.books().faults

    done = suspense.give_back(world.db, m.ReturnSuspense(suspense_id=entry.suspense_id), ACCOUNTANT)
    assert done.returned_at is not None
    purchase = world.bank.purchases(payment.reference)[0]
    assert (purchase["id"], purchase["status"], purchase["refunded_amount"]) == (number, "refunded", 4000)
    with pytest.raises(PortalError) as refused:
        suspense.give_back(world.db, m.ReturnSuspense(suspense_id=entry.suspense_id), ACCOUNTANT)
    assert refused.value.code == "billing.suspense_settled"
    assert world.books().balanced, world.books().faults


def test_another_currency_is_held_but_not_booked_as_euro(world: World) -> None:
    anna = world.client()
    payment = world.pay(anna, world.invoice(anna, "50.00"))
    world.decide(payment, "before", currency="USD")
    world.until(payment, "failed")
    (entry,) = held(world, payment)
    assert (entry.currency, entry.reason) == ("USD", "currency")
    assert world.books().balanced, world.books().faults


def test_a_second_purchase_of_the_same_payment_is_double_money(world: World, receiver: Receiver) -> None:
    anna = world.client()
    invoice = world.invoice(anna, "20.00")
    payment = world.pay(anna, invoice)
    world.decide(payment, "before")
    world.until(payment, "paid")
    second = world.bank.create(f"{payment.reference}-X", "20.00", receiver.url)
    assert world.bank.decide(second, "twice", reference=payment.reference) == 200
    (entry,) = wait_for(lambda: held(world, payment))
    assert (entry.reason, entry.amount) == ("double", Decimal("20.00"))
    assert world.payment(payment, anna).state == "paid"
    assert world.open(invoice, anna) == 0
    assert world.books().balanced, world.books().faults


def test_money_of_a_payment_we_never_asked_for_is_held(world: World, receiver: Receiver) -> None:
    number = world.bank.create("P-19990101-UNKNOWN0", "3.00", receiver.url)
    world.bank.decide(number, "before")

    def found() -> list[m.SuspenseEntry]:
        entries = suspense.page(world.db, m.ListSuspense(), ACCOUNTANT).items
        return [one for one in entries if one.provider_ref == number]

    (entry,) = wait_for(found)
    assert (entry.reason, entry.payment_id) == ("reference", None)
    assert world.books().balanced, world.books().faults


def test_late_money_pays_its_invoice_when_that_is_still_open(world: World) -> None:
    anna = world.client()
    invoice = world.invoice(anna, "15.00")
    payment = world.pay(anna, invoice)
    world.later(payment, minutes=31)
    world.sweep()
    assert world.state(payment) == "expired"
    world.decide(payment, "approve", force=True)
    world.until(payment, "paid")
    assert world.open(invoice, anna) == 0
    assert world.books().balanced, world.books().faults


def test_late_money_for_an_invoice_paid_meanwhile_is_held(world: World) -> None:
    anna = world.client()
    invoice, other = world.invoice(anna, "15.00"), world.invoice(anna, "4.00")
    payment = world.pay(anna, invoice, other)
    world.later(payment, minutes=31)
    world.sweep()
    again = world.pay(anna, invoice)
    world.decide(again, "before")
    world.until(again, "paid")
    world.decide(payment, "approve", force=True)
    world.until(payment, "paid")
    (entry,) = held(world, payment)
    assert (entry.amount, entry.reason) == (Decimal("15.00"), "late")
    assert world.open(other, anna) == 0
    assert world.event("payment.settled", payment.payment_id)["suspense"] == "15.00"
    assert world.books().balanced, world.books().faults


def test_late_money_nobody_told_us_of_is_found_by_the_last_looks(world: World) -> None:
    anna = world.client()
    invoice = world.invoice(anna, "15.00")
    payment = world.pay(anna, invoice)
    world.later(payment, minutes=31)
    world.sweep()
    world.decide(payment, "never", force=True)
    world.later(payment)
    world.sweep()
    assert world.state(payment) == "paid"
    assert world.open(invoice, anna) == 0


def test_a_notice_without_a_good_signature_changes_nothing(world: World, receiver: Receiver) -> None:
    anna = world.client()
    first = world.pay(anna, world.invoice(anna, "1.00"))
    world.decide(first, "before")
    world.until(first, "paid")
    body, signature, _ = receiver.seen[-1]
    second = world.pay(anna, world.invoice(anna, "1.00"))
    forged = body.replace(first.reference.encode(), second.reference.encode())
    for given, sign in ((forged, signature), (body, ""), (body, "AAAA"), (b"{}", signature)):
        with pytest.raises(PortalError) as refused:
            notice(world, given, sign)
        assert refused.value.code == "billing.notice_unsigned"
    assert world.state(second) == "pending"
    notice(world, body, signature)  # the good one again: already done
    assert world.books().balanced, world.books().faults


def notice(world: World, body: bytes, signature: str) -> None:
    asked = m.PaymentNotice(body=base64.b64encode(body).decode(), signature=signature)
    payment_notice.run(world.db, asked, NOBODY)


def test_billing_killed_between_the_banks_answer_and_our_own_note_finds_the_purchase_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = world.client()
    invoice = world.invoice(anna, "8.00")
    payment_id, order_of = _kept(world, anna, invoice.invoice_id)
    provider("sandbox_bank").create(order_of.order)  # the bank knows; we died before we could write it down
    shown = _payment(world, payment_id, anna)
    assert shown.state == "created"
    world.later(shown)
    with monkeypatch.context() as patched:
        # Not every bank refuses the same reference twice: ours must look, not create again.
        patched.setattr(provider("sandbox_bank"), "create", lambda order: pytest.fail("asked for a second purchase"))
        world.sweep()
    assert _payment(world, payment_id, anna).state == "pending"
    world.decide(shown, "before")
    world.until(shown, "paid")


def test_billing_killed_before_the_bank_heard_asks_it_later(world: World) -> None:
    anna = world.client()
    payment_id, _ = _kept(world, anna, world.invoice(anna, "8.00").invoice_id)
    shown = _payment(world, payment_id, anna)
    world.later(shown)
    world.sweep()
    assert _payment(world, payment_id, anna).redirect_url is not None
    assert len(world.bank.purchases(shown.reference)) == 1


def test_the_payer_pays_before_we_could_write_down_who_the_bank_is(world: World) -> None:
    anna = world.client()
    invoice = world.invoice(anna, "8.00")
    payment_id, talk = _kept(world, anna, invoice.invoice_id)
    provider("sandbox_bank").create(talk.order)
    shown = _payment(world, payment_id, anna)
    world.decide(shown, "before")
    world.until(shown, "paid")
    assert world.open(invoice, anna) == 0


def _kept(world: World, who: object, invoice_id: UUID) -> tuple[UUID, talk_to_bank.Talk]:
    """Do what start_payment does up to the moment before the bank is called."""
    anna: object = who
    asked = m.StartPayment(parts=[m.PaymentPart(invoice_id=invoice_id)])
    payment_id = start_payment._keep(world.db, asked, anna, anna.client)  # type: ignore[attr-defined,arg-type]
    talk = talk_to_bank._claim(world.db, payment_id, anna)  # type: ignore[arg-type]
    assert talk is not None
    return payment_id, talk


def _payment(world: World, payment_id: UUID, who: object) -> m.Payment:
    from services.billing.usecases import read_payments

    return read_payments.one(world.db, m.GetPayment(payment_id=payment_id), who)  # type: ignore[arg-type]


def test_while_one_talks_to_the_bank_nobody_else_does(world: World) -> None:
    anna = world.client()
    payment_id, _ = _kept(world, anna, world.invoice(anna, "8.00").invoice_id)
    talk_to_bank.check(world.db, payment_id, TIMER)
    assert world.bank.purchases(_payment(world, payment_id, anna).reference) == []


def test_a_bank_that_is_away_is_tried_again_and_given_up_in_the_end(world: World) -> None:
    anna = world.client()
    invoice, other = world.invoice(anna, "8.00"), world.invoice(anna, "9.00")
    world.bank.stop()
    try:
        back, gone = world.pay(anna, invoice), world.pay(anna, other)
        assert {back.state, gone.state} == {"created"}
        assert back.redirect_url is None
        world.later(gone, seconds=settings().connect_seconds + 1)
        world.sweep()
        assert _payment(world, gone.payment_id, anna).reason == "bank_unavailable"
    finally:
        world.bank.start()
    world.later(back)
    world.sweep()
    assert world.state(back) == "pending"
    assert world.pay(anna, other).state == "pending"


def test_a_bank_killed_in_the_middle_forgets_nothing(world: World) -> None:
    anna = world.client()
    invoice = world.invoice(anna, "8.00")
    payment = world.pay(anna, invoice)
    world.decide(payment, "approve")
    world.bank.stop(signal.SIGKILL)
    world.bank.start()
    world.until(payment, "paid")
    assert world.open(invoice, anna) == 0

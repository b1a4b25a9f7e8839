"""Paying through a real bank process: whatever the bank does, the result is one and right (S2-15, B-06, B-09)."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from chassis.errors import PortalError
from services.billing import messages as m
from services.billing.usecases import read_payments
from tests.integration.billing.world import World, wait_for

pytestmark = pytest.mark.requirement("S2-15")


def code_of(refused: pytest.ExceptionInfo[PortalError]) -> str:
    return refused.value.code


@pytest.mark.parametrize("mode", ["approve", "twice", "before", "delay"])
@pytest.mark.requirement("B-09")
def test_two_invoices_in_one_payment_however_the_bank_tells(world: World, mode: str) -> None:
    anna = world.client()
    first, second = world.invoice(anna, "30.00"), world.invoice(anna, "12.34", vat="S")
    payment = world.pay(anna, first, second)
    assert payment.state == "pending"
    assert payment.redirect_url is not None
    assert payment.amount == Decimal("44.93")
    world.decide(payment, mode, seconds=0.5)
    world.until(payment, "paid")
    if mode == "twice":
        wait_for(lambda: len(notices(world, payment)) == 2)
    assert world.open(first, anna) == world.open(second, anna) == 0
    assert world.events(payment.payment_id) == ["payment.started", "payment.settled"]
    assert world.events(first.invoice_id) == ["invoice.issued", "invoice.paid"]
    settled = world.event("payment.settled", payment.payment_id)
    assert [part["number"] for part in settled["invoices"]] == [first.number, second.number]
    assert settled["suspense"] == "0.00"
    assert world.books().balanced, world.books().faults


def notices(world: World, payment: m.Payment) -> list[Any]:
    import sqlalchemy as sa

    from services.billing.store.tables import PaymentNotice

    with world.db.reading() as connection:
        return list(
            connection.execute(sa.select(PaymentNotice.outcome).where(PaymentNotice.reference == payment.reference))
        )


@pytest.mark.requirement("B-09")
def test_a_bank_that_never_tells_is_asked(world: World) -> None:
    anna = world.client()
    invoice = world.invoice(anna, "7.00")
    payment = world.pay(anna, invoice)
    world.decide(payment, "never")
    assert world.state(payment) == "pending"
    world.later(payment)
    world.sweep()
    assert world.state(payment) == "paid"
    assert notices(world, payment) == []
    assert world.open(invoice, anna) == 0


def test_the_page_a_payer_returns_to_asks_the_bank_and_believes_nothing_else(world: World) -> None:
    anna = world.client()
    payment = world.pay(anna, world.invoice(anna, "7.00"))
    world.later(payment)
    assert read_payments.check(world.db, m.CheckPayment(payment_id=payment.payment_id), anna).state == "pending"
    world.decide(payment, "never")
    world.later(payment)
    assert read_payments.check(world.db, m.CheckPayment(payment_id=payment.payment_id), anna).state == "paid"


def test_declined_pays_nothing_and_the_invoice_can_be_paid_again(world: World) -> None:
    anna = world.client()
    invoice = world.invoice(anna, "9.99")
    payment = world.pay(anna, invoice)
    world.decide(payment, "decline")
    world.until(payment, "failed")
    assert world.payment(payment, anna).reason == "declined"
    assert world.open(invoice, anna) == Decimal("9.99")
    assert world.events(payment.payment_id) == ["payment.started", "payment.failed"]
    again = world.pay(anna, invoice)
    world.decide(again, "before")
    world.until(again, "paid")


def test_a_payer_can_give_up_and_start_anew(world: World) -> None:
    anna = world.client()
    invoice = world.invoice(anna, "9.99")
    payment = world.pay(anna, invoice)
    world.later(payment)
    done = read_payments.cancel(world.db, m.CancelPayment(payment_id=payment.payment_id), anna)
    assert (done.state, done.reason) == ("cancelled", "cancelled")
    assert world.bank.purchases(payment.reference)[0]["status"] == "cancelled"
    with pytest.raises(PortalError) as refused:
        read_payments.cancel(world.db, m.CancelPayment(payment_id=payment.payment_id), anna)
    assert code_of(refused) == "billing.payment_finished"
    assert world.pay(anna, invoice).state == "pending"


def test_time_runs_out_only_when_the_bank_agrees(world: World) -> None:
    anna = world.client()
    invoice, other = world.invoice(anna, "5.00"), world.invoice(anna, "6.00")
    nobody, executing = world.pay(anna, invoice), world.pay(anna, other)
    world.decide(executing, "delay", seconds=2)
    for payment in (nobody, executing):
        world.later(payment, minutes=31)
    world.sweep()
    assert world.payment(nobody, anna).state == "expired"
    assert world.bank.purchases(nobody.reference)[0]["status"] == "cancelled"
    assert world.state(executing) == "pending"
    world.until(executing, "paid")


@pytest.mark.requirement("B-06")
def test_a_part_now_and_the_rest_later(world: World) -> None:
    anna = world.client()
    invoice = world.invoice(anna, "100.00")
    part = world.pay(anna, (invoice, "33.33"))
    assert [(one.number, one.amount) for one in part.allocations] == [(invoice.number, Decimal("33.33"))]
    world.decide(part, "before")
    world.until(part, "paid")
    assert world.open(invoice, anna) == Decimal("66.67")
    assert world.events(invoice.invoice_id) == ["invoice.issued"]
    rest = world.pay(anna, invoice)
    assert rest.amount == Decimal("66.67")
    world.decide(rest, "before")
    world.until(rest, "paid")
    assert world.events(invoice.invoice_id) == ["invoice.issued", "invoice.paid"]


def test_an_invoice_in_an_unfinished_payment_gets_a_clear_answer(world: World) -> None:
    anna = world.client()
    invoice = world.invoice(anna, "10.00")
    payment = world.pay(anna, invoice)
    with pytest.raises(PortalError) as refused:
        world.pay(anna, invoice)
    assert code_of(refused) == "billing.invoice_in_payment"
    assert refused.value.params["payment_id"] == str(payment.payment_id)
    assert invoice.number in refused.value.sentence("lv")


def test_the_same_key_is_the_same_payment(world: World) -> None:
    anna = world.client()
    invoice, other = world.invoice(anna, "10.00"), world.invoice(anna, "11.00")
    key = uuid4().hex
    first = world.pay(anna, invoice, key=key)
    assert world.pay(anna, invoice, key=key).payment_id == first.payment_id
    assert len(world.bank.purchases(first.reference)) == 1
    with pytest.raises(PortalError) as refused:
        world.pay(anna, other, key=key)
    assert code_of(refused) == "idempotency_key_reused"


def test_two_who_press_at_once_make_one_payment(world: World) -> None:
    anna = world.client()
    chosen = [world.invoice(anna, "10.00") for _ in range(3)]
    outcomes: list[Any] = []
    ready = threading.Barrier(6)

    def press(turn: int) -> None:
        ready.wait()
        try:
            outcomes.append(world.pay(anna, *(chosen if turn % 2 else reversed(chosen))).payment_id)
        except PortalError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=press, args=(turn,)) for turn in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcomes.count("billing.invoice_in_payment") == 5, outcomes


def test_nobody_pays_or_sees_another_clients_invoice(world: World) -> None:
    anna, ilze = world.client(), world.client()
    invoice = world.invoice(anna, "10.00")
    with pytest.raises(PortalError) as refused:
        world.pay(ilze, invoice)
    assert code_of(refused) == "not_found"
    payment = world.pay(anna, invoice)
    for ask in (
        lambda: read_payments.one(world.db, m.GetPayment(payment_id=payment.payment_id), ilze),
        lambda: read_payments.check(world.db, m.CheckPayment(payment_id=payment.payment_id), ilze),
        lambda: read_payments.cancel(world.db, m.CancelPayment(payment_id=payment.payment_id), ilze),
    ):
        with pytest.raises(PortalError) as refused:
            ask()
        assert code_of(refused) == "not_found"
    assert read_payments.page(world.db, m.ListPayments(), ilze).items == []

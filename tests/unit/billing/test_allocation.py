"""Where the money of a payment goes (B-06): to the cent, never more than is owed, nothing lost."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import PortalError
from services.billing.domain.allocation import OpenInvoice, Part, allocate, apply

LIMIT = Decimal("100000.00")
CENTS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999.99"), places=2)
OPEN = st.lists(CENTS, min_size=1, max_size=20)


def invoices(*amounts: str | Decimal, paying: UUID | None = None) -> dict[UUID, OpenInvoice]:
    found = [OpenInvoice(uuid4(), f"EMS-{n}", Decimal(amount), paying) for n, amount in enumerate(amounts)]
    return {one.invoice_id: one for one in found}


def refusal(wanted: list[tuple[UUID, Decimal | None]], known: dict[UUID, OpenInvoice]) -> tuple[str, str | None]:
    with pytest.raises(PortalError) as refused:
        allocate(wanted, known, LIMIT)
    return refused.value.code, refused.value.field


@given(OPEN)
def test_whole_invoices_are_paid_whole(open_amounts: list[Decimal]) -> None:
    known = invoices(*open_amounts)
    parts = allocate([(one, None) for one in known], known, Decimal("1e9"))
    assert [part.amount for part in parts] == open_amounts


@given(OPEN, st.data())
def test_parts_are_what_the_payer_asked_for(open_amounts: list[Decimal], data: st.DataObject) -> None:
    known = invoices(*open_amounts)
    wanted = [(one.invoice_id, data.draw(st.decimals(Decimal("0.01"), one.open, places=2))) for one in known.values()]
    assert [(part.invoice_id, part.amount) for part in allocate(wanted, known, Decimal("1e9"))] == wanted


def test_every_refusal_names_the_place_in_the_list() -> None:
    known = invoices("10.00", "0.00")
    whole, paid = known
    held = invoices("5.00", paying=uuid4())
    assert refusal([], known) == ("billing.nothing_chosen", "parts")
    assert refusal([(whole, None), (uuid4(), None)], known) == ("not_found", "parts.1.invoice_id")
    assert refusal([(whole, None), (whole, None)], known) == ("billing.invoice_twice", "parts.1.invoice_id")
    assert refusal([(paid, None)], known) == ("billing.invoice_paid", "parts.0.invoice_id")
    assert refusal([(next(iter(held)), None)], held) == ("billing.invoice_in_payment", "parts.0.invoice_id")
    assert refusal([(whole, Decimal("10.01"))], known) == ("billing.amount_over_open", "parts.0.amount")
    assert refusal([(whole, Decimal("0.00"))], known) == ("billing.amount_not_positive", "parts.0.amount")
    assert refusal([(whole, Decimal("-1"))], known) == ("billing.amount_not_positive", "parts.0.amount")


def test_a_payment_has_a_limit() -> None:
    known = invoices("60000", "60000")
    assert refusal([(one, None) for one in known], known) == ("billing.payment_amount_too_big", "parts")


AMOUNTS = st.decimals(min_value=Decimal("0.00"), max_value=Decimal("9999.99"), places=2)


@given(received=AMOUNTS, rows=st.lists(st.tuples(CENTS, AMOUNTS), max_size=15))
def test_applied_and_rest_are_what_came_in_and_nothing_is_overpaid(
    received: Decimal, rows: list[tuple[Decimal, Decimal]]
) -> None:
    parts = [Part(uuid4(), str(n), meant) for n, (meant, _) in enumerate(rows)]
    open_now = {part.invoice_id: left for part, (_, left) in zip(parts, rows, strict=True)}
    applied = apply(received, parts, open_now)
    assert sum((part.amount for part in applied.parts), Decimal(0)) + applied.rest == received
    assert applied.rest >= 0
    meant = {part.invoice_id: part.amount for part in parts}
    for part in applied.parts:
        assert 0 < part.amount <= min(open_now[part.invoice_id], meant[part.invoice_id])


@given(OPEN)
def test_money_as_expected_leaves_no_rest(open_amounts: list[Decimal]) -> None:
    parts = [Part(uuid4(), "n", amount) for amount in open_amounts]
    applied = apply(sum(open_amounts, Decimal(0)), parts, {part.invoice_id: part.amount for part in parts})
    assert applied.rest == 0
    assert applied.parts == tuple(parts)


def test_an_invoice_paid_otherwise_meanwhile_leaves_its_money_over() -> None:
    first, second = Part(uuid4(), "1", Decimal("10.00")), Part(uuid4(), "2", Decimal("20.00"))
    applied = apply(
        Decimal("30.00"), [first, second], {first.invoice_id: Decimal("0"), second.invoice_id: Decimal("20")}
    )
    assert (applied.parts, applied.rest) == ((second,), Decimal("10.00"))

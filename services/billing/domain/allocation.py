"""Where the money of one payment goes: chosen by the payer beforehand, applied when it has really come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from chassis.errors import PortalError
from chassis.money import format_eur, money

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class OpenInvoice:
    """An invoice as the payer meets it; `open` is what is left, `payment_id` an unfinished payment that holds it."""

    invoice_id: UUID
    number: str
    open: Decimal
    payment_id: UUID | None = None


@dataclass(frozen=True)
class Part:
    """An amount for one invoice."""

    invoice_id: UUID
    number: str
    amount: Decimal


@dataclass(frozen=True)
class Applied:
    """What came in, split: `parts` close invoices, `rest` fits nowhere. Their sum is what came in, to the cent."""

    parts: tuple[Part, ...]
    rest: Decimal


def allocate(
    wanted: Sequence[tuple[UUID, Decimal | None]], invoices: Mapping[UUID, OpenInvoice], limit: Decimal
) -> tuple[Part, ...]:
    """Turn what the payer chose into parts, whole invoices where no amount is given.

    Raises nothing_chosen, invoice_twice, not_found, invoice_paid, invoice_in_payment, amount_not_positive,
    amount_over_open, payment_amount_too_big; `field` names the place in the list.
    """
    if not wanted:
        raise PortalError("billing.nothing_chosen", field="parts")
    parts: list[Part] = []
    seen: set[UUID] = set()
    for index, (invoice_id, amount) in enumerate(wanted):
        field = f"parts.{index}"
        invoice = invoices.get(invoice_id)
        if invoice is None:
            raise PortalError("not_found", field=f"{field}.invoice_id")
        if invoice_id in seen:
            raise PortalError("billing.invoice_twice", field=f"{field}.invoice_id", number=invoice.number)
        seen.add(invoice_id)
        parts.append(Part(invoice_id, invoice.number, _amount(invoice, amount, field)))
    if sum(part.amount for part in parts) > limit:
        raise PortalError("billing.payment_amount_too_big", field="parts", limit=format_eur(limit))
    return tuple(parts)


def _amount(invoice: OpenInvoice, wanted: Decimal | None, field: str) -> Decimal:
    if invoice.open <= 0:
        raise PortalError("billing.invoice_paid", field=f"{field}.invoice_id", number=invoice.number)
    if invoice.payment_id is not None:
        raise PortalError(
            "billing.invoice_in_payment",
            field=f"{field}.invoice_id",
            number=invoice.number,
            payment_id=invoice.payment_id,
        )
    if wanted is None:
        return invoice.open
    if wanted <= 0:
        raise PortalError("billing.amount_not_positive", field=f"{field}.amount", number=invoice.number)
    if wanted > invoice.open:
        raise PortalError(
            "billing.amount_over_open", field=f"{field}.amount", number=invoice.number, open=format_eur(invoice.open)
        )
    return money(wanted)


def apply(received: Decimal, parts: Sequence[Part], open_now: Mapping[UUID, Decimal]) -> Applied:
    """Apply money that came to the invoices it was meant for, never more than each still owes.

    An invoice may have been paid otherwise since the payment began; what it no longer needs is the rest.
    """
    left = money(received)
    applied: list[Part] = []
    for part in parts:
        amount = max(ZERO, min(part.amount, open_now.get(part.invoice_id, ZERO), left))
        if amount > 0:
            applied.append(Part(part.invoice_id, part.number, amount))
            left -= amount
    return Applied(tuple(applied), left)

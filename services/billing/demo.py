"""The demo's price lists, invoices and payments: months of history in books that balance. Twice adds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from chassis.caller import service_caller
from chassis.database import Database
from chassis.days import add_working_days, month_bounds, riga_today
from chassis.demo_ids import CLIENT_NATURAL, CLIENT_RADIO, CLIENT_WATER, demo_id
from chassis.money import money
from chassis.text import fold
from chassis.unit_of_work import UnitOfWork
from services.billing import messages as m
from services.billing.demo_prices import LISTS, items
from services.billing.domain import allocation, amounts, ledger
from services.billing.settings import settings
from services.billing.store import ledger as journal
from services.billing.store import payments, prices
from services.billing.store.tables import Invoice, Payment, PaymentPart, PriceItem, PriceList
from services.billing.usecases.issue import Draft, issue

PARTIES = {
    CLIENT_RADIO: m.Party(name='SIA "Radio Links"', reg_no="40203100010", address="Brīvības iela 214, Rīga, LV-1039",
                          email="info@radiolinks.example"),
    CLIENT_WATER: m.Party(name='SIA "Pilsūdens"', reg_no="40203100025", address="Dzirnavu iela 9, Cēsis, LV-4101",
                          email="info@pilsudens.example"),
    CLIENT_NATURAL: m.Party(name="Pēteris Bērziņš", address="Ozolu iela 3, Ogre, LV-5001",
                            email="peteris@example.com"),
}  # fmt: skip


@dataclass(frozen=True)
class Planned:
    """An invoice of the demo; `pay` is the part that was paid: 1 whole, 0 nothing; same `together`: one payment."""

    client: UUID
    kind: m.InvoiceKind
    issued_on: date
    uses: tuple[tuple[str, str], ...]
    pay: Decimal
    month: date | None = None
    together: str = ""


def load(db: Database) -> str:
    """Load what is missing, and say what that was."""
    with db.unit_of_work(service_caller("billing")) as uow:
        lists = sum(_price_list(uow, *row) for row in LISTS)
        known = uow.session.execute(sa.select(Invoice.id).where(Invoice.client_id == CLIENT_RADIO).limit(1)).first()
        if known is not None:
            return f"{lists} price lists added" if lists else "all there already"
        count = _invoices(uow)
        uow.audit("billing.demo.load", on=("demo", "billing"), detail={"invoices": count})
    return f"{lists} price lists and {count} invoices added"


def _price_list(
    uow: UnitOfWork, key: str, title: str, basis: str, first: date, last: date | None, state: str, factor: Decimal
) -> int:
    list_id = demo_id(key)
    if uow.session.get(PriceList, list_id) is not None:
        return 0
    head = PriceList(
        id=list_id, title=title, legal_basis=basis, valid_from=first, valid_to=last, state="draft", created_by="demo"
    )
    uow.session.add(head)
    uow.session.flush()
    prices.replace_items(uow.session, list_id, items(factor))
    head.state, head.published_by = state, "Dace Grāmatvede"
    head.published_at = datetime.combine(first, time(8), UTC) - timedelta(days=3)
    uow.session.flush()
    return 1


def _planned(today: date) -> Iterator[Planned]:
    month = today.replace(day=1)
    for back in range(1, 14):
        month = (month - timedelta(days=1)).replace(day=1)
        issued_on = min(add_working_days(month_bounds(month)[1], 1), today)
        # The newest is not due yet, the one before it is late, the next was paid in part; all older ones are paid.
        pay = {1: Decimal("0"), 2: Decimal("0"), 3: Decimal("0.4")}.get(back, Decimal("1"))
        together = f"{month:%Y}-{month.month // 2}" if back > 5 else ""
        uses = (("2.1.1", f"{1380 + 56 * (13 - back)}"), ("2.1.2", "6"), ("2.1.3", "60"))
        yield Planned(CLIENT_RADIO, "monthly", issued_on, uses, pay, month, together)
        if back <= 6:
            paid = Decimal("1") if back > 1 else Decimal("0")
            yield Planned(CLIENT_WATER, "monthly", issued_on, (("2.1.2", "14"),), paid, month)
        if back <= 3:
            yield Planned(CLIENT_NATURAL, "monthly", issued_on, (("2.3.1", "1"),), Decimal(back > 1), month)
    yield Planned(CLIENT_RADIO, "one_off", today - timedelta(days=190), (("1.1.1", "2"),), Decimal("1"))
    yield Planned(CLIENT_RADIO, "one_off", today - timedelta(days=70), (("9.1.1", "3"),), Decimal("1"))
    yield Planned(CLIENT_RADIO, "one_off", today - timedelta(days=4), (("1.2.1", "2"),), Decimal("0"))
    yield Planned(CLIENT_NATURAL, "one_off", today - timedelta(days=9), (("3.1.1", "1"),), Decimal("0"))


def _invoices(uow: UnitOfWork) -> int:
    list_id = demo_id("price-list:600")
    head = prices.row(uow.session, list_id)
    priced = {
        row.code: row
        for row in uow.session.execute(sa.select(PriceItem).where(PriceItem.price_list_id == list_id)).scalars()
    }
    planned = sorted(_planned(riga_today()), key=lambda plan: plan.issued_on)
    together: dict[tuple[UUID, str], list[tuple[UUID, str, Decimal, date]]] = {}
    for number, plan in enumerate(planned):
        at = datetime.combine(plan.issued_on, time(7, 30), UTC)
        draft = Draft(
            client_id=plan.client,
            customer=PARTIES[plan.client],
            kind=plan.kind,
            lines=[_line(priced[code], Decimal(quantity)) for code, quantity in plan.uses],
            legal=plan.client != CLIENT_NATURAL,
            month=plan.month,
        )
        (done,) = issue(
            uow,
            [draft],
            price_list_id=list_id,
            legal_basis=head.legal_basis if head else "",
            issued_on=plan.issued_on,
            config=settings(),
            at=at,
            tell=False,
        )
        if plan.pay:
            part = (done.invoice_id, done.number, money(done.total * plan.pay), plan.issued_on)
            together.setdefault((plan.client, plan.together or str(number)), []).append(part)
    for (client, key), parts in together.items():
        _payment(uow, client, key, parts)
    return len(planned)


def _line(item: PriceItem, quantity: Decimal) -> amounts.Line:
    return amounts.Line(
        code=item.code,
        name_lv=item.name_lv,
        name_en=item.name_en,
        unit_lv=item.unit_lv,
        unit_en=item.unit_en,
        quantity=quantity,
        unit_price=item.price,
        vat_category=item.vat_category,
        price_kind=item.kind,
    )


def _payment(uow: UnitOfWork, client: UUID, key: str, parts: list[tuple[UUID, str, Decimal, date]]) -> None:
    paid_on = min(max(day for *_, day in parts) + timedelta(days=9), riga_today())
    at = datetime.combine(paid_on, time(9, 15), UTC)
    payment_id = demo_id(f"payment:{client}:{key}")
    amount = sum((part[2] for part in parts), Decimal("0.00"))
    reference = f"P-{paid_on:%Y%m%d}-{payment_id.hex[:8].upper()}"
    name = PARTIES[client].name
    uow.session.add(
        Payment(
            id=payment_id,
            client_id=client,
            client_name=name,
            search=fold(f"{reference} {name} {' '.join(part[1] for part in parts)}"),
            state="paid",
            amount=amount,
            currency="EUR",
            reference=reference,
            provider="sandbox_bank",
            provider_ref=f"demo-{payment_id}",
            started_by="demo",
            started_at=at - timedelta(minutes=3),
            expires_at=at + timedelta(minutes=27),
            finished_at=at,
        )
    )
    uow.session.flush()
    for position, (invoice_id, number, part, _) in enumerate(parts, start=1):
        uow.session.execute(
            sa.insert(PaymentPart).values(
                payment_id=payment_id, invoice_id=invoice_id, number=number, amount=part, position=position,
                active=False,
            )
        )  # fmt: skip
        payments.apply_part(uow.session, payment_id, allocation.Part(invoice_id, number, part), "portal", at)
    journal.book(uow.session, [ledger.payment_settled(payment_id, client, amount, Decimal("0.00"))], at)
    payments.note(uow.session, payment_id, "started", "demo", at=at - timedelta(minutes=3))
    payments.note(uow.session, payment_id, "paid", "portal", at=at)

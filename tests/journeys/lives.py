"""A person with data in all six services, whom nobody else uses: what exports and erasures are tried on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from chassis.days import now, riga_today
from chassis.text import fold
from tests import stack
from tests.journeys.newcomers import Newcomers
from tests.journeys.newcomers import newcomers as make_newcomers
from tests.journeys.people import Person


@dataclass(frozen=True)
class Life:
    """Who it is, and every word that must be nowhere once the person is erased."""

    person: Person
    user_id: uuid.UUID
    client_id: uuid.UUID
    name: str
    code: str
    phone: str
    invoice_no: str
    permit_no: str
    contract_no: str

    @property
    def words(self) -> tuple[str, ...]:
        dashed = f"{self.code[:6]}-{self.code[6:]}"
        return (self.name, fold(self.name), self.person.email, self.code, dashed, self.phone)


def insert(where: str, table: str, /, **values: Any) -> None:
    engine = sa.create_engine(stack.database_url(where), poolclass=sa.NullPool)
    with engine.begin() as connection:
        real = sa.Table(table, sa.MetaData(), autoload_with=connection)
        connection.execute(sa.insert(real).values(**values))


@contextmanager
def living(*, unpaid: bool = False) -> Iterator[Life]:
    """A natural person who is a user and a client; `unpaid` leaves the invoice open. The invoice goes at the end."""
    with make_newcomers() as newcomers:
        made = life(newcomers, unpaid)
        try:
            yield made
        finally:
            _unbill(made)


def life(newcomers: Newcomers, unpaid: bool) -> Life:
    mark = uuid.uuid4().hex[:8]
    name = f"Žanete Šķēle-{mark}"
    number = int(mark, 16) % 10**8
    code, phone = f"329{number:08d}", f"+3712{number % 10**7:07d}"
    person = newcomers.user(name)
    client_id = newcomers.client(
        name, kind="natural", person_code=code, email=person.email, phone=phone, address=f"Liepu iela {number}, Rīga"
    )
    newcomers.represents(person, client_id)
    made = Life(
        person, newcomers.id_of(person), client_id, name, code, phone, f"ZZ-{mark}", f"ZP-{mark}", f"ZL-{mark}"
    )
    _bill(made, unpaid)
    permit(made.permit_no, made.client_id, made.name)
    _contract(made)
    return made


def _bill(one: Life, unpaid: bool) -> None:
    engine = sa.create_engine(stack.database_url("billing"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        prices = connection.execute(sa.text("SELECT id FROM price_lists LIMIT 1")).scalar_one()
    customer = {"name": one.name, "email": one.person.email, "phone": one.phone, "address": "Liepu iela", "reg_no": "",
                "vat_no": "", "iban": "", "bic": "", "bank": ""}  # fmt: skip
    insert(
        "billing", "invoices", id=uuid.uuid4(), number=one.invoice_no, series=one.invoice_no, year=2026, sequence=1,
        reference=f"RF{one.invoice_no}", client_id=one.client_id, client_name=one.name, search=fold(one.name),
        kind="one_off", issued_on=riga_today(), due_on=riga_today(), vat_category="S", vat_rate=21, net=100, vat=21,
        total=121, paid=0 if unpaid else 121, supplier={**customer, "name": "VASES", "email": "", "phone": ""},
        customer=customer,
        price_list_id=prices, legal_basis="test", issued_by="service:billing", overdue_told_at=now(),
    )  # fmt: skip


def _unbill(one: Life) -> None:
    """Take the invoice away again: nobody posted it, and the books of the suite must go on balancing."""
    engine = sa.create_engine(stack.database_url("billing"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE invoices DISABLE TRIGGER USER"))
        connection.execute(sa.text("DELETE FROM invoices WHERE number = :number"), {"number": one.invoice_no})
        connection.execute(sa.text("ALTER TABLE invoices ENABLE TRIGGER USER"))


def permit(number: str, holder_id: uuid.UUID, holder: str) -> uuid.UUID:
    """A permit of a client, from a register and over; return its id."""
    made = uuid.uuid4()
    insert(
        "permits", "permits", id=made, permit_no=number, permit_kind="temporary", service_kind="amateur",
        status="expired", holder_client_id=holder_id, holder_name=holder, holder_sort=fold(holder),
        ends_on="2020-01-01", valid_to="2020-01-01", source="register",
        search=f"{number.lower()} {fold(holder)}",
    )  # fmt: skip
    insert("permits", "permit_documents", permit_id=made, stations="[]", assignments="[]", equipment="[]")
    insert("permits", "permit_history", permit_id=made, what="issued", status="active", source="register",
            note=f"izsniegta: {holder}", changes={"holder_name": [None, holder]})  # fmt: skip
    return made


def _contract(one: Life) -> None:
    contract, meter = uuid.uuid4(), uuid.uuid4()
    insert(
        "metering", "contracts", id=contract, contract_no=one.contract_no, client_id=one.client_id,
        address=f"pie {one.name}", concluded_on="2019-01-01", ended_on="2020-01-01", services=[],
        search=f"{one.contract_no.lower()} {fold(one.name)}",
    )  # fmt: skip
    insert(
        "metering", "meters", id=meter, contract_id=contract, meter_no=f"M{one.contract_no}", service="cold_water",
        unit="m3", digits=5, installed_on="2019-01-01", verified_until="2030-01-01",
    )  # fmt: skip
    insert("metering", "readings", id=uuid.uuid4(), meter_id=meter, read_on="2019-06-01", value=12, consumption=12,
            submitted_by=one.name, submitted_by_id=one.user_id)  # fmt: skip
    insert("metering", "acts", id=uuid.uuid4(), contract_id=contract, act_no=f"A{one.contract_no}", kind="inspection",
            registered_on="2019-06-01", summary=f"Klāt bija {one.name}, tālr. {one.phone}")  # fmt: skip

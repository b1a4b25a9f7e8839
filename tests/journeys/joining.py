"""What tests of becoming a user need: numbers nobody else has, contracts, and forms filled in."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from stdnum.lv import pvn

from chassis.days import riga_today
from tests import stack

DECLARED = ["terms", "data_true", "legal_basis", "processing"]
PDF = b"%PDF-1.7\n" + b"signed by hand " * 40_000  # more than one piece of the bus
_random = random.SystemRandom()


def person_code() -> str:
    """A personal code nobody has, of the kind given out since 2017."""
    return f"32{_random.randrange(10**9):09d}"


def reg_no() -> str:
    """A registration number nobody has, with its check digit."""
    while True:
        number = f"402{_random.randrange(10**8):08d}"
        if pvn.is_valid(number):
            return number


def contract(client_id: uuid.UUID, *, ended: bool = False) -> str:
    """A contract of a client, in force unless it is over; return its number."""
    number = f"T-{uuid.uuid4().hex[:10].upper()}"
    today = riga_today()
    engine = sa.create_engine(stack.database_url("metering"))
    with engine.begin() as connection:
        connection.execute(
            sa.text("""
                INSERT INTO contracts (id, contract_no, client_id, address, concluded_on, ended_on, services, search)
                VALUES (:id, :number, :client, 'Rīga', :since, :until, '[]', :search)
            """),
            {
                "id": uuid.uuid4(), "number": number, "client": client_id, "since": today - timedelta(days=100),
                "until": today - timedelta(days=1) if ended else None, "search": number.lower(),
            },
        )  # fmt: skip
    engine.dispose()
    return number


def email(name: str = "jauns") -> str:
    return f"{name}-{uuid.uuid4().hex[:10]}@joining.example"


def application(**changed: Any) -> dict[str, Any]:
    """The data of an application of a company, complete and right."""
    return {
        "client_kind": "legal", "client_name": "SIA Ērgļu Sakari", "reg_no": reg_no(),
        "client_address": "Ērgļi, LV-4840", "client_email": email("klients"), "client_phone": "67332179",
        "signatory_name": "Zane Kalniņa", "signatory_position": "valdes locekle", "user_name": "Juris Pilnvarotais",
        "user_email": email("lietotajs"), "user_phone": "26000000", "user_person_code": person_code(),
        "password_wanted": True, "language": "lv", "role": "additional", "rights": ["permits.see", "finance.see"],
    } | changed  # fmt: skip

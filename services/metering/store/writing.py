"""Writing contracts."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.text import fold
from services.metering.store.tables import contracts

_NEXT = sa.text("SELECT nextval('contract_numbers')")


def add_contract(
    session: Session, *, contract_id: UUID, client_id: UUID, case_id: UUID, address: str,
    services: list[dict[str, Any]], concluded_on: date,
) -> str | None:  # fmt: skip
    """Write a contract and return its number; None when the case has one already."""
    number = f"L-{session.execute(_NEXT).scalar_one()}"
    new = session.execute(
        insert(contracts)
        .values(
            id=contract_id, contract_no=number, client_id=client_id, case_id=case_id, address=address,
            concluded_on=concluded_on, services=services, search=fold(f"{number} {address}"),
        )
        .on_conflict_do_nothing(index_elements=["case_id"])
        .returning(contracts.c.contract_no)
    )  # fmt: skip
    return new.scalar_one_or_none()

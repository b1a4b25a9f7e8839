"""The demo's contracts: SIA "Pilsūdens" takes water and electricity at two places, a natural person at one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.caller import service_caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.demo_ids import CLIENT_NATURAL, CLIENT_WATER, demo_id
from chassis.text import fold
from chassis.unit_of_work import UnitOfWork
from services.metering.store.tables import acts, contracts, meters, readings

# number, client, address, services, meters: (number, service, digits, first value, monthly use, days verified)
CONTRACTS: tuple[tuple[str, UUID, str, tuple[str, ...], tuple[tuple[str, str, int, str, str, int], ...]], ...] = (
    ("L-10021", CLIENT_WATER, "Dzirnavu iela 9, Cēsis, LV-4101", ("cold_water", "sewerage", "electricity"),
     (("UD-448120", "cold_water", 5, "1204", "86", 410), ("EL-7730015", "electricity", 6, "88120", "2410", 1200))),
    ("L-10022", CLIENT_WATER, "Raunas iela 31, Cēsis, LV-4101", ("cold_water", "sewerage"),
     (("UD-448131", "cold_water", 5, "99390", "55", 24),)),
    ("L-20417", CLIENT_NATURAL, "Ozolu iela 3, Ogre, LV-5001", ("cold_water", "sewerage"),
     (("UD-517702", "cold_water", 5, "311", "9", 700),)),
    # Of somebody who has no user yet: who registers can be tried out.
    ("L-30002", demo_id("client:person-2"), "Liepu iela 2, Jelgava, LV-3001", ("cold_water", "sewerage"),
     (("UD-630118", "cold_water", 5, "87", "6", 900),)),
)  # fmt: skip
MONTHS = 12


def load(db: Database) -> str:
    """Add the contracts that are missing and say how many that were."""
    added = 0
    today = riga_today()
    with db.unit_of_work(service_caller("metering")) as uow:
        for contract in CONTRACTS:
            added += _contract(uow, today, *contract)
        if added:
            uow.audit("metering.contract.register", on=("demo", "contracts"), detail={"added": added})
    return f"{added} contracts added" if added else "all there already"


def _contract(
    uow: UnitOfWork, today: date, number: str, client: UUID, address: str, services: tuple[str, ...], kit: Any
) -> int:
    contract_id = demo_id(f"contract:{number}")
    concluded = today - timedelta(days=4 * 365)
    words = " ".join([number, address, *(meter[0] for meter in kit)])
    row = {
        "id": contract_id, "contract_no": number, "client_id": client, "address": address, "concluded_on": concluded,
        "services": [{"service": name, "since": concluded.isoformat()} for name in services], "search": fold(words),
    }  # fmt: skip
    new = uow.session.execute(insert(contracts).values(**row).on_conflict_do_nothing().returning(contracts.c.id))
    if new.first() is None:
        return 0
    for meter_no, service, digits, first, monthly, verified in kit:
        _meter(uow, today, contract_id, meter_no, service, digits, Decimal(first), Decimal(monthly), verified)
    uow.session.execute(
        sa.insert(acts),
        [
            {
                "id": demo_id(f"act:{number}:{kind}"), "contract_id": contract_id, "act_no": f"A-{number[2:]}-{place}",
                "kind": kind, "registered_on": today - timedelta(days=days), "summary": summary,
            }
            for place, (kind, days, summary) in enumerate(
                (
                    ("inspection", 800, "Objekts apsekots, pārkāpumu nav."),
                    ("sealing", 400, "Skaitītājs verificēts un noplombēts."),
                ),
                start=1,
            )
        ],
    )  # fmt: skip
    return 1


def _meter(
    uow: UnitOfWork, today: date, contract_id: UUID, meter_no: str, service: str, digits: int, first: Decimal,
    monthly: Decimal, verified: int,
) -> None:  # fmt: skip
    meter_id = demo_id(f"meter:{meter_no}")
    uow.session.execute(
        sa.insert(meters).values(
            id=meter_id,
            contract_id=contract_id,
            meter_no=meter_no,
            service=service,
            unit="kWh" if service == "electricity" else "m3",
            digits=digits,
            installed_on=today - timedelta(days=1400),
            verified_until=today + timedelta(days=verified),
        )
    )
    value, rows = first, []
    for month in range(MONTHS, 0, -1):
        # A little more in summer than in winter, the same at every loading.
        used = None if month == MONTHS else (monthly * (100 + (month * 7) % 23 - 11) / 100).quantize(Decimal(1))
        value += used or 0
        day = today - timedelta(days=30 * month - 5)
        rows.append(
            {
                "id": demo_id(f"reading:{meter_no}:{month}"), "meter_id": meter_id, "read_on": day, "value": value,
                "consumption": used, "submitted_by": "Ilze Liepiņa",
                "submitted_at": datetime.combine(day, time(9, 15), UTC),
            }
        )  # fmt: skip
    uow.session.execute(sa.insert(readings), rows)

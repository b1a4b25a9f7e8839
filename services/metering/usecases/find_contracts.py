"""Another service asks whose contract this is, or whether a client has one (S2-04, S2-08, S3-15)."""

from __future__ import annotations

from chassis.database import Database
from chassis.days import riga_today
from services.metering.messages import FindContracts, FoundContract, FoundContracts
from services.metering.store import reading


def run(db: Database, request: FindContracts) -> FoundContracts:
    """Return the contracts that fit; a contract is in force from the day it was concluded to its last day."""
    if not request.contract_no and request.client_id is None:
        return FoundContracts(items=[])
    today = riga_today()
    with db.reading() as connection:
        rows = reading.find(connection, request.contract_no or None, request.client_id)
    return FoundContracts(
        items=[
            FoundContract(
                contract_id=row.id,
                contract_no=row.contract_no,
                client_id=row.client_id,
                in_force=row.concluded_on <= today and (row.ended_on is None or today <= row.ended_on),
            )
            for row in rows
        ]
    )
